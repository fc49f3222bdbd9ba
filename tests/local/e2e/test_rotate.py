"""`./airside rotate` on a running airline: agents keep working, and every client has a new secret after it."""

from __future__ import annotations

import json

import pytest

from localcloud.client import PlatformClient
from tests.local.e2e.conftest import Command, ask

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


def test_a_dry_run_says_what_would_be_done(airline: Command) -> None:
    result = airline.run("rotate", "--agent", "loyalty", "--dry-run")
    assert result.returncode == 0
    assert "airline-dev-agent-loyalty reads gets a token; a rotation adds a second one" in result.stdout
