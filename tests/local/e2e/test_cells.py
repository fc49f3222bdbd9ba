"""Every agent and every tool: what is granted is allowed, and a refusal says which of the rules it broke."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from governance.access import AccessMatrix
from governance.binding import RuleKind
from governance.load import load_project
from localcloud.client import PlatformClient, new_trace_id
from tests.assembly_fixture import ROOT
from tests.local.e2e.conftest import PATIENCE, Command, bookings_of, rpc

pytestmark = pytest.mark.xdist_group("airline")


@pytest.mark.parametrize("agent", ["orchestrator", "booking", "loyalty", "policy"])
def test_each_agent_sees_exactly_its_grants_on_every_page(client: PlatformClient, agent: str) -> None:
    token = client.token(agent)
    names: list[str] = []
    params: dict[str, Any] = {}
    while True:
        result = client.mcp(rpc("tools/list", params), token=token).body["result"]
        names += [tool["name"] for tool in result["tools"]]
        if "nextCursor" not in result:
            break
        params = {"cursor": result["nextCursor"]}
    matrix = AccessMatrix.of(load_project(ROOT).system("airline"))
    assert sorted(names) == sorted(matrix.tools_of(agent))


def test_every_cell_is_decided_as_declared(client: PlatformClient) -> None:
    """With arguments that keep every rule, so that only the grant decides."""
    system = load_project(ROOT).system("airline")
    matrix = AccessMatrix.of(system)
    user = client.user_token("C1001")
    wrong = []
    for agent in matrix.agents:
        token = client.token(agent)
        for tool in system.tools:
            kept = {rule.argument: rule.example or "C1001" for rule in tool.rules}
            body = rpc("tools/call", {"name": tool.full_name, "arguments": kept})
            reply = client.mcp(body, token=token, user_token=user)
            refused = reply.status == 403 and reply.body["error"]["code"] == -32002
            if refused == matrix.decision(agent, tool.full_name).allowed:
                wrong.append((agent, tool.full_name, reply.status))
    assert wrong == []


def test_a_broken_rule_is_not_taken_for_a_missing_grant(client: PlatformClient) -> None:
    """Without a user and without arguments: what is not granted says so, what is granted says what it lacks."""
    system = load_project(ROOT).system("airline")
    matrix = AccessMatrix.of(system)
    found, declared = {}, {}
    for agent in matrix.agents:
        token = client.token(agent)
        for tool in system.tools:
            trace = new_trace_id()
            client.mcp(
                rpc("tools/call", {"name": tool.full_name, "arguments": {}}), token=token, trace_id=trace
            )
            [decision] = _interceptors(client, trace)
            cell = (agent, tool.full_name)
            found[cell] = decision["reason"]
            broken = "no_user" if any(rule.kind is RuleKind.USER for rule in tool.rules) else None
            broken = broken or ("argument_not_allowed" if tool.rules else "granted")
            declared[cell] = broken if matrix.decision(*cell).allowed else "not_granted"
    assert found == declared
    assert {"no_user", "argument_not_allowed", "granted", "not_granted"} == set(found.values())


def _interceptors(client: PlatformClient, trace: str) -> list[dict[str, Any]]:
    """The interceptor's decisions on a request; they travel over its output, so they may come a moment later."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = [event for event in client.events(trace_id=trace) if event.get("layer") == "interceptor"]
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.01)


def test_a_refused_call_names_agent_and_tool_and_changes_nothing(
    airline: Command, client: PlatformClient
) -> None:
    before = bookings_of(client, "C1001")
    offer = json.dumps({"customer_id": "C1001", "flight_offer": {"type": "flight-offer"}})
    result = airline.run("call", "--as", "loyalty", "customer-mcp___create_booking", offer)
    assert result.returncode == 1
    assert "HTTP 403" in result.stdout
    assert "loyalty may not call customer-mcp___create_booking" in result.stdout
    assert bookings_of(client, "C1001") == before


@pytest.mark.parametrize("token", [None, "nonsense", "eyJhbGciOiJub25lIn0.e30."])
def test_a_token_of_no_agent_is_refused_before_anything_else(
    client: PlatformClient, token: str | None
) -> None:
    reply = client.mcp(
        rpc("tools/call", {"name": "policy-mcp___get_change_policy", "arguments": {}}), token=token
    )
    assert (reply.status, reply.body["error"]["code"]) == (401, -32001)
    assert "www-authenticate" in reply.headers


def test_a_refusal_reaches_the_log_with_its_reason(client: PlatformClient) -> None:
    trace = new_trace_id()
    body = rpc("tools/call", {"name": "customer-mcp___create_booking", "arguments": {}})
    assert client.mcp(body, token=client.token("policy"), trace_id=trace).status == 403
    [refused] = _interceptors(client, trace)
    assert (refused["effect"], refused["agent"], refused["reason"]) == ("deny", "policy", "not_granted")
