"""The credential of a request to a target: a token, a key, the gateway's signature, or nothing.

Source: AgentCore Developer Guide, "Outbound auth"; contracts §1.5, §1.6. Credentials are added last, so nothing of
a caller's can stand in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from localcloud.identity.api import Outbound
from localcloud.spec import KeyCredential, OAuthCredential, RoleCredential, Target

Apply = Callable[[httpx.Request], None]
"""Adds a credential to a request that is complete without it."""


@dataclass(frozen=True)
class Role:
    """What the gateway signs with: the AWS settings of a process, with the access key that names it."""

    settings: Mapping[str, str]

    def sign(self, request: httpx.Request, service: str) -> None:
        """Signature Version 4, as botocore computes it, over what the request holds now."""
        credentials = Credentials(self.settings["AWS_ACCESS_KEY_ID"], self.settings["AWS_SECRET_ACCESS_KEY"])
        signed = AWSRequest(request.method, str(request.url), data=request.content)
        signed.headers["Host"] = request.url.netloc.decode()
        SigV4Auth(credentials, service, self.settings["AWS_REGION"]).add_auth(signed)
        for name in ("X-Amz-Date", "Authorization"):
            request.headers[name] = signed.headers[name]


class NoRole(ValueError):
    """A target wants signed requests, and the gateway was given nothing to sign with."""


class Credentialing:
    """Gets the credentials of one gateway's targets."""

    def __init__(self, outbound: Outbound, role: Role | None, targets: tuple[Target, ...]) -> None:
        self._outbound = outbound
        self._role = role
        for target in targets:
            if isinstance(target.credential, RoleCredential) and role is None:
                raise NoRole(
                    f"target {target.name}: its requests are signed, and there is no role to sign with"
                )

    async def of(self, target: Target, authorization: str | None) -> Apply:
        """How to authenticate one call. `authorization` is an interceptor's, which overrides all of it.

        Raises OutboundError.
        """
        credential = target.credential
        if authorization is not None:
            return _header("Authorization", authorization)
        if isinstance(credential, OAuthCredential):
            token = await self._outbound.token(credential.provider_arn, credential.scopes)
            return _header("Authorization", f"Bearer {token}")
        if isinstance(credential, KeyCredential):
            value = credential.prefix + await self._outbound.key(credential.provider_arn)
            return (_header if credential.place == "header" else _query)(credential.name, value)
        if isinstance(credential, RoleCredential) and self._role is not None:
            role, service = self._role, credential.service
            return lambda request: role.sign(request, service)
        return lambda _: None


def _header(name: str, value: str) -> Apply:
    def apply(request: httpx.Request) -> None:
        request.headers[name] = value

    return apply


def _query(name: str, value: str) -> Apply:
    def apply(request: httpx.Request) -> None:
        request.url = request.url.copy_add_param(name, value)

    return apply
