"""The agents' pool of one platform: keys, live client secrets, the issuer, and who may change any of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from starlette.types import Receive, Scope, Send

from localcloud.gateway.keys import InProcessKeys
from localcloud.issuer import ClientSecrets, SigningKeys, create_admin, create_issuer
from localcloud.server.callers import TokensForCalls
from localcloud.signed import OPERATOR, caller
from localcloud.spec import LocalSystem, OAuthProvider, UserPool


class AgentsPool:
    """What of Cognito the agents need. `issuer` and `admin` are applications over the same live secrets."""

    def __init__(self, pool: UserPool, clock: Callable[[], datetime]) -> None:
        keys, secrets = SigningKeys.generate(), ClientSecrets(pool.clients, clock)
        self.issuer = create_issuer(pool, keys, clock, secrets)
        self.admin = create_admin(pool, secrets)
        self.keys = InProcessKeys(pool.issuer, keys.jwks)
        self.tokens = TokensForCalls(pool, keys, clock)


def stored(system: LocalSystem) -> Mapping[str, tuple[str, str]]:
    """What stands in Secrets Manager at the start, by ARN: name and text (`AwsEmulator.put_secrets`)."""
    return {
        provider.secret.arn: (provider.secret.name, _document(provider, provider.secret.key))
        for provider in system.oauth_providers
        if provider.secret is not None
    }


def _document(provider: OAuthProvider, key: str) -> str:
    return json.dumps({key: provider.client_secret})


class OperatorOnly:
    """An AWS service that holds secrets: only the operator gets through to it.

    A role that may read a secret for itself has no stand-in, so no process of the stage is let in; AgentCore
    Identity reads on their behalf, as it does in AWS.
    """

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        signed = [value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"]
        if len(signed) == 1 and caller(signed[0]) == OPERATOR:
            await self._app(scope, receive, send)
            return
        refused = {
            "__type": "AccessDeniedException",
            "message": "Only the operator may use this service here.",
        }
        body = json.dumps(refused).encode()
        headers = [
            (b"content-type", b"application/x-amz-json-1.1"),
            (b"x-amzn-errortype", b"AccessDeniedException"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 403, "headers": headers})
        await send({"type": "http.response.body", "body": body})
