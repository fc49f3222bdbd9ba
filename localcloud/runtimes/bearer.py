"""Callers of a runtime with a JWT authorizer: a token of the configured issuer, or a challenge.

Source: AgentCore Developer Guide, "Authenticate and authorize with inbound auth"; RFC 6750 §3, RFC 9728 §3, §5.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response

from localcloud.errors import PlatformError
from localcloud.gateway.authorizer import Authorizer, Refusal
from localcloud.gateway.keys import KeySource, issuer_of
from localcloud.identity.errors import CoreError
from localcloud.spec import JwtAuthorizer, Runtime

METADATA = "invocations/.well-known/oauth-protected-resource"
"""The path of the protected-resource document below a runtime's own."""


@dataclass(frozen=True)
class Bearers:
    """What checking tokens takes. `origin` is the platform's address, for the challenge's URL."""

    origin: str
    keys: KeySource
    clock: Callable[[], datetime]


class NotLetInError(CoreError):
    """No acceptable token: 401, or 403 for one without the scope, with the challenge that says where to get one."""

    def __init__(self, refusal: Refusal, challenge: str) -> None:
        super().__init__(
            "UnauthorizedException" if refusal.status == 401 else "AccessDeniedException", refusal.message
        )
        self.reason = refusal.reason
        self._challenge = challenge

    def response(self) -> Response:
        response = super().response()
        response.headers["WWW-Authenticate"] = self._challenge
        return response


class Doors:
    """The runtimes whose callers bring tokens, and the check of each."""

    def __init__(self, runtimes: Iterable[Runtime], bearers: Bearers | None) -> None:
        self._doors: dict[str, tuple[JwtAuthorizer, Authorizer]] = {}
        self._origin = bearers.origin if bearers else ""
        for runtime in runtimes:
            if runtime.authorizer is None:
                continue
            if bearers is None:
                raise PlatformError(f"{runtime.name}: its callers bring tokens, and nobody here issues any.")
            checks = Authorizer(runtime.authorizer, bearers.keys, bearers.clock)
            self._doors[runtime.arn] = (runtime.authorizer, checks)

    async def check(self, runtime: Runtime, headers: Headers, qualifier: str) -> None:
        """Lets a caller in by the one `Authorization` header. Raises NotLetInError."""
        settings, authorizer = self._doors[runtime.arn]
        try:
            await authorizer([value.encode("latin-1") for value in headers.getlist("authorization")])
        except Refusal as refusal:
            raise NotLetInError(refusal, self._challenge(runtime, settings, qualifier, refusal)) from None

    def metadata(self, runtime: Runtime, qualifier: str) -> Response:
        """The protected-resource document (RFC 9728 §2): public, as it is what one without a token reads."""
        settings, _ = self._doors[runtime.arn]
        document: Mapping[str, Any] = {
            "resource": self._url(runtime, "invocations", qualifier),
            "authorization_servers": [issuer_of(settings.discovery_url)],
            "bearer_methods_supported": ["header"],
            **({"scopes_supported": list(settings.allowed_scopes)} if settings.allowed_scopes else {}),
        }
        return JSONResponse(document)

    def _challenge(self, runtime: Runtime, settings: JwtAuthorizer, qualifier: str, refusal: Refusal) -> str:
        metadata = f'resource_metadata="{self._url(runtime, METADATA, qualifier)}"'
        if refusal.status == 403:
            scopes = " ".join(settings.allowed_scopes)
            return f'Bearer error="insufficient_scope", scope="{scopes}", {metadata}'
        return f"Bearer {metadata}"

    def _url(self, runtime: Runtime, path: str, qualifier: str) -> str:
        query = urlencode({"qualifier": qualifier[:48]})
        return f"{self._origin}/runtimes/{quote(runtime.arn, safe='')}/{path}?{query}"
