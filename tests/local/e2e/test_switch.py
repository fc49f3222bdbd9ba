"""The kill switch end to end: thrown, a call is refused by the very platform that allowed it; thrown back, not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from localcloud.client import PlatformClient, find
from tests.local.e2e.conftest import Command, rpc

pytestmark = pytest.mark.xdist_group("airline")

TOOL = "policy-mcp___get_change_policy"
ARGUMENTS = {"fare_class": "STANDARD", "route_kind": "short_haul", "tier": "GOLD"}


@pytest.fixture
def switched_back(airline: Command) -> Iterator[None]:
    """The platform is shared: whatever a test throws is thrown back."""
    yield
    client = find(airline.project, "airline-dev")
    assert client is not None
    for each in client.status()["switches"]:
        if each["off"]:
            airline.run("switch", "on", f"--{each['kind']}", each["subject"])


def statuses(client: PlatformClient) -> dict[str, int]:
    """The same call by every agent."""
    body = rpc("tools/call", {"name": TOOL, "arguments": ARGUMENTS})
    return {
        agent: client.mcp(body, token=client.token(agent)).status
        for agent in ("orchestrator", "booking", "policy")
    }


@pytest.mark.usefixtures("switched_back")
def test_an_agent_is_stopped_and_let_go_on_within_one_platform(
    airline: Command, client: PlatformClient
) -> None:
    granted = {"orchestrator": 200, "booking": 403, "policy": 200}
    assert statuses(client) == granted

    off = airline.json("switch", "off", "--agent", "policy", "--reason", "quotes wrong fees")
    assert (off["off"], off["changed"], off["enforced"]) == (True, True, True)
    assert off["seconds"] < 60
    assert statuses(client) == {**granted, "policy": 403}

    refused = airline.run("call", "--as", "policy", TOOL, json.dumps(ARGUMENTS))
    assert refused.returncode == 1
    assert "policy=deny  switched_off airline_dev__off_policy-" in refused.stdout
    assert "switched off: agent policy (./airside switch on --agent policy)" in refused.stdout
    told = airline.json("explain", "policy", TOOL)
    assert (told["effect"], told["reason"]) == ("deny", "agent policy is switched off")
    assert [(each["off"], each["running_off"]) for each in told["switches"]] == [(True, True), (False, False)]
    listed = airline.run("switch", "list").stdout.splitlines()
    assert [line.split()[:3] for line in listed if line.startswith("off")] == [["off", "agent", "policy"]]
    assert "quotes wrong fees" in next(line for line in listed if line.startswith("off"))
    # Sees nothing, and so says that it cannot answer.
    result = client.mcp(rpc("tools/list", {}), token=client.token("policy")).body["result"]
    assert result["tools"] == []

    on = airline.run("switch", "on", "--agent", "policy")
    assert on.stdout.startswith("agent policy is on (airline_dev__off_policy, in force after ")
    assert statuses(client) == granted


@pytest.mark.usefixtures("switched_back")
def test_a_tool_is_stopped_for_everybody_and_the_log_says_so(
    airline: Command, client: PlatformClient
) -> None:
    seen = len(client.events())
    assert airline.run("switch", "off", "--tool", TOOL).returncode == 0
    assert set(statuses(client).values()) == {403}
    events = [event for event in client.events()[seen:] if event["layer"] == "policy"]
    assert [event["switch"] for event in events if event["event"] == "control"] == [f"tool {TOOL}"]
    reasons = {event["agent"]: event["reason"] for event in events if event["event"] == "decision"}
    assert reasons == {"orchestrator": "switched_off", "policy": "switched_off"}


def test_an_agents_key_does_not_open_the_control_plane(client: PlatformClient) -> None:
    """At the front door itself, where agents reach every AWS API."""
    parts = urlsplit(client.front)
    for who in ("airline_dev_booking", "airline-dev-gateway-interceptor", "operator"):
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        scope = f"LOCAL.{who}/20261121/ap-northeast-2/bedrock-agentcore/aws4_request"
        connection.request(
            "GET",
            "/policy-engines/airline_dev-x/policies",
            headers={
                "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, "
                f"Signature={'0' * 64}",
                "X-Amz-Date": "20261121T090000Z",
            },
        )
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("x-amzn-ErrorType")) == (403, "AccessDeniedException"), who
        connection.close()
