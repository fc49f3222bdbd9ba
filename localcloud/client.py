"""How a command talks to a running platform: found by its state file, reached over loopback HTTP.

Small on purpose, and the standard library only: `ask` and `call` import this on every start.

The platform's side (localcloud/control):
    state file   `.airside/run/<stage>.json`, mode 0600: `{pid, stage, front, gateway, issuer, key, assembly}`
    GET  /_airside/status   `{stage, system, environment, region, entry_agent, agents: {name: {arn, state, callers}},
                             servers: {name: {arn, state}},
                             users: {issuer, client_id, callback_urls} or null, notices: [text],
                             switches: [{kind, subject, policy, off, description, updated}]}`;
                             callers: `iam` or `jwt`
    GET  /_airside/events?trace_id&after   `{events: […], next: <sequence number>}`
    POST /_airside/token `{agent}`   `{access_token}`, or 404 for an agent without a client
    POST /_airside/user-token `{user}`   `{access_token}`, or 404 for a user the system does not know
Further routes are for the console's page (docs/console.md).
    GET  /_airside/traces?limit, /_airside/traces/<trace id>   docs/traces.md
Every control request carries the state file's key in `X-Airside-Key`.
"""

from __future__ import annotations

import json
import os
import secrets
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

RUN_FOLDER = Path(".airside") / "run"
OPERATOR = "LOCAL.operator"
"""The access key id of a person at this machine, who may invoke every runtime that takes signatures."""
GUEST = "guest"
"""The user who has signed in and is nobody the system's data knows."""
USER_TO_RUNTIME = "X-Amzn-Bedrock-AgentCore-Runtime-Custom-User-Token"
USER_TO_GATEWAY = "X-Airside-User-Token"


class PlatformUnreachable(Exception):
    """The platform does not answer, or answers what it should not. The message names the address."""


class NoSuchAgent(Exception):
    """The running system has no agent of this name."""


class NoSuchUser(Exception):
    """The running system knows no user of this name, or has no users at all."""


class NoSuchTrace(Exception):
    """The running system knows no trace of this id: none ever, or no longer."""


@dataclass(frozen=True)
class Reply:
    """An HTTP answer: status, headers with lower-case names, and the body read as JSON where it is JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class PlatformClient:
    """A running platform. The control key is never shown."""

    pid: int
    stage: str
    front: str
    gateway: str
    issuer: str
    key: str = field(repr=False)
    assembly: str = ""

    def status(self) -> dict[str, Any]:
        """What runs; see the module's text for its form."""
        return self._control("GET", "status")

    def events(self, *, trace_id: str | None = None, after: int = 0) -> list[dict[str, Any]]:
        """Recorded events, oldest first; `trace_id` keeps those of one request."""
        query = urlencode({"after": after, **({"trace_id": trace_id} if trace_id else {})})
        return list(self._control("GET", f"events?{query}")["events"])

    def traces(self, limit: int = 50) -> list[dict[str, Any]]:
        """The latest traces, newest first; docs/traces.md has the form of each."""
        return list(self._control("GET", f"traces?limit={limit}")["traces"])

    def trace(self, trace_id: str) -> dict[str, Any]:
        """One trace with its spans. Raises NoSuchTrace; the id must be one (W3C: 32 hexadecimal digits)."""
        return self._control("GET", f"traces/{trace_id}")

    def token(self, agent: str) -> str:
        """An access token of the agent's own client, for a raw call. Raises NoSuchAgent."""
        return str(self._control("POST", "token", {"agent": agent})["access_token"])

    def user_token(self, user: str) -> str:
        """An access token of an end user, as after signing in. `GUEST` always is one. Raises NoSuchUser."""
        return str(self._control("POST", "user-token", {"user": user})["access_token"])

    def invoke(
        self,
        agent: str,
        payload: Mapping[str, Any],
        *,
        session_id: str | None = None,
        trace_id: str | None = None,
        user_token: str | None = None,
        timeout: float = 300,
    ) -> Iterator[dict[str, Any]]:
        """Invokes an agent's runtime and yields its events as they arrive (AgentCore: InvokeAgentRuntime).

        A runtime whose callers bring tokens is invoked with `user_token`; any other one as the operator, the
        user's token going along as an agent that delegates passes it on. A refusal or failure before the stream
        comes as one event `{"type": "error", "code", "message"}`.
        """
        agents = self.status()["agents"]
        if agent not in agents:
            raise NoSuchAgent(f"{agent!r} is no agent of {self.stage}. Known: {', '.join(agents)}.")
        headers = {
            **authorization(agents[agent], user_token),
            "Content-Type": "application/json",
            "Accept": "text/event-stream",
            "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id": session_id or new_session_id(),
            "traceparent": traceparent(trace_id or new_trace_id()),
        }
        path = f"/runtimes/{quote(agents[agent]['arn'], safe='')}/invocations?qualifier=DEFAULT"
        connection = _connect(self.front, timeout)
        try:
            connection.request(
                "POST", path, body=json.dumps(payload, ensure_ascii=False).encode(), headers=headers
            )
            yield from _events(connection.getresponse())
        except (OSError, HTTPException) as error:
            raise PlatformUnreachable(f"{self.front} stopped answering ({type(error).__name__}).") from None
        finally:
            connection.close()

    def mcp(
        self, body: bytes, *, token: str | None, trace_id: str | None = None, user_token: str | None = None
    ) -> Reply:
        """One raw request to the gateway's MCP endpoint: `token` is the agent's, `user_token` its end user's."""
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2025-06-18",
        }
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if user_token is not None:
            headers[USER_TO_GATEWAY] = user_token
        if trace_id is not None:
            headers["traceparent"] = traceparent(trace_id)
        return _exchange(self.gateway, "POST", "/mcp", body, headers, timeout=60)

    def _control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        content = None if body is None else json.dumps(body).encode()
        headers = {"X-Airside-Key": self.key, "Content-Type": "application/json"}
        reply = _exchange(self.front, method, f"/_airside/{path}", content, headers, timeout=10)
        if reply.status == 404 and body and "agent" in body:
            raise NoSuchAgent(f"{body['agent']!r} is no agent of {self.stage}.")
        if reply.status == 404 and body and "user" in body:
            raise NoSuchUser(f"{body['user']!r} is no user of {self.stage}.")
        if reply.status == 404 and path.startswith("traces/"):
            raise NoSuchTrace(
                f"the trace {path.rpartition('/')[2]} is not known to {self.stage}, or no longer."
            )
        if reply.status != 200 or not isinstance(reply.body, dict):
            raise PlatformUnreachable(f"{self.front} answered {reply.status} to its control interface.")
        return reply.body


