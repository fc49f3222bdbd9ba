"""The issuer's HTTP side: two public documents and the token endpoint."""

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
from starlette.types import ASGIApp, Receive, Scope, Send

from localcloud.issuer.grant import GrantError, claims, decide, parse_form
from localcloud.issuer.keys import SigningKeys
from localcloud.loopback import accepted_hosts, is_local
from localcloud.spec import UserPool

MAX_BODY = 8 * 1024
"""Bytes of a token request; a real one has some 200."""
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def create_issuer(pool: UserPool, keys: SigningKeys, clock: Callable[[], datetime]) -> ASGIApp:
    """The issuer of one pool as an ASGI app. `clock` gives aware datetimes.

    Serves `/{pool_id}/.well-known/openid-configuration`, `/{pool_id}/.well-known/jwks.json` and
    `POST /oauth2/token`. `pool.issuer` must be `http://127.0.0.1:<port>/<pool_id>`: its port is the only one
    accepted in `Host`.
    """
    address = urlsplit(pool.issuer)
    if address.path != f"/{pool.pool_id}":
        raise ValueError(f"issuer {pool.issuer!r}: its path must be /{pool.pool_id}, the pool's id")
    document = discovery_document(pool, f"{address.scheme}://{address.netloc}")

    async def discovery(_: Request) -> Response:
        return JSONResponse(document)

    async def jwks(_: Request) -> Response:
        return JSONResponse(keys.jwks())

    async def token(request: Request) -> Response:
        try:
            body = await _read_form(request)
            authorization = _only_header(request, b"authorization")
            grant = decide(pool, authorization, parse_form(body))
        except GrantError as refused:
            return JSONResponse({"error": refused.error}, status_code=400, headers=_NO_STORE)
        except _TooLargeError:
            return PlainTextResponse("Payload Too Large", status_code=413, headers={"Connection": "close"})
        except ClientDisconnect:
            return Response(status_code=400)
        signed = keys.sign(claims(pool, grant, clock(), str(uuid.uuid4())))
        answer = {"access_token": signed, "expires_in": grant.client.token_seconds, "token_type": "Bearer"}
        return JSONResponse(answer, headers=_NO_STORE)

    well_known = f"/{pool.pool_id}/.well-known"
    app = Starlette(
        routes=[
            Route(f"{well_known}/openid-configuration", discovery, methods=["GET"]),
            Route(f"{well_known}/jwks.json", jwks, methods=["GET"]),
            Route("/oauth2/token", token, methods=["POST"]),
        ]
    )
    app.router.redirect_slashes = False
    return _LocalOnly(app, accepted_hosts(pool.issuer))


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


class _TooLargeError(Exception):
    """A token request over `MAX_BODY`."""


async def _read_form(request: Request) -> bytes:
    """The body of a form post; anything else is `invalid_request`."""
    kind = (_only_header(request, b"content-type") or b"").decode("latin-1")
    if kind.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise GrantError("invalid_request")
    if request.url.query:
        raise GrantError("invalid_request")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise _TooLargeError
    return bytes(body)


def _only_header(request: Request, name: bytes) -> bytes | None:
    values = [value for key, value in request.scope["headers"] if key == name]
    if len(values) > 1:
        raise GrantError("invalid_request")
    return values[0] if values else None


class _LocalOnly:
    """Refuses requests that do not name this loopback address (421)."""

    def __init__(self, app: ASGIApp, hosts: frozenset[bytes]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not is_local(scope["headers"], self._hosts):
            refused = PlainTextResponse("Misdirected Request", status_code=421)
            await refused(scope, receive, send)
            return
        await self._app(scope, receive, send)
