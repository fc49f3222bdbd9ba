"""The users' issuer's HTTP side: two public documents, the authorization endpoint and the token endpoint."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from localcloud.issuer.codes import Codes
from localcloud.issuer.directory import Directory
from localcloud.issuer.grant import GrantError, parse_form
from localcloud.issuer.http import NO_STORE, LocalOnly, TooLargeError, only_header, read_form
from localcloud.issuer.keys import SigningKeys
from localcloud.issuer.login_page import login_page
from localcloud.issuer.sign_in import Asked, authorize
from localcloud.issuer.user_tokens import exchange, tokens
from localcloud.loopback import origin_of
from localcloud.spec import UserPool


def create_users_issuer(
    pool: UserPool, keys: SigningKeys, directory: Directory, clock: Callable[[], datetime]
) -> ASGIApp:
    """The issuer of the users' pool as an ASGI app. `clock` gives aware datetimes.

    All its paths are below `/{pool_id}/`: `.well-known/openid-configuration`, `.well-known/jwks.json`,
    `GET oauth2/authorize` and `POST oauth2/token`.
    """
    address = urlsplit(pool.issuer)
    if address.path != f"/{pool.pool_id}":
        raise ValueError(f"issuer {pool.issuer!r}: its path must be /{pool.pool_id}, the pool's id")
    codes, root = Codes(), f"/{pool.pool_id}"

    async def discovery(_: Request) -> Response:
        return JSONResponse(users_discovery(pool))

    async def jwks(_: Request) -> Response:
        return JSONResponse(keys.jwks())

    async def signing_in(request: Request) -> Response:
        try:
            location = authorize(pool, directory, codes, request.scope["query_string"], clock())
        except GrantError as refused:
            return JSONResponse({"error": refused.error}, status_code=400, headers=NO_STORE)
        if isinstance(location, Asked):
            accepted = ",".join(request.headers.getlist("accept-language"))
            return login_page(location, accepted, f"{root}/oauth2/authorize")
        # The callback's page must not tell others the code in its `Referer`.
        headers = {**NO_STORE, "Location": location, "Referrer-Policy": "no-referrer"}
        return Response(status_code=302, headers=headers)

    async def token(request: Request) -> Response:
        try:
            form = parse_form(await read_form(request))
            signed_in = exchange(pool, codes, only_header(request, b"authorization"), form, clock())
        except GrantError as refused:
            return JSONResponse({"error": refused.error}, status_code=400, headers=NO_STORE)
        except TooLargeError:
            return PlainTextResponse("Payload Too Large", status_code=413, headers={"Connection": "close"})
        except ClientDisconnect:
            return Response(status_code=400)
        return JSONResponse(tokens(pool, keys, signed_in, clock()), headers=NO_STORE)

    app = Starlette(
        routes=[
            Route(f"{root}/.well-known/openid-configuration", discovery, methods=["GET"]),
            Route(f"{root}/.well-known/jwks.json", jwks, methods=["GET"]),
            Route(f"{root}/oauth2/authorize", signing_in, methods=["GET"]),
            Route(f"{root}/oauth2/token", token, methods=["POST"]),
        ]
    )
    app.router.redirect_slashes = False
    origins = {origin_of(url) for client in pool.clients for url in client.callback_urls}
    return LocalOnly(app, pool.issuer, origins=origins, shared=[f"{root}/oauth2/token"])


def users_discovery(pool: UserPool) -> dict[str, Any]:
    """The users' pool's OpenID Connect discovery document, with only what exists here."""
    return {
        "issuer": pool.issuer,
        "jwks_uri": f"{pool.issuer}/.well-known/jwks.json",
        "authorization_endpoint": f"{pool.issuer}/oauth2/authorize",
        "token_endpoint": f"{pool.issuer}/oauth2/token",
        "token_endpoint_auth_methods_supported": ["none"],
        "grant_types_supported": ["authorization_code"],
        "code_challenge_methods_supported": ["S256"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "scopes_supported": sorted({scope for client in pool.clients for scope in client.scopes}),
    }
