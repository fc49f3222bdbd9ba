"""AgentCore's data plane on the wire, as far as agents use it: token requests and runtime invocations."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

Stream = Callable[["Invoked"], AsyncIterator[dict[str, Any] | bytes]]


def jwt(exp: float, mark: str = "token") -> str:
    """A token with an `exp` and something to tell it by; unsigned, for nobody here verifies it."""

    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'RS256', 'kid': 'k'})}.{part({'exp': int(exp), 'jti': mark})}.c2lnbmF0dXJl"


@dataclass(frozen=True)
class Invoked:
    """One InvokeAgentRuntime as it arrived; `users` are the values of the header for the user's token."""

    arn: str
    qualifier: str
    session: str
    traceparent: str
    payload: dict[str, Any]
    users: tuple[str, ...] = ()
    signed: tuple[str, ...] = ()


@dataclass
class AwsStub:
    """`tokens` are handed out in order, the last one again and again; `streams` maps an ARN to its answer."""

    tokens: list[str] = field(default_factory=list)
    token_requests: list[dict[str, Any]] = field(default_factory=list)
    token_error: Response | None = None
    streams: dict[str, Stream] = field(default_factory=dict)
    refusals: dict[str, Response] = field(default_factory=dict)
    invoked: list[Invoked] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/identities/oauth2/token", self._token, methods=["POST"]),
                Route("/runtimes/{arn:path}/invocations", self._invoke, methods=["POST"]),
            ]
        )

    async def _token(self, request: Request) -> Response:
        self.token_requests.append(await request.json())
        await asyncio.sleep(0)
        if self.token_error is not None:
            return self.token_error
        token = self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]
        return JSONResponse({"accessToken": token})

    async def _invoke(self, request: Request) -> Response:
        arn = unquote(request.path_params["arn"])
        headers = request.headers
        invoked = Invoked(
            arn=arn,
            qualifier=request.query_params["qualifier"],
            session=headers["x-amzn-bedrock-agentcore-runtime-session-id"],
            traceparent=headers.get("traceparent", ""),
            payload=await request.json(),
            users=tuple(headers.getlist("x-amzn-bedrock-agentcore-runtime-custom-user-token")),
            signed=_signed(headers["authorization"]),
        )
        self.invoked.append(invoked)
        if arn in self.refusals:
            return self.refusals[arn]

        async def body() -> AsyncIterator[bytes]:
            try:
                async for event in self.streams[arn](invoked):
                    yield (
                        event
                        if isinstance(event, bytes)
                        else b"data: " + json.dumps(event).encode() + b"\n\n"
                    )
            finally:
                self.closed.append(arn)

        return StreamingResponse(body(), media_type="text/event-stream")


def _signed(authorization: str) -> tuple[str, ...]:
    """The names of the headers a SigV4 signature covers."""
    found = re.search(r"SignedHeaders=([^,]+)", authorization)
    return tuple(found[1].split(";")) if found is not None else ()


def aws_error(kind: str, status: int) -> Response:
    """An error as AgentCore's rest-json services answer it."""
    return JSONResponse(
        {"message": "canary-aws-detail"}, status_code=status, headers={"x-amzn-ErrorType": kind}
    )
