"""Asking another agent: InvokeAgentRuntime in the same session, its event stream read as it comes."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from agent_common import events, telemetry, user_headers
from agent_common.events import Emit, Event
from agent_common.settings import Settings
from agent_common.shown import NOTHING, Shown
from agent_common.sse import EventDecoder, EventStreamError

MAX_TEXT = 100_000
"""Characters of a delegate's answer that are passed to the model."""

_CODES = frozenset(
    {
        "empty_prompt",
        "bad_request",
        "sign_in_required",
        "timeout",
        "model_unavailable",
        "gateway_unavailable",
        "memory_unavailable",
    }
)


class Runtimes(Protocol):
    """The one operation of boto3's `bedrock-agentcore` client used here."""

    def invoke_agent_runtime(self, **request: Any) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Reply:
    """What a delegate answered; for `error` and `refused` a sentence for the model instead."""

    status: Literal["ok", "error", "refused"]
    text: str


class Delegates:
    """The runtimes this agent may invoke.

    Each call runs in a thread of its own, so several run at the same time; the events are handed to
    the event loop as they arrive.
    """

    def __init__(
        self, client: Runtimes, *, arns: Mapping[str, str], qualifier: str, shown: Shown = NOTHING
    ) -> None:
        self._client = client
        self._shown = shown
        self._arns = dict(arns)
        self._qualifier = qualifier

    async def ask(
        self,
        agent: str,
        task: str,
        *,
        session_id: str,
        user_token: str | None,
        language: str,
        emit: Emit,
    ) -> Reply:
        """Have `agent` do `task` for the user of a token; its tool events, and what of tools' answers the user
        may see, go to `emit`; its text is returned.

        Cancelling this cancels the call: the connection is shut down, which ends the delegate's request.
        """
        payload = {"prompt": task, "language": language}
        request: dict[str, Any] = {
            "agentRuntimeArn": self._arns[agent],
            "qualifier": self._qualifier,
            "runtimeSessionId": session_id,
            "contentType": "application/json",
            "accept": "text/event-stream",
            "payload": json.dumps(payload, ensure_ascii=False).encode("utf-8"),
            **_trace(),
        }
        loop = asyncio.get_running_loop()

        def hand_over(event: Event) -> None:
            loop.call_soon_threadsafe(emit, event)

        reading = _Reading(agent, hand_over, self._shown)
        try:
            # The thread works in a copy of this context, so the token is this call's alone.
            with user_headers.sent(user_token):
                return await asyncio.to_thread(reading.run, self._client.invoke_agent_runtime, request)
        finally:
            reading.stop()


class _Reading:
    """One call, in its thread."""

    def __init__(self, agent: str, emit: Emit, shown: Shown) -> None:
        self._agent = agent
        self._emit = emit
        self._shown = shown
        self._lock = threading.Lock()
        self._raw: Any = None
        self._stopped = False

    def run(self, invoke: Callable[..., Mapping[str, Any]], request: Mapping[str, Any]) -> Reply:
        try:
            response = invoke(**request)
            with response["response"] as raw:
                with self._lock:
                    self._raw = raw
                    stopped = self._stopped
                if stopped:
                    return _no_answer(self._agent)
                try:
                    return self._read(raw)
                finally:
                    with self._lock:
                        self._raw = None
        except Exception as error:  # boundary: botocore, urllib3 and whatever the stream holds
            return self._failed(error)

    def stop(self) -> None:
        """Make the thread end now, from any thread; harmless after its end."""
        with self._lock:
            self._stopped = True
            if self._raw is not None:
                shutdown = getattr(self._raw, "shutdown", None)
                if shutdown is not None:
                    shutdown()

    def _read(self, raw: Any) -> Reply:
        decoder = EventDecoder()
        texts: list[str] = []
        size = 0
        # read1 returns what has arrived; botocore's own iter_lines waits for blocks of 1,024 bytes.
        while chunk := raw.read1(65536):
            for data in decoder.feed(chunk):
                event = json.loads(data)
                if not isinstance(event, dict):
                    raise EventStreamError("an event is not an object")
                kind = event.get("type")
                if kind == "text" and isinstance(event.get("text"), str):
                    texts.append(event["text"])
                    size += len(event["text"])
                    if size > MAX_TEXT:
                        raise EventStreamError(f"the answer has more than {MAX_TEXT} characters")
                elif kind == "tool" and (passed := _tool_event(event)) is not None:
                    self._emit(passed)
                elif kind == "result" and (seen := self._result_event(event)) is not None:
                    self._emit(seen)
                elif kind == "done":
                    return Reply("ok", "".join(texts) or f"The {self._agent} agent had nothing to say.")
                elif kind == "error":
                    code = event.get("code")
                    known = code if isinstance(code, str) and code in _CODES else "internal"
                    telemetry.log("delegate_error", logging.WARNING, delegate=self._agent, code=known)
                    return Reply("error", f"The {self._agent} agent could not answer ({known}).")
        raise EventStreamError("the stream ended without done or error")

    def _result_event(self, event: Mapping[str, Any]) -> Event | None:
        """What a delegate shows, cut down to what is declared here; None where that is nothing."""
        agent, name = event.get("agent"), event.get("tool")
        if not (isinstance(agent, str) and isinstance(name, str)) or len(agent) > 128:
            return None
        data = self._shown.of(name, event.get("data"))
        return None if data is None else events.result(agent, name, data)

    def _failed(self, error: Exception) -> Reply:
        telemetry.log("delegate_failed", logging.WARNING, error=error, delegate=self._agent)
        answer = getattr(error, "response", None)
        status = answer.get("Error", {}).get("Code") if isinstance(answer, Mapping) else None
        if status in ("AccessDeniedException", "UnauthorizedException"):
            return Reply("refused", f"Access denied: the {self._agent} agent may not be asked.")
        return _no_answer(self._agent)


def _no_answer(agent: str) -> Reply:
    return Reply("error", f"The {agent} agent did not answer. Whether anything took effect is unknown.")


def _tool_event(event: Mapping[str, Any]) -> Event | None:
    """A delegate's tool event, rebuilt from the keys the wire has; None where it is malformed."""
    agent, name, status, ms = event.get("agent"), event.get("tool"), event.get("status"), event.get("ms")
    if not (isinstance(agent, str) and isinstance(name, str) and status in events.TOOL_STATUSES):
        return None
    if len(agent) > 128 or len(name) > 256:
        return None
    return events.tool(agent, name, status, ms if type(ms) is int else None)


def _trace() -> dict[str, str]:
    carrier: dict[str, str] = {}
    telemetry.outgoing(carrier)
    names = {"traceparent": "traceParent", "tracestate": "traceState"}
    return {names[key]: value for key, value in carrier.items() if key in names and value}


def open_delegates(settings: Settings) -> Delegates:
    """The delegates of the settings, over boto3. A call is made once: asking twice may book twice."""
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=3,
        read_timeout=settings.limit_seconds,
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=32,
    )
    client = boto3.client("bedrock-agentcore", region_name=settings.region, config=config)
    user_headers.put_on_delegations(client)
    return Delegates(
        client,
        arns=settings.delegates,
        qualifier=settings.delegate_qualifier or "DEFAULT",
        shown=settings.shown,
    )
