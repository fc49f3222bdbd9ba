"""`./airside rotate` on a running airline: agents keep working, and every client has a new secret after it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from localcloud.client import PlatformClient
from tests.assembly_fixture import ROOT
from tests.local.e2e.conftest import PATIENCE, Command, ask

pytestmark = pytest.mark.xdist_group("airline")
AGENTS = ["booking", "loyalty", "orchestrator", "policy"]


def test_a_rotation_of_every_agent_stops_the_airline(airline: Command, client: PlatformClient) -> None:
    before = client.events()[-1:]
    result = airline.run("rotate", "--all", "--json")
    assert result.returncode == 0, result.stderr
    reports = json.loads(result.stdout)["agents"]
    assert sorted(report["agent"] for report in reports) == AGENTS
    assert {report["result"] for report in reports} == {"rotated"}
    assert "booking  7/7 list" in result.stderr
    # Whoever has no token yet gets one with the new secret.
    assert "KE" in ask(client, "내일 인천에서 나리타 가는 항공편 찾아줘")
    after = client.events(after=before[0]["seq"] if before else 0)
    assert any(event.get("tool") == "flights-api___search_flights" for event in after)
    again = airline.run("rotate", "--agent", "booking", "--resume")
    assert (again.returncode, "one secret" in again.stdout) == (0, True)


INTERRUPTIBLE = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from cli.__main__ import main; sys.exit(main(sys.argv[1:]))"
)
"""Ctrl-C is a terminal's; where the tests run in the background it is ignored, and so in what they start."""


def test_ctrl_c_leaves_an_agent_without_a_secret(airline: Command) -> None:
    words = ["rotate", "--project", str(airline.project), "--agent", "policy", "--grace", "3600"]
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        while "3600 s" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "policy: interrupted" in err
    assert "./airside rotate --agent policy --resume" in err
    assert "Traceback" not in err
    refused = airline.run("rotate", "--agent", "policy")
    assert (refused.returncode, "a rotation is in progress: both secrets are live" in refused.stderr) == (
        1,
        True,
    )
    undone = airline.run("rotate", "--agent", "policy", "--undo")
    assert (undone.returncode, "7/7 list    one secret" in undone.stdout) == (0, True)


def test_a_dry_run_says_what_would_be_done(airline: Command) -> None:
    result = airline.run("rotate", "--agent", "loyalty", "--dry-run")
    assert result.returncode == 0
    assert "airline-dev-agent-loyalty reads gets a token; a rotation adds a second one" in result.stdout
