"""The local code interpreter: the wire form, what code cannot reach, and that nothing of it stays."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.eventstream import EventStreamBuffer

from localcloud.interpreter import CodeInterpreters, create_browsers
from localcloud.interpreter.app import MAX_SESSIONS
from localcloud.interpreter.session import Session, SessionEnded
from tests.agents.support.parts import BROWSER, INTERPRETER, stage

pytestmark = pytest.mark.anyio

OTHER = "other_dev_agent-0123456789"


class Wire:
    """Sends operations as an AWS SDK would."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
        self.told: list[str] = []
        known = stage()
        (first,) = known.code_interpreters
        second = replace(first, interpreter_id=OTHER, arn=first.arn.replace(INTERPRETER, OTHER))
        system = replace(known, code_interpreters=(first, second))
        self.app = CodeInterpreters(system, lambda: self.now, self.told.append)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://127.0.0.1")

    async def send(
        self, method: str, path: str, body: Any = None, *, who: str | None = "test", session: str = ""
    ) -> httpx.Response:
        headers = {"x-amzn-code-interpreter-session-id": session} if session else {}
        if who is not None:
            headers["authorization"] = (
                f"AWS4-HMAC-SHA256 Credential=LOCAL.{who}/20261121/us-east-1/bedrock-agentcore/aws4_request, "
                f"SignedHeaders=host, Signature={'0' * 64}"
            )
        content = json.dumps(body).encode() if body is not None else b""
        url = f"/code-interpreters/{path}"
        return await self.client.request(method, url, headers=headers, content=content)

    async def start(self, **body: Any) -> str:
        reply = await self.send("PUT", f"{INTERPRETER}/sessions/start", body)
        assert reply.status_code == 200, reply.text
        assert reply.json()["codeInterpreterIdentifier"] == INTERPRETER
        return str(reply.json()["sessionId"])

    async def invoke(self, session: str, name: str = "executeCode", **arguments: Any) -> httpx.Response:
        body = {"name": name, "arguments": arguments}
        return await self.send("POST", f"{INTERPRETER}/tools/invoke", body, session=session)

    async def run(self, session: str, code: str, **arguments: Any) -> dict[str, Any]:
        reply = await self.invoke(session, code=code, language="python", **arguments)
        assert reply.status_code == 200, reply.text
        assert reply.headers["x-amzn-code-interpreter-session-id"] == session
        stream = EventStreamBuffer()
        stream.add_data(reply.content)
        (event,) = stream
        result: dict[str, Any] = json.loads(event.payload)
        assert event.headers[":event-type"] == "result"
        return result


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    wire = Wire()
    async with wire.client:
        yield wire
    await wire.app.stop()


async def test_a_result_is_not_in_the_services_form(wire: Wire) -> None:
    session = await wire.start(name="s", sessionTimeoutSeconds=60)
    assert session.isalnum() and len(session) <= 40
    result = await wire.run(session, "import math\nprint('가', math.sqrt(16))")
    ms = result["structuredContent"].pop("executionTime")
    assert isinstance(ms, float)
    assert result == {
        "content": [{"type": "text", "text": "가 4.0\n"}],
        "structuredContent": {"stdout": "가 4.0\n", "stderr": "", "exitCode": 0},
        "isError": False,
    }


async def test_variables_are_lost_or_survive_being_cleared(wire: Wire) -> None:
    session = await wire.start()
    await wire.run(session, "x = 1")
    assert (await wire.run(session, "print(x)"))["content"][0]["text"] == "1\n"
    result = await wire.run(session, "print(x)", clearContext=True)
    assert result["isError"] and "NameError" in result["content"][0]["text"]
    other = await wire.start()
    assert (await wire.run(other, "print('x' in globals())"))["content"][0]["text"] == "False\n"


@pytest.mark.parametrize(
    "code",
    [
        "raise SystemExit(3)",
        "import sys; sys.exit()",
        "exec('x =')",
        "import os; os.close(1); print('still')",
        "import sys; sys.stdout.close()",
    ],
)
async def test_one_failing_piece_of_code_ends_the_session(wire: Wire, code: str) -> None:
    session = await wire.start()
    await wire.run(session, code)
    assert (await wire.run(session, "print('alive')"))["content"][0]["text"] == "alive\n"


