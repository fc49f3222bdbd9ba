"""A running airline for these tests: the real command, the shared assembly, a project folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.assembly import fingerprint
from localcloud.client import PlatformClient, find
from tests.assembly_fixture import LIBRARY, ROOT, assembly, library_assembly

__all__ = ["assembly", "library_assembly"]

PARTS = ("systems", "environments", "lambda", "agent_src")
PATIENCE = 120
"""Seconds a command may take before the test gives up; no test measures time."""


@dataclass(frozen=True)
class Command:
    """Runs `./airside` words against one project, as a person would."""

    project: Path

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "cli", words[0], "--project", str(self.project), *words[1:]],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        with self.start(*words) as process:
            try:
                out, err = process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def json(self, *words: str) -> Any:
        result = self.run(*words, "--json")
        assert result.stdout, result.stderr
        return json.loads(result.stdout)


def project_copy(folder: Path, source: Path = ROOT) -> Path:
    """A project that tests may break: its declaration copied, its run files its own."""
    for part in PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def library_copy(folder: Path, made: Path) -> Path:
    """The small project as after a first `up`: with `made`, its assembly, kept for these sources."""
    project_copy(folder, LIBRARY)
    shutil.copytree(made, folder / ".airside" / "assemblies" / f"library-dev-{fingerprint(folder)}")
    return folder


def up(command: Command, *words: str) -> subprocess.Popen[str]:
    """Starts `up` on free ports and returns once it has announced itself."""
    process = command.start("up", "--port", "0", "--json", *words)
    assert process.stdout is not None
    line = process.stdout.readline()
    if line != "{\n":
        _, err = process.communicate(timeout=PATIENCE)
        raise AssertionError(f"up did not start: {err}")
    while process.stdout.readline() != "}\n":
        pass
    return process


def down(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)


@pytest.fixture(scope="session")
def airline(tmp_path_factory: pytest.TempPathFactory, assembly: Path) -> Iterator[Command]:
    """The airline, up for the whole run on one worker (see the group of these tests)."""
    command = Command(project_copy(tmp_path_factory.mktemp("airline")))
    process = up(command, "--assembly", str(assembly))
    yield command
    down(process)


@pytest.fixture(scope="session")
def client(airline: Command) -> PlatformClient:
    """A client of the running airline."""
    found = find(airline.project, "airline-dev")
    assert found is not None
    return found


def ask(client: PlatformClient, question: str, customer: str = "C1001", session: str | None = None) -> str:
    """The entry agent's answer to a signed-in customer; any other end than `done` fails the test."""
    events = list(
        client.invoke(
            "orchestrator", {"prompt": question}, session_id=session, user_token=client.user_token(customer)
        )
    )
    assert events[-1]["type"] == "done", events[-1]
    return "".join(event["text"] for event in events if event["type"] == "text")


def rpc(method: str, params: dict[str, Any], number: int = 1) -> bytes:
    """A JSON-RPC request's body."""
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode()


def call(client: PlatformClient, agent: str, tool: str, arguments: dict[str, Any]) -> Any:
    """What a tool answers an agent that works for the customer of the arguments, if they name one."""
    customer = arguments.get("customer_id")
    reply = client.mcp(
        rpc("tools/call", {"name": tool, "arguments": arguments}),
        token=client.token(agent),
        user_token=client.user_token(customer) if customer else None,
    )
    assert reply.status == 200, reply.body
    return json.loads(reply.body["result"]["content"][0]["text"])


def bookings_of(client: PlatformClient, customer: str) -> list[dict[str, Any]]:
    """A customer's bookings, as the customer sees them."""
    found: list[dict[str, Any]] = call(
        client, "booking", "customer-mcp___get_customer_bookings", {"customer_id": customer}
    )["bookings"]
    return found
