"""An agent with a memory and a code interpreter, and one with a browser, as a person would use them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from localcloud.client import PlatformClient, find
from tests.assembly_fixture import KINDS, kinds_assembly
from tests.local.e2e.conftest import PATIENCE, Command, down, project_copy, up

__all__ = ["kinds_assembly"]

pytestmark = pytest.mark.xdist_group("kinds")


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory, kinds_assembly: Path) -> Iterator[Command]:
    command = Command(project_copy(tmp_path_factory.mktemp("market"), KINDS))
    process = up(command, "--system", "market", "--assembly", str(kinds_assembly))
    yield command
    down(process)


@pytest.fixture(scope="module")
def client(market: Command) -> PlatformClient:
    found = find(market.project, "market-dev")
    assert found is not None
    return found


def ask(
    client: PlatformClient,
    question: str,
    patron: str | None = "P1001",
    session: str | None = None,
    agent: str = "florist",
) -> list[dict[str, Any]]:
    token = client.user_token(patron) if patron else client.user_token("guest")
    return list(client.invoke(agent, {"prompt": question}, session_id=session, user_token=token))


def said(events: list[dict[str, Any]]) -> str:
    assert events[-1]["type"] == "done", events[-1]
    return "".join(event["text"] for event in events if event["type"] == "text")


def below(parent: int) -> dict[int, list[str]]:
    """The command lines of a process's children and theirs, by number."""
    families: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if fields[0] != "Z":
                    families.setdefault(int(fields[1]), []).append(int(entry.name))
    found: dict[int, list[str]] = {}
    waiting = [parent]
    while waiting:
        for child in families.get(waiting.pop(), ()):
            with contextlib.suppress(OSError):
                found[child] = (Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0"))[:-1]
            waiting.append(child)
    return found


def process_of(client: PlatformClient, package: str) -> int | None:
    named = (pid for pid, line in below(client.pid).items() if line[1:3] == ["-m", package])
    return next(named, None)


def killed(client: PlatformClient, package: str) -> None:
    """Kills an agent's process, and waits until the next one serves."""
    before = process_of(client, package)
    assert before is not None
    os.kill(before, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        ready = client.status()["agents"][package]["state"] == "ready"
        if ready and process_of(client, package) not in (None, before):
            return
        time.sleep(0.05)
    raise AssertionError(f"{package} was not started again")


def test_a_talk_is_forgotten_when_its_process_ends_or_is_anothers(client: PlatformClient) -> None:
    mine, taken, open_to_all = (str(uuid.uuid4()) for _ in range(3))
    for session in (mine, taken, open_to_all):
        assert said(ask(client, "What do 12 stems cost?", session=session)) == "Which flower?"
    killed(client, "florist")
    assert said(ask(client, "roses", session=mine)) == "12 of rose cost 36 euros."
    assert "12 of" not in said(ask(client, "roses", "P1002", session=taken))
    assert "12 of" not in said(ask(client, "roses", None, session=open_to_all))


def test_a_preference_stays_in_its_session_or_becomes_anothers(client: PlatformClient) -> None:
    said(ask(client, "I like white tulips"))
    assert said(ask(client, "What do I like?")) == "You told me: I like white tulips"
    assert said(ask(client, "What do I like?", "P1002")) == "You have not told me yet."
    assert said(ask(client, "What do I like?", None)) == "You have not told me yet."


def test_a_page_is_read_where_no_browser_runs(market: Command, client: PlatformClient) -> None:
    assert client.status()["notices"] == ["no browser runs here: scout is told that a page cannot be read"]
    answer = market.run("ask", "read the page", "--agent", "scout", "--system", "market")
    assert answer.returncode == 0, answer.stderr
    assert "The call of read_web_page failed." in answer.stdout


def test_an_agent_uses_another_agents_parts(client: PlatformClient) -> None:
    """The role of each is asked, also of a caller that knows every id."""
    pid = process_of(client, "florist")
    told = dict(item.split("=", 1) for item in Path(f"/proc/{pid}/environ").read_text().split("\0") if item)
    core: Any = boto3.client(
        "bedrock-agentcore",
        endpoint_url=client.front,
        region_name="eu-central-1",
        aws_access_key_id="LOCAL.market_dev_scout",
        aws_secret_access_key="unused",
        config=Config(proxies={}, retries={"max_attempts": 1}),
    )
    memory, interpreter = told["MEMORY_ID"], told["CODE_INTERPRETER_ID"]
    for operation, request in (
        ("start_code_interpreter_session", {"codeInterpreterIdentifier": interpreter}),
        ("list_events", {"memoryId": memory, "actorId": "user-a", "sessionId": "s"}),
        ("list_actors", {"memoryId": memory}),
    ):
        with pytest.raises(ClientError) as caught:
            getattr(core, operation)(**request)
        assert caught.value.response["Error"]["Code"] == "AccessDeniedException"


def test_a_session_of_code_outlives_its_request(client: PlatformClient) -> None:
    assert said(ask(client, "What do 3 roses cost?")) == "3 of rose cost 9 euros."
    assert not [line for line in below(client.pid).values() if any(part.endswith("box.py") for part in line)]
