"""The policy engine's control plane on the wire (rest-json): what it takes to find a switch and throw it.

AgentCore control plane API: GetGateway, ListPolicies, GetPolicy, UpdatePolicy. Every other operation is refused by
name. Only the person at this machine may use them: no agent and no function may see or change what guards it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from localcloud.identity.errors import CoreError
from localcloud.policies import fields
from localcloud.policies.book import Book, Entry
from localcloud.signed import OPERATOR, caller
from localcloud.sigv4 import InvalidSignature, verify
from localcloud.telemetry.events import EventLog


class Policies:
    """An ASGI application for paths below `/policy-engines/` and `/gateways/`.

    `key` is the secret the operator's requests are signed with. Unlike elsewhere the signature is verified:
    an agent knows how the operator is called, and must not be able to call itself so.
    """

    def __init__(self, book: Book, *, key: str, events: EventLog) -> None:
        self._book = book
        self._key = key
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            status, answer = self._answer(request, await _body(request))
            response: Response = JSONResponse(
                answer, status_code=status, headers={"Cache-Control": "no-store"}
            )
        except CoreError as error:
            response = error.response()
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> tuple[int, Mapping[str, Any]]:
        raw = (request.scope.get("raw_path") or request.scope["path"].encode()).decode("ascii", "replace")
        self._authorize(request, raw, body)
        parts = [unquote(part) for part in raw.removeprefix("/").removesuffix("/").split("/")]
        match [request.method, *parts]:
            case ["GET", "gateways", gateway]:
                return 200, self._gateway(gateway)
            case ["GET", "policy-engines", engine, "policies"]:
                return 200, self._list(engine, fields.page(request.scope["query_string"]))
            case ["GET", "policy-engines", engine, "policies", policy]:
                return 200, self._entry(engine, policy).wire(engine)
            case ["PATCH", "policy-engines", engine, "policies", policy]:
                return 202, self._update(engine, self._entry(engine, policy), fields.change(body))
        raise CoreError(
            "ResourceNotFoundException",
            f"The operation {request.method} {raw[:80]} has no local stand-in.",
        )

    def _authorize(self, request: Request, path: str, body: bytes) -> None:
        """Who asks, before anything says what there is."""
        given = request.headers.getlist("authorization")
        who = caller(given[0]) if len(given) == 1 else None
        if who != OPERATOR:
            name = who or "A request signed by nobody this platform started"
            raise CoreError(
                "AccessDeniedException",
                f"{name} may not use the policy engine's control plane: the operator alone may.",
            )
        try:
            verify(
                request.method, path, request.scope["query_string"], request.headers, body, secret=self._key
            )
        except InvalidSignature:
            raise CoreError(
                "AccessDeniedException", "The request is not signed with the operator's key."
            ) from None

    def _gateway(self, gateway_id: str) -> dict[str, Any]:
        """The members of GetGateway that a stage decides; its targets and authorizer are in the template."""
        gateway = self._book.gateway
        if gateway_id not in (gateway.gateway_id, gateway.arn):
            raise CoreError("ResourceNotFoundException", f"There is no gateway {gateway_id[:64]!r}.")
        policy = {}
        if gateway.policy_mode is not None:
            policy = {"policyEngineConfiguration": {"arn": gateway.engine_arn, "mode": gateway.policy_mode}}
        return {
            "gatewayId": gateway.gateway_id,
            "gatewayArn": gateway.arn,
            "gatewayUrl": gateway.url,
            "name": gateway.name,
            "status": "READY",
            "authorizerType": "CUSTOM_JWT",
            "createdAt": self._book.created.isoformat(),
            "updatedAt": self._book.created.isoformat(),
            **policy,
        }

    def _list(self, engine: str, page: fields.Page) -> dict[str, Any]:
        self._known(engine)
        every = self._book.every()
        found = [entry.wire(engine) for entry in every[page.start : page.start + page.size]]
        following = page.start + page.size
        return {"policies": found, **({"nextToken": str(following)} if following < len(every) else {})}

    def _update(self, engine: str, entry: Entry, change: fields.Change) -> dict[str, Any]:
        before = entry.mode
        self._book.update(entry, change.mode, change.description)
        if entry.mode != before:
            self._events.record(
                {
                    "event": "control",
                    "layer": "policy",
                    "operation": "UpdatePolicy",
                    "policy": entry.policy.name,
                    "switch": str(entry.policy.switch) if entry.policy.switch else None,
                    "mode": entry.mode,
                    "trace_id": None,
                }
            )
        # As the service: accepted now, in force when GetPolicy says ACTIVE.
        return entry.wire(engine, "UPDATING")

    def _entry(self, engine: str, policy: str) -> Entry:
        self._known(engine)
        entry = self._book.find(policy)
        if entry is None:
            raise CoreError("ResourceNotFoundException", f"There is no policy {policy[:64]!r}.")
        return entry

    def _known(self, engine: str) -> None:
        if not engine or engine != self._book.gateway.engine_id:
            raise CoreError("ResourceNotFoundException", f"There is no policy engine {engine[:64]!r}.")


async def _body(request: Request) -> bytes:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > fields.MAX_BODY:
            raise CoreError("ValidationException", f"The body is larger than {fields.MAX_BODY} bytes.")
    return bytes(raw)