async def test_code_reaches_files_environment_or_network_of_this_machine(wire: Wire, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary", encoding="utf-8")
    os.environ["AIRSIDE_CANARY"] = "canary"
    try:
        session = await wire.start()
    finally:
        del os.environ["AIRSIDE_CANARY"]
    (confined,) = [held.session.confined for held in wire.app._held.values()]
    assert (await wire.run(session, "import os; print('AIRSIDE_CANARY' in os.environ, sorted(os.environ))"))[
        "content"
    ][0]["text"] == "False ['LANG', 'PYTHONDONTWRITEBYTECODE']\n"
    result = await wire.run(session, "import localcloud")
    assert result["isError"] and "ModuleNotFoundError" in result["content"][0]["text"]
    listener = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        dialled = await wire.run(
            session, f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 5)\nprint('out')"
        )
    opened = await wire.run(session, f"print(open({str(secret)!r}).read())")
    # Where a kernel does not let go of one of them, whoever runs the platform is told instead.
    assert dialled["isError"] is confined["network"]
    assert opened["isError"] is confined["files"]
    assert bool(wire.told) is not all(confined.values())
    folder = await wire.run(session, "open('own', 'w').write('x'); print(open('own').read())")
    assert folder["content"][0]["text"] == "x\n"


async def test_a_session_takes_all_there_is(wire: Wire) -> None:
    session = await wire.start()
    result = await wire.run(session, "x = bytearray(4 * 1024 ** 3)")
    assert result["isError"] and "MemoryError" in result["content"][0]["text"]
    result = await wire.run(session, "print('x' * 300_000)")
    assert len(result["content"][0]["text"]) < 201_000


async def test_a_killed_process_is_asked_again(wire: Wire) -> None:
    session = await wire.start()
    result = await wire.run(session, "import os; os.kill(os.getpid(), 9)")
    assert result["isError"] and "The session was ended" in result["content"][0]["text"]
    assert (await wire.invoke(session, code="print(1)")).status_code == 404


async def test_a_process_forges_an_answer_of_another_form(wire: Wire) -> None:
    session = await wire.start()
    forge = "import os\nfor fd in range(3, 64):\n    try: os.write(fd, b'[1]\\n')\n    except OSError: pass"
    result = await wire.run(session, forge)
    assert result["isError"] and "The session was ended" in result["content"][0]["text"]


async def test_code_runs_past_the_end_of_its_session(wire: Wire) -> None:
    session = await wire.start(sessionTimeoutSeconds=10)
    wire.now += timedelta(seconds=10)
    assert (await wire.invoke(session, code="print(1)")).status_code == 404
    assert wire.app._held == {}
    running = Session("s")
    await running.start()
    with pytest.raises(SessionEnded, match="its time was over"):
        await running.execute("while True: pass", clear=False, seconds=0.2)


async def test_a_stopped_session_leaves_a_process_or_a_file(wire: Wire) -> None:
    session = await wire.start()
    text = (await wire.run(session, "import os; print(os.getpid(), os.getcwd())"))["content"][0]["text"]
    pid, folder = text.split()
    stopped = await wire.send("PUT", f"{INTERPRETER}/sessions/stop?sessionId={session}")
    assert (stopped.status_code, stopped.json()["sessionId"]) == (200, session)
    assert not Path(folder).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
    assert (await wire.invoke(session, code="print(1)")).status_code == 404


async def test_the_platforms_end_leaves_sessions_running(wire: Wire) -> None:
    session = await wire.start()
    text = (await wire.run(session, "import os; print(os.getpid())"))["content"][0]["text"]
    await wire.app.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(int(text), 0)


@pytest.mark.parametrize("who", ["nobody", "reader", None])
async def test_a_role_without_the_right_learns_or_runs_something(wire: Wire, who: str | None) -> None:
    for name in (INTERPRETER, "no_such-0123456789"):
        for method, path in (
            ("PUT", f"{name}/sessions/start"),
            ("POST", f"{name}/tools/invoke"),
            ("PUT", f"{name}/sessions/stop?sessionId=x"),
        ):
            reply = await wire.send(method, path, {}, who=who)
            assert (reply.status_code, reply.headers["x-amzn-ErrorType"]) == (403, "AccessDeniedException")


