"""A deployed system asked once as a customer does, and once as a stranger would.

A runtime's callers bring either a signature or a bearer token; boto3 cannot send a token, so that request is plain
HTTPS on the same address (contracts §5.3; Amazon Bedrock AgentCore Developer Guide, "Invoke your deployed agent").
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from cli.answer import Answer
from cli.aws import worded
from cli.outcome import Failure

REFUSALS = frozenset({401, 403})
SESSION = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"


@dataclass(frozen=True)
class Refusal:
    """What a stranger got. `status` is HTTP's."""

    what: str
    status: int

    @property
    def refused(self) -> bool:
        return self.status in REFUSALS


class Deployed:
    """One deployed system. `core` is boto3's client for bedrock-agentcore, `http` sends what boto3 cannot."""

    def __init__(
        self, where: str, *, core: Any, http: httpx.Client, runtime: str, qualifier: str, gateway: str
    ) -> None:
        self._where = where
        self._core = core
        self._http = http
        self._runtime = runtime
        self._qualifier = qualifier
        self._gateway = gateway

    def ask(self, question: str, session: str, token: str | None, write: Callable[[str], object]) -> Answer:
        """The entry agent's answer, its text written as it arrives. Raises Failure where it cannot be asked."""
        answer = Answer()
        body = json.dumps({"prompt": question}, ensure_ascii=False).encode()
        events = self._signed(body, session) if token is None else self._with_token(body, session, token)
        for event in events:
            write(answer.take(event))
        return answer

    def _signed(self, body: bytes, session: str) -> Iterator[Mapping[str, Any]]:
        with worded(self._where, "invoke_agent_runtime", " docs/deploying.md has what a caller needs."):
            told = self._core.invoke_agent_runtime(
                agentRuntimeArn=self._runtime,
                qualifier=self._qualifier,
                runtimeSessionId=session,
                contentType="application/json",
                accept="text/event-stream",
                payload=body,
            )
            yield from _events(told["response"].iter_lines())

    def _with_token(self, body: bytes, session: str, token: str) -> Iterator[Mapping[str, Any]]:
        headers = {"Authorization": f"Bearer {token}", **_headers(session)}
        try:
            with self._http.stream("POST", self._invocations(), content=body, headers=headers) as response:
                if response.status_code != 200:
                    kind = response.headers.get("x-amzn-ErrorType", "").split(":")[0]
                    message = "the runtime refused or failed"
                    if response.status_code in REFUSALS:
                        message = "the token is not one of this system's users, or has expired"
                    yield {
                        "type": "error",
                        "code": kind or f"http_{response.status_code}",
                        "message": message,
                    }
                    return
                yield from _events(line.encode() for line in response.iter_lines())
        except httpx.HTTPError as error:
            raise Failure(
                f"{self._where}: the entry runtime does not answer ({type(error).__name__})."
            ) from None

    def strangers(self, session: str) -> Iterator[Refusal]:
        """What somebody without credentials gets of the entry runtime and of the gateway. Raises Failure."""
        yield self._stranger(
            "the entry agent without credentials", self._invocations(), {"prompt": "hello"}, _headers(session)
        )
        call = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": "a___b", "arguments": {}},
        }
        accepts = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        yield self._stranger("the gateway without a token", self._gateway, call, accepts)

    def _stranger(self, what: str, url: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Refusal:
        try:
            # Closed unread: a stranger who is let in must not get an answer here either.
            with self._http.stream("POST", url, content=json.dumps(body), headers=dict(headers)) as response:
                return Refusal(what, response.status_code)
        except httpx.HTTPError as error:
            raise Failure(f"{self._where}: {what}: does not answer ({type(error).__name__}).") from None

    def _invocations(self) -> str:
        base = str(self._core.meta.endpoint_url).rstrip("/")
        return (
            f"{base}/runtimes/{quote(self._runtime, safe='')}/invocations?qualifier={quote(self._qualifier)}"
        )


def _headers(session: str) -> dict[str, str]:
    return {"Content-Type": "application/json", "Accept": "text/event-stream", SESSION: session}


def _events(lines: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
    """Server-sent events as an agent of ours sends them: one JSON object each."""
    for line in lines:
        if line.startswith(b"data:"):
            try:
                event = json.loads(line[5:])
            except ValueError:
                continue
            if isinstance(event, dict):
                yield event
