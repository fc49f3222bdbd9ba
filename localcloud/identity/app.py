"""AgentCore Identity on the wire: workload tokens and M2M tokens (contracts §6.1)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from localcloud.identity.api import OutboundError
from localcloud.identity.errors import CoreError
from localcloud.identity.vault import Vault
from localcloud.identity.workload import WorkloadTokens
from localcloud.signed import allows, caller
from localcloud.spec import LocalSystem, OAuthProvider, Runtime

MAX_BODY = 256 * 1024
_DIRECTORY = "workload-identity-directory/default"


class Identity:
    """The vault, the workload tokens and the operations on them.

    An ASGI application for paths below `/identities/`, and the gateway's `Outbound`.
    """

    def __init__(self, system: LocalSystem, *, clock: Callable[[], datetime]) -> None:
        self._system = system
        self._vault = Vault(clock)
        self._workloads = WorkloadTokens(clock)
        self._runtimes = {runtime.name: runtime for runtime in system.runtimes}
        self._by_name = {provider.name: provider for provider in system.oauth_providers}
        self._by_arn = {provider.arn: provider for provider in system.oauth_providers}
        self._operations: dict[str, Callable[[str, Mapping[str, Any]], Awaitable[dict[str, Any]]]] = {
            "/identities/oauth2/token": self._oauth2_token,
            "/identities/GetWorkloadAccessToken": self._workload_token,
            "/identities/GetWorkloadAccessTokenForJWT": self._not_offered("GetWorkloadAccessTokenForJWT"),
            "/identities/GetWorkloadAccessTokenForUserId": self._not_offered(
                "GetWorkloadAccessTokenForUserId"
            ),
            "/identities/CompleteResourceTokenAuth": self._not_offered("CompleteResourceTokenAuth"),
            "/identities/api-key": self._api_key,
        }

    async def aclose(self) -> None:
        """Closes the connections to token endpoints."""
        await self._vault.aclose()

    def workload_token(self, runtime: Runtime) -> str:
        """The workload access token the runtime service sends along with a request to this runtime."""
        return self._workloads.issue(runtime.workload)

    async def token(self, provider_arn: str, scopes: tuple[str, ...]) -> str:
        """An outbound token for the gateway (`localcloud.identity.api.Outbound`). Raises OutboundError."""
        provider = self._by_arn.get(provider_arn)
        if provider is None:
            raise OutboundError("the target's credential provider is not in this stage")
        if provider.agent is not None:
            raise OutboundError(f"{provider.name} holds an agent's own client, not a target's")
        return await self._vault.token(provider, scopes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except CoreError as error:
            response = error.response()
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        operation = self._operations.get(request.url.path)
        if operation is None or request.method != "POST":
            raise CoreError(
                "ResourceNotFoundException", f"Unknown operation {request.method} {request.url.path}."
            )
        name = caller(request.headers.get("authorization"))
        if name is None:
            raise CoreError("AccessDeniedException", "The request is signed by nobody this platform started.")
        return JSONResponse(
            await operation(name, await _body(request)), headers={"Cache-Control": "no-store"}
        )

    async def _oauth2_token(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        provider = self._by_name.get(_text(body, "resourceCredentialProviderName"))
        if provider is None:
            raise CoreError("ResourceNotFoundException", "There is no such credential provider.")
        runtime = self._runtime(name)
        self._authorize(runtime, "GetResourceOauth2Token", provider.arn, self._workload_arn(runtime))
        if self._workloads.workload(_text(body, "workloadIdentityToken")) != runtime.workload:
            raise CoreError("AccessDeniedException", "The workload access token is another workload's.")
        flow = _text(body, "oauth2Flow")
        if flow != "M2M":
            raise CoreError("ValidationException", f"oauth2Flow {flow!r} has no local stand-in; use M2M.")
        try:
            token = await self._vault.token(
                provider, _scopes(body), fresh=body.get("forceAuthentication") is True
            )
        except OutboundError as error:
            raise CoreError("ValidationException", str(error)) from None
        return {"accessToken": token}

    async def _workload_token(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        runtime, workload = self._runtime(name), _text(body, "workloadName")
        self._authorize(
            runtime, "GetWorkloadAccessToken", self._core(f"{_DIRECTORY}/workload-identity/{workload}")
        )
        return {"workloadAccessToken": self._workloads.issue(workload)}

    async def _api_key(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        provider = _text(body, "resourceCredentialProviderName")
        self._authorize(
            self._runtime(name),
            "GetResourceApiKey",
            self._core(f"token-vault/default/apikeycredentialprovider/{provider}"),
        )
        raise CoreError("ResourceNotFoundException", "This stage declares no API key provider.")

    def _not_offered(self, action: str) -> Callable[[str, Mapping[str, Any]], Awaitable[dict[str, Any]]]:
        async def refuse(name: str, body: Mapping[str, Any]) -> dict[str, Any]:
            del body
            self._authorize(self._runtime(name), action, self._core(_DIRECTORY))
            raise CoreError("ValidationException", f"{action} has no local stand-in.")

        return refuse

    def _runtime(self, name: str) -> Runtime:
        runtime = self._runtimes.get(name)
        if runtime is None:
            raise CoreError("AccessDeniedException", f"{name} is no runtime, so it has no workload identity.")
        return runtime

    def _authorize(self, runtime: Runtime, action: str, *resources: str) -> None:
        grants = self._system.grants.get(runtime.name, ())
        if not allows(grants, f"bedrock-agentcore:{action}", *resources):
            raise CoreError(
                "AccessDeniedException",
                f"The role of {runtime.name} does not allow {action} on this resource.",
            )

    def _workload_arn(self, runtime: Runtime) -> str:
        return self._core(f"{_DIRECTORY}/workload-identity/{runtime.workload}")

    def _core(self, path: str) -> str:
        return f"arn:aws:bedrock-agentcore:{self._system.region}:{self._system.account}:{path}"


def agent_provider(system: LocalSystem, agent: str) -> OAuthProvider | None:
    """The provider that holds an agent's own client."""
    return next((provider for provider in system.oauth_providers if provider.agent == agent), None)


async def _body(request: Request) -> Mapping[str, Any]:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY:
            raise CoreError("ValidationException", "The request is too large.")
    try:
        body = json.loads(bytes(raw) or b"{}")
    except (ValueError, RecursionError):
        raise CoreError("ValidationException", "The request is not JSON.") from None
    if not isinstance(body, dict):
        raise CoreError("ValidationException", "The request must be a JSON object.")
    return body


def _text(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value:
        raise CoreError("ValidationException", f"{key} is required and must be a string.")
    return value


def _scopes(body: Mapping[str, Any]) -> tuple[str, ...]:
    value = body.get("scopes")
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise CoreError("ValidationException", "scopes is required and must be a list of strings.")
    return tuple(value)