async def test_a_session_is_used_through_another_interpreter(wire: Wire) -> None:
    session = await wire.start()
    body = {"name": "executeCode", "arguments": {"code": "print(1)"}}
    reply = await wire.send("POST", f"{OTHER}/tools/invoke", body, session=session, who="operator")
    assert reply.status_code == 404
    assert (await wire.send("POST", f"{OTHER}/tools/invoke", body, session=session)).status_code == 403


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"name": "executeCommand", "arguments": {"command": "ls"}}, "no other tool has a local stand-in"),
        (
            {"name": "executeCode", "arguments": {"code": "1", "language": "javascript"}},
            "no other runs locally",
        ),
        ({"name": "executeCode", "arguments": {"code": "1", "runtime": "nodejs"}}, "'runtime'"),
        ({"name": "executeCode", "arguments": {"code": ""}}, "arguments.code must be text"),
        ({"name": "executeCode", "arguments": {"code": 1}}, "arguments.code must be text"),
        ({"name": "executeCode", "arguments": {"code": "1", "clearContext": "yes"}}, "true or false"),
        ({"name": "executeCode", "arguments": [1]}, "arguments must be an object"),
        ([1], "The request must be an object"),
    ],
)
async def test_what_is_not_understood_is_run(wire: Wire, body: Any, says: str) -> None:
    session = await wire.start()
    reply = await wire.send("POST", f"{INTERPRETER}/tools/invoke", body, session=session)
    assert (reply.status_code, reply.headers["x-amzn-ErrorType"]) == (400, "ValidationException")
    assert says in reply.json()["message"]


@pytest.mark.parametrize("seconds", [0, 28_801, "60", True, 1.5])
async def test_a_session_lasts_as_no_session_can(wire: Wire, seconds: Any) -> None:
    reply = await wire.send("PUT", f"{INTERPRETER}/sessions/start", {"sessionTimeoutSeconds": seconds})
    assert reply.status_code == 400


async def test_sessions_without_end_are_started(wire: Wire) -> None:
    held = await wire.start()
    (one,) = wire.app._held.values()
    wire.app._held.update({f"full{number}": one for number in range(MAX_SESSIONS - 1)})
    reply = await wire.send("PUT", f"{INTERPRETER}/sessions/start", {})
    assert (reply.status_code, reply.headers["x-amzn-ErrorType"]) == (429, "ThrottlingException")
    assert held in wire.app._held


async def test_an_unknown_operation_is_answered(wire: Wire) -> None:
    reply = await wire.send("GET", f"{INTERPRETER}/sessions/get?sessionId=x", None, who="operator")
    assert (reply.status_code, "no local stand-in" in reply.json()["message"]) == (404, True)


@pytest.mark.parametrize(
    ("method", "path", "who", "status", "says"),
    [
        (
            "PUT",
            f"{BROWSER}/sessions/start",
            "test",
            404,
            "StartBrowserSession has no local stand-in: no browser",
        ),
        ("PUT", f"{BROWSER}/sessions/stop", "test", 404, "StopBrowserSession has no local stand-in"),
        ("POST", f"{BROWSER}/sessions/invoke", "operator", 404, "InvokeBrowser has no local stand-in"),
        ("PUT", f"{BROWSER}/sessions/start", "reader", 403, "does not allow StartBrowserSession"),
        ("PUT", "unknown-0123456789/sessions/start", "test", 403, "does not allow StartBrowserSession"),
    ],
)
async def test_a_browser_is_refused_without_its_name(
    method: str, path: str, who: str, status: int, says: str
) -> None:
    transport = httpx.ASGITransport(create_browsers(stage()))
    authorization = (
        f"AWS4-HMAC-SHA256 Credential=LOCAL.{who}/20261121/us-east-1/bedrock-agentcore/aws4_request, "
        f"SignedHeaders=host, Signature={'0' * 64}"
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        reply = await client.request(method, f"/browsers/{path}", headers={"authorization": authorization})
    assert reply.status_code == status
    assert says in reply.json()["message"]
