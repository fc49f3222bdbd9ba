"""Code Interpreter operations on the AWS wire form (rest-json, service `bedrock-agentcore`; contracts §8).

AgentCore data plane API: StartCodeInterpreterSession, InvokeCodeInterpreter with the tool `executeCode` in Python,
StopCodeInterpreterSession. Every other operation, tool and language is refused by name. What the documentation
leaves open is in docs/fidelity/interpreter.md.
"""

from __future__ import annotations

import asyncio
import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from localcloud.identity.errors import CoreError
from localcloud.interpreter.session import Result, Session, SessionEnded
from localcloud.interpreter.wire import actions_of, body_of, parts_of
from localcloud.memory import fields
from localcloud.model import eventstream
from localcloud.spec import CodeInterpreter, LocalSystem

MAX_SESSIONS = 8
"""At once: each is a process. AWS takes 1,000 (contracts §11)."""
_DEFAULT_SECONDS = 900
_MOST_SECONDS = 28_800
_MAX_CODE = 100_000_000
_SESSION = "x-amzn-code-interpreter-session-id"
_ALPHABET = string.ascii_letters + string.digits


@dataclass
class _Held:
    """A session of one interpreter, and when it ends."""

    interpreter: CodeInterpreter
    session: Session
    until: datetime


class CodeInterpreters:
    """The ASGI application for paths below `/code-interpreters/`. What it began ends with `stop`."""

    def __init__(
        self, system: LocalSystem, clock: Callable[[], datetime], notice: Callable[[str], None]
    ) -> None:
        self._allowed = actions_of(system)
        self._interpreters = {
            name: each for each in system.code_interpreters for name in (each.interpreter_id, each.arn)
        }
        self._clock = clock
        self._notice = notice
        self._told = False
        self._held: dict[str, _Held] = {}
        self._room = asyncio.Lock()

    async def stop(self) -> None:
        """Kill every session's process."""
        held, self._held = list(self._held.values()), {}
        await asyncio.gather(*(each.session.stop() for each in held))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request, await body_of(request))
        except CoreError as error:
            response = error.response()
        await response(scope, receive, send)

    async def _answer(self, request: Request, body: Mapping[str, Any]) -> Response:
        match [request.method, *parts_of(request)]:
            case ["PUT", name, "sessions", "start"]:
                return await self._start(
                    self._interpreter(request, name, "StartCodeInterpreterSession"), body
                )
            case ["POST", name, "tools", "invoke"]:
                return await self._invoke(
                    self._interpreter(request, name, "InvokeCodeInterpreter"),
                    request.headers.get(_SESSION, ""),
                    body,
                )
            case ["PUT", name, "sessions", "stop"]:
                interpreter = self._interpreter(request, name, "StopCodeInterpreterSession")
                return await self._stop(interpreter, request.query_params.get("sessionId", ""))
        raise CoreError(
            "ResourceNotFoundException",
            f"{request.method} {request.url.path[:120]} has no local stand-in. Known: "
            "StartCodeInterpreterSession, InvokeCodeInterpreter, StopCodeInterpreterSession.",
        )

    def _interpreter(self, request: Request, name: str, action: str) -> CodeInterpreter:
        found = self._interpreters.get(name)
        self._allowed(request, action, found.arn if found else None, "code interpreter")
        if found is None:
            raise CoreError("ResourceNotFoundException", "There is no such code interpreter in this stage.")
        return found

    async def _start(self, interpreter: CodeInterpreter, body: Mapping[str, Any]) -> Response:
        fields.only(body, "name", "sessionTimeoutSeconds", "clientToken")
        seconds = body.get("sessionTimeoutSeconds", _DEFAULT_SECONDS)
        if not isinstance(seconds, int) or isinstance(seconds, bool) or not 1 <= seconds <= _MOST_SECONDS:
            raise fields.invalid(f"sessionTimeoutSeconds must be 1 to {_MOST_SECONDS}.")
        async with self._room:
            await self._expire()
            if len(self._held) >= MAX_SESSIONS:
                raise CoreError(
                    "ThrottlingException", f"{MAX_SESSIONS} sessions are open; more do not run locally."
                )
            made = "".join(secrets.choice(_ALPHABET) for _ in range(26))
            session = Session(made)
            try:
                await session.start()
            except SessionEnded as error:
                raise CoreError("InternalServerException", f"The session was not started: {error}.") from None
            now = self._clock()
            self._held[made] = _Held(interpreter, session, now + timedelta(seconds=seconds))
        self._tell(session)
        return JSONResponse(
            {
                "codeInterpreterIdentifier": interpreter.interpreter_id,
                "sessionId": made,
                "createdAt": now.isoformat(),
            }
        )

    def _tell(self, session: Session) -> None:
        """Once, what this machine could not take away: code of a model must not have it unnoticed."""
        kept = [what for what, gone in session.confined.items() if not gone]
        if kept and not self._told:
            self._told = True
            self._notice(f"note: code that agents run keeps the {' and the '.join(kept)} of this machine")

    async def _invoke(self, interpreter: CodeInterpreter, name: str, body: Mapping[str, Any]) -> Response:
        fields.only(body, "name", "arguments")
        if body.get("name") != "executeCode":
            raise fields.invalid("name must be executeCode; no other tool has a local stand-in.")
        arguments = fields.table(body.get("arguments") or {}, "arguments")
        fields.only(arguments, "code", "language", "clearContext", inside="arguments")
        code = arguments.get("code")
        if not isinstance(code, str) or not 1 <= len(code) <= _MAX_CODE:
            raise fields.invalid("arguments.code must be text.")
        if arguments.get("language", "python") != "python":
            raise fields.invalid("arguments.language must be python; no other runs locally.")
        clear = fields.flag(arguments, "clearContext", default=False)
        held = await self._session(interpreter, name)
        left = (held.until - self._clock()).total_seconds()
        try:
            result = await held.session.execute(code, clear=clear, seconds=left)
        except SessionEnded as error:
            self._held.pop(name, None)
            result = Result(f"The session was ended: {error}.", error=True, ms=0.0)
        frame = eventstream.event("result", _wire(result))
        return Response(frame, media_type=eventstream.CONTENT_TYPE, headers={_SESSION: name})

    async def _stop(self, interpreter: CodeInterpreter, name: str) -> Response:
        held = await self._session(interpreter, name)
        self._held.pop(name, None)
        await held.session.stop()
        return JSONResponse(
            {
                "codeInterpreterIdentifier": interpreter.interpreter_id,
                "sessionId": name,
                "lastUpdatedAt": self._clock().isoformat(),
            }
        )

    async def _session(self, interpreter: CodeInterpreter, name: str) -> _Held:
        await self._expire()
        held = self._held.get(name)
        if held is None or held.interpreter is not interpreter:
            raise CoreError("ResourceNotFoundException", "There is no such session.")
        return held

    async def _expire(self) -> None:
        now = self._clock()
        over = [name for name, held in self._held.items() if held.until <= now]
        for name in over:
            await self._held.pop(name).session.stop()


def _wire(result: Result) -> dict[str, Any]:
    """The `CodeInterpreterResult` shape."""
    return {
        "content": [{"type": "text", "text": result.text}],
        "structuredContent": {
            "stdout": "" if result.error else result.text,
            "stderr": result.text if result.error else "",
            "exitCode": int(result.error),
            "executionTime": result.ms,
        },
        "isError": result.error,
    }
