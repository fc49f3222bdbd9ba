"""The agents' issuer's HTTP side: two public documents and the token endpoint."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from localcloud.issuer.client_secrets import ClientSecrets
from localcloud.issuer.grant import GrantError, claims, decide, parse_form
from localcloud.issuer.http import NO_STORE, LocalOnly, TooLargeError, only_header, read_form
from localcloud.issuer.keys import SigningKeys
from localcloud.spec import UserPool


def create_issuer(
    pool: UserPool,
    keys: SigningKeys,
    clock: Callable[[], datetime],
    secrets: ClientSecrets | None = None,
) -> ASGIApp:
    """The issuer of one pool as an ASGI app. `clock` gives aware datetimes.

    `secrets` are the clients' live ones, which may change while this serves; without it, those of the assembly.
    Serves `/{pool_id}/.well-known/openid-configuration`, `/{pool_id}/.well-known/jwks.json` and
    `POST /oauth2/token`. `pool.issuer` must be `http://127.0.0.1:<port>/<pool_id>`: its port is the only one
    accepted in `Host`.
    """
    address = urlsplit(pool.issuer)
    if address.path != f"/{pool.pool_id}":
        raise ValueError(f"issuer {pool.issuer!r}: its path must be /{pool.pool_id}, the pool's id")
    live = secrets or ClientSecrets(pool.clients, clock)
    document = discovery_document(pool, f"{address.scheme}://{address.netloc}")

    async def discovery(_: Request) -> Response:
        return JSONResponse(document)

    async def jwks(_: Request) -> Response:
        return JSONResponse(keys.jwks())

    async def token(request: Request) -> Response:
        try:
            body = await read_form(request)
            authorization = only_header(request, b"authorization")
            grant = decide(pool, live, authorization, parse_form(body))
        except GrantError as refused:
            return JSONResponse({"error": refused.error}, status_code=400, headers=NO_STORE)
        except TooLargeError:
            return PlainTextResponse("Payload Too Large", status_code=413, headers={"Connection": "close"})
        except ClientDisconnect:
            return Response(status_code=400)
        signed = keys.sign(claims(pool, grant, clock(), str(uuid.uuid4())))
        answer = {"access_token": signed, "expires_in": grant.client.token_seconds, "token_type": "Bearer"}
        return JSONResponse(answer, headers=NO_STORE)

    well_known = f"/{pool.pool_id}/.well-known"
    app = Starlette(
        routes=[
            Route(f"{well_known}/openid-configuration", discovery, methods=["GET"]),
            Route(f"{well_known}/jwks.json", jwks, methods=["GET"]),
            Route("/oauth2/token", token, methods=["POST"]),
        ]
    )
    app.router.redirect_slashes = False
    return LocalOnly(app, pool.issuer)


def discovery_document(pool: UserPool, origin: str) -> dict[str, Any]:
    """The pool's OpenID Connect discovery document, with only the endpoints that exist here."""
    return {
        "issuer": pool.issuer,
        "jwks_uri": f"{pool.issuer}/.well-known/jwks.json",
        "token_endpoint": f"{origin}/oauth2/token",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "grant_types_supported": ["client_credentials"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "token"],
        "subject_types_supported": ["public"],
        "scopes_supported": list(pool.scopes),
    }
