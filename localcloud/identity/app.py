"""AgentCore Identity on the wire: workload tokens and M2M tokens (contracts §6.1), credential providers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from localcloud import tracing
from localcloud.identity import fields
from localcloud.identity.api import OutboundError
from localcloud.identity.errors import CoreError
from localcloud.identity.providers import Providers, ReadSecret
from localcloud.identity.vault import Vault
from localcloud.identity.workload import WorkloadTokens
from localcloud.signed import OPERATOR, allows, caller
from localcloud.spec import LocalSystem, Runtime
from localcloud.traces import Recorder, Span
from localcloud.traces.span import ERROR, OK, REFUSED, Scalar, new_span_id

_VAULT = "token-vault/default"
_DIRECTORY = "workload-identity-directory/default"
_WORKLOAD = re.compile(r"[A-Za-z0-9_.-]{3,255}")
_OAUTH2_FIELDS = (
    "forceAuthentication",
    "oauth2Flow",
    "resourceCredentialProviderName",
    "scopes",
    "workloadIdentityToken",
)
_GET = "/identities/GetOauth2CredentialProvider"
_CONTROL = frozenset({_GET, "/identities/UpdateOauth2CredentialProvider"})
_Operation = Callable[[Runtime, Mapping[str, Any]], Awaitable[dict[str, Any]]]


class Identity:
    """The vault, the workload tokens and the operations on them.

    An ASGI application for paths below `/identities/`, and the gateway's `Outbound`. `secrets` reads what stands
    in Secrets Manager; without it no provider can be updated.
    """

    def __init__(
        self,
        system: LocalSystem,
        *,
        clock: Callable[[], datetime],
        secrets: ReadSecret | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self._recorder = recorder or Recorder(capacity=1)
        self._system = system
        self._vault = Vault(clock)
        self._workloads = WorkloadTokens(clock)
        self._runtimes = {runtime.name: runtime for runtime in system.runtimes}
        self._providers = Providers(system, secrets, clock)
        self._operations: dict[str, _Operation] = {
            "/identities/oauth2/token": self._oauth2_token,
            "/identities/GetWorkloadAccessToken": self._workload_token,
            "/identities/api-key": self._api_key,
            **{
                f"/identities/{action}": self._not_offered(action)
                for action in (
                    "GetWorkloadAccessTokenForJWT",
                    "GetWorkloadAccessTokenForUserId",
                    "CompleteResourceTokenAuth",
                )
            },
        }

    async def aclose(self) -> None:
        """Closes the connections to token endpoints."""
        await self._vault.aclose()

    def workload_token(self, runtime: Runtime) -> str:
        """The workload access token the runtime service sends along with a request to this runtime."""
        return self._workloads.issue(runtime.workload)

    async def token(self, provider_arn: str, scopes: tuple[str, ...]) -> str:
        """An outbound token for the gateway (`localcloud.identity.api.Outbound`). Raises OutboundError."""
        provider = self._providers.at(provider_arn)
        if provider is None:
            raise OutboundError("the target's credential provider is not in this stage")
        if provider.agent is not None:
            raise OutboundError(f"{provider.name} holds an agent's own client, not a target's")
        return await self._vault.token(provider, scopes)

    async def key(self, provider_arn: str) -> str:
        """An outbound API key for the gateway (`localcloud.identity.api.Outbound`). Raises OutboundError."""
        for provider in self._system.key_providers:
            if provider.arn == provider_arn:
                return provider.key
        raise OutboundError("the target's API key provider is not in this stage")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        begun = self._recorder.now()
        try:
            response = await self._answer(request)
        except CoreError as error:
            response = error.response()
        except ClientDisconnect:
            return
        self._record(request, begun, response.status_code)
        await response(scope, receive, send)

    def _record(self, request: Request, begun: int, status: int) -> None:
        """The span of a request within a trace: who asked for what, and whether it was given."""
        place = tracing.of_request(request.headers)
        if place is None:
            return
        path = request.url.path
        name = (
            path.removeprefix("/identities/") if path in self._operations or path in _CONTROL else "request"
        )
        attributes: dict[str, Scalar] = {"http.response.status_code": status}
        runtime = self._runtimes.get(caller(request.headers.get("authorization")) or "")
        attributes |= {"gen_ai.agent.name": runtime.agent} if runtime else {}
        outcome = OK if status < 400 else REFUSED if status in (401, 403) else ERROR
        self._recorder.add(
            Span(
                place.trace_id,
                new_span_id(),
                place.parent_id,
                f"identity {name}",
                "identity",
                "identity",
                begun,
                self._recorder.now(),
                outcome,
                attributes,
            )
        )

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        operation = self._operations.get(path)
        if request.method != "POST" or (operation is None and path not in _CONTROL):
            raise CoreError(
                "ResourceNotFoundException",
                f"The operation {request.method} {path[:80]} has no local stand-in.",
            )
        name = caller(request.headers.get("authorization"))
        if name is None:
            raise CoreError("AccessDeniedException", "The request is signed by nobody this platform started.")
        if operation is None:
            return await self._control(name, path, request)
        runtime = self._runtimes.get(name)
        if runtime is None:
            raise CoreError("AccessDeniedException", f"{name} is no runtime, so it has no workload identity.")
        return JSONResponse(
            await operation(runtime, await fields.body(request)), headers={"Cache-Control": "no-store"}
        )

    async def _control(self, name: str, path: str, request: Request) -> Response:
        """The control plane, which shares path and service name with the data plane: the operator's alone."""
        if name != OPERATOR:
            raise CoreError("AccessDeniedException", f"{name} may not read or change credential providers.")
        body = await fields.body(request)
        done = self._providers.get(body) if path == _GET else await self._providers.update(body)
        return JSONResponse(done, headers={"Cache-Control": "no-store"})

    def _provider_named(self, runtime: Runtime, body: Mapping[str, Any], action: str, kind: str) -> str:
        """The provider a runtime asks a credential of, once its role and its workload token allow that."""
        name = fields.text(body, "resourceCredentialProviderName", fields.PROVIDER)
        own = f"{_DIRECTORY}/workload-identity/{runtime.workload}"
        self._authorize(runtime, action, _VAULT, f"{_VAULT}/{kind}/{name}", _DIRECTORY, own)
        if self._workloads.workload(fields.text(body, "workloadIdentityToken")) != runtime.workload:
            raise CoreError("AccessDeniedException", "The workload access token is another workload's.")
        return name

    async def _oauth2_token(self, runtime: Runtime, body: Mapping[str, Any]) -> dict[str, Any]:
        name = self._provider_named(runtime, body, "GetResourceOauth2Token", "oauth2credentialprovider")
        provider = self._providers.named(name)
        if provider is None:
            raise CoreError("ResourceNotFoundException", f"There is no credential provider {name!r}.")
        flow = fields.text(body, "oauth2Flow")
        if flow != "M2M":
            raise CoreError("ValidationException", f"oauth2Flow {flow!r} has no local stand-in; use M2M.")
        fields.known(body, _OAUTH2_FIELDS)
        scopes, fresh = fields.scopes(body), fields.flag(body, "forceAuthentication")
        try:
            token = await self._vault.token(provider, scopes, fresh=fresh)
        except OutboundError as error:
            raise CoreError("ValidationException", f"{error}.") from None
        return {"accessToken": token}

    async def _workload_token(self, runtime: Runtime, body: Mapping[str, Any]) -> dict[str, Any]:
        workload = fields.text(body, "workloadName", _WORKLOAD)
        self._authorize(
            runtime, "GetWorkloadAccessToken", _DIRECTORY, f"{_DIRECTORY}/workload-identity/{workload}"
        )
        if all(workload != other.workload for other in self._system.runtimes):
            raise CoreError("ResourceNotFoundException", f"There is no workload identity {workload!r}.")
        return {"workloadAccessToken": self._workloads.issue(workload)}

    async def _api_key(self, runtime: Runtime, body: Mapping[str, Any]) -> dict[str, Any]:
        name = self._provider_named(runtime, body, "GetResourceApiKey", "apikeycredentialprovider")
        fields.known(body, ("resourceCredentialProviderName", "workloadIdentityToken"))
        for provider in self._system.key_providers:
            if provider.name == name:
                return {"apiKey": provider.key}
        raise CoreError("ResourceNotFoundException", f"There is no API key provider {name!r}.")

    def _not_offered(self, action: str) -> _Operation:
        async def refuse(runtime: Runtime, body: Mapping[str, Any]) -> dict[str, Any]:
            del body
            self._authorize(runtime, action, _DIRECTORY)
            raise CoreError("ValidationException", f"{action} has no local stand-in.")

        return refuse

    def _authorize(self, runtime: Runtime, action: str, *paths: str) -> None:
        """What is asked for is authorized before anything says whether it exists."""
        system = self._system
        resources = [f"arn:aws:bedrock-agentcore:{system.region}:{system.account}:{path}" for path in paths]
        if not allows(system.grants.get(runtime.name, ()), f"bedrock-agentcore:{action}", *resources):
            raise CoreError(
                "AccessDeniedException",
                f"The role of {runtime.name} does not allow {action} on {' and '.join(paths)}.",
            )