def find(project: Path, stage: str) -> PlatformClient | None:
    """The platform that runs this stage of this project, or None; a dead process's state file counts as none."""
    try:
        state = json.loads((project / RUN_FOLDER / f"{stage}.json").read_text(encoding="utf-8"))
        client = PlatformClient(
            **{key: state[key] for key in ("pid", "stage", "front", "gateway", "issuer", "key")}
        )
        os.kill(client.pid, 0)
        client.status()
    except (OSError, ValueError, KeyError, TypeError, PlatformUnreachable):
        return None
    return PlatformClient(**{**client.__dict__, "assembly": str(state.get("assembly", ""))})


def new_session_id() -> str:
    """A session id in the alphabet and length every AgentCore service takes (contracts §5.3)."""
    return str(uuid.uuid4())


def new_trace_id() -> str:
    """A W3C trace id: 32 hexadecimal digits."""
    return secrets.token_hex(16)


def traceparent(trace_id: str) -> str:
    """The W3C header that starts this trace, sampled."""
    return f"00-{trace_id}-{secrets.token_hex(8)}-01"


def authorization(agent: Mapping[str, Any], user_token: str | None) -> dict[str, str]:
    """Who invokes an agent, as headers: its status (`arn`, `callers`) says which kind of caller it takes."""
    if agent.get("callers") == "jwt":
        return {} if user_token is None else {"Authorization": f"Bearer {user_token}"}
    region = agent["arn"].split(":")[3]
    # The front door reads from this who calls which service; it verifies no signature.
    signed = (
        f"AWS4-HMAC-SHA256 Credential={OPERATOR}/20260101/{region}/bedrock-agentcore/aws4_request, "
        f"SignedHeaders=host, Signature={'0' * 64}"
    )
    user = {} if user_token is None else {USER_TO_RUNTIME: user_token}
    return {"Authorization": signed, **user}


def _connect(base: str, timeout: float) -> HTTPConnection:
    parts = urlsplit(base)
    return HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=timeout)


def _exchange(
    base: str, method: str, path: str, body: bytes | None, headers: Mapping[str, str], *, timeout: float
) -> Reply:
    connection = _connect(base, timeout)
    try:
        connection.request(method, path, body=body, headers=dict(headers))
        response = connection.getresponse()
        raw = response.read()
    except (OSError, HTTPException) as error:
        raise PlatformUnreachable(f"{base} does not answer ({type(error).__name__}).") from None
    finally:
        connection.close()
    try:
        parsed = json.loads(raw) if raw else None
    except ValueError:
        parsed = raw.decode("utf-8", "replace")
    return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, parsed)


def _events(response: HTTPResponse) -> Iterator[dict[str, Any]]:
    if response.status != 200:
        raw = response.read(65_536)
        try:
            message = str(json.loads(raw).get("message") or "no message")
        except (ValueError, AttributeError):
            message = "no message"
        kind = (response.getheader("x-amzn-ErrorType") or "").split(":")[0]
        yield {"type": "error", "code": kind or f"http_{response.status}", "message": message}
        return
    for line in response:
        if line.startswith(b"data:"):
            event = json.loads(line[5:])
            if isinstance(event, dict):
                yield event
