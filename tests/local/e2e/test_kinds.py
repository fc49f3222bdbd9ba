"""A system with a target of every kind that runs here, as a person would use it: one platform for all tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from governance import tool_schema
from governance.load import load_project
from localcloud.client import OPERATOR, PlatformClient, Reply, find, new_trace_id
from tests.assembly_fixture import KINDS, kinds_assembly
from tests.local.e2e.conftest import Command, down, project_copy, rpc, up

__all__ = ["kinds_assembly"]

pytestmark = pytest.mark.xdist_group("kinds")

GENERIC = "An internal error occurred. Please retry later."
ANSWERS = [
    ("beds___read_bed", {"bed": "B4"}, {"bed": "B4", "moisture": 40}),
    ("seeds-api___find_seeds", {"species": "rose"}, {"species": "rose", "packets": 12}),
    ("weather-api___forecast", {"town": "Ulm & Neu-Ulm"}, {"town": "Ulm & Neu-Ulm", "sky": "clear"}),
    ("soil-api___soil_sample", {"bed": "B4"}, {"bed": "B4", "ph": 6.5}),
    ("moon-api___moon_phase", {"day": "2026-11-21"}, {"day": "2026-11-21", "phase": "waxing"}),
    ("almanac___sowing_months", {"species": "당근"}, {"species": "당근", "from_month": 3, "to_month": 6}),
    ("almanac___frost_risk", {"month": 11}, {"month": 11, "frost": True}),
    ("nursery___plant_care", {"species": "rose"}, {"species": "rose", "advice": "water on dry days"}),
    ("nursery___order_plants", {"species": "rose", "count": 20}, {"ordered": 20, "species": "rose"}),
    ("pump___pump_state", {}, {"running": True}),
]


@pytest.fixture(scope="module")
def garden(tmp_path_factory: pytest.TempPathFactory, kinds_assembly: Path) -> Iterator[Command]:
    command = Command(project_copy(tmp_path_factory.mktemp("garden"), KINDS))
    process = up(command, "--system", "garden", "--assembly", str(kinds_assembly))
    yield command
    down(process)


@pytest.fixture(scope="module")
def client(garden: Command) -> PlatformClient:
    found = find(garden.project, "garden-dev")
    assert found is not None
    return found


def call(client: PlatformClient, agent: str, tool: str, arguments: Any, trace: str | None = None) -> Reply:
    body = rpc("tools/call", {"name": tool, "arguments": arguments})
    return client.mcp(body, token=client.token(agent), trace_id=trace or new_trace_id())


@pytest.mark.parametrize(("tool", "arguments", "expected"), ANSWERS, ids=lambda each: str(each)[:24])
def test_a_target_of_its_kind_does_not_answer(
    client: PlatformClient, tool: str, arguments: Any, expected: Any
) -> None:
    reply = call(client, "gardener", tool, arguments)
    assert (reply.status, reply.body["result"]["isError"]) == (200, False), reply.body
    assert json.loads(reply.body["result"]["content"][0]["text"]) == expected


def test_every_declared_tool_was_called() -> None:
    declared = {tool.full_name for tool in load_project(KINDS).system("garden").tools}
    assert {tool for tool, _, _ in ANSWERS} == declared


@pytest.mark.parametrize(
    ("agent", "tool", "arguments", "reason"),
    [
        ("apprentice", "nursery___order_plants", {"species": "rose", "count": 1}, "it is not granted"),
        ("apprentice", "almanac___sowing_months", {"species": "carrot"}, "it is not granted"),
        ("apprentice", "pump___pump_state", {}, "it is not granted"),
        ("gardener", "nursery___order_plants", {"species": "rose", "count": 21}, "argument count"),
        ("gardener", "almanac___frost_risk", {"month": 13}, "argument month"),
        # Offered by the nursery's server, declared by nobody.
        ("gardener", "nursery___rewrite_prices", {}, "no such tool is declared"),
        ("gardener", "plant_care", {"species": "rose"}, "no such tool is declared"),
    ],
)
def test_a_call_of_a_tool_of_another_kind_is_not_guarded(
    client: PlatformClient, agent: str, tool: str, arguments: Any, reason: str
) -> None:
    reply = call(client, agent, tool, arguments)
    assert (reply.status, reply.body["error"]["code"]) == (403, -32002)
    assert reason in reply.body["error"]["message"]


def test_each_agent_sees_its_grants_of_every_kind(client: PlatformClient) -> None:
    listed = client.mcp(rpc("tools/list", {}), token=client.token("apprentice")).body["result"]["tools"]
    assert [tool["name"] for tool in listed] == ["almanac___frost_risk", "weather-api___forecast"]


def test_what_a_server_failed_on_is_told_to_agents(client: PlatformClient) -> None:
    reply = call(client, "gardener", "nursery___plant_care", {"species": "weed"})
    assert reply.body["result"] == {"isError": True, "content": [{"type": "text", "text": GENERIC}]}


def test_a_hosted_server_is_reached_around_the_gateway(client: PlatformClient) -> None:
    """A call leaves one trace: the gateway's decisions and target call, and the runtime's invocations by its role."""
    trace = new_trace_id()
    assert call(client, "gardener", "almanac___frost_risk", {"month": 5}, trace).status == 200
    events = client.events(trace_id=trace)
    (target,) = [event for event in events if event["event"] == "target"]
    assert (target["kind"], target["status"]) == ("mcp_server", "ok")
    invoked = [event for event in events if event["event"] == "invocation"]
    assert {(event["server"], event["caller"], event["outcome"]) for event in invoked} == {
        ("almanac", "garden-dev", "finished")
    }
    assert len(invoked) == 3  # the handshake's two requests and the call


def test_a_hosted_servers_own_tools_drift_from_the_pinned_ones(client: PlatformClient) -> None:
    """Names, inputs and what is required: the server's tools/list against what the gateway was told."""
    aws = boto3.client(
        "bedrock-agentcore",
        region_name="eu-central-1",
        endpoint_url=client.front,
        aws_access_key_id=OPERATOR,
        aws_secret_access_key="any",
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )
    answer = aws.invoke_agent_runtime(
        agentRuntimeArn=client.status()["servers"]["almanac"]["arn"],
        qualifier="main",
        contentType="application/json",
        accept="application/json, text/event-stream",
        mcpProtocolVersion="2025-06-18",
        payload=rpc("tools/list", {}),
    )
    assert len(answer["mcpSessionId"]) == 36
    listed = json.loads(answer["response"].read())["result"]["tools"]
    aws.close()
    declared = tool_schema.render(load_project(KINDS).system("garden").target("almanac"))
    assert {tool["name"]: _form(tool["inputSchema"]) for tool in listed} == {
        tool["name"]: _form(tool["inputSchema"]) for tool in declared
    }


def _form(schema: Any) -> Any:
    return {name: each["type"] for name, each in schema["properties"].items()}, sorted(schema["required"])


def test_a_question_is_answered_with_a_hosted_and_a_foreign_server(garden: Command) -> None:
    sown = garden.json("ask", "When do I sow carrot?", "--system", "garden")
    assert sown["answer"] == "carrot is sown from month 3 to 6."
    cared = garden.json("ask", "How do I care for a rose?", "--system", "garden")
    assert cared["answer"] == "rose: water on dry days"


def test_status_shows_a_server_as_an_agent(client: PlatformClient) -> None:
    status = client.status()
    assert set(status["agents"]) == {"gardener", "apprentice"}
    assert status["servers"]["almanac"]["state"] == "ready"


def test_a_raw_call_needs_an_agent_to_run(garden: Command, kinds_assembly: Path, tmp_path: Path) -> None:
    """Without a running platform: the tool server is started for it, the agents are not."""
    alone = Command(project_copy(tmp_path, KINDS))
    words = ("--as", "gardener", "almanac___frost_risk", '{"month": 1}')
    result = alone.run("call", "--system", "garden", "--assembly", str(kinds_assembly), *words)
    assert (result.returncode, '"frost": true' in result.stdout) == (0, True), result.stderr
    assert "starting" in result.stderr
    assert "agents" not in result.stderr


def test_a_system_for_aws_only_starts_or_is_refused_without_a_way_out(
    garden: Command, kinds_assembly: Path
) -> None:
    result = garden.run("up", "--system", "depot", "--assembly", str(kinds_assembly), "--port", "0")
    assert result.returncode == 2
    for name in ("labels", "orders", "parcels", "schedules"):
        assert f"the target '{name}' is of kind" in result.stderr
    assert "Run a system without these targets" in result.stderr


def test_no_secret_reaches_a_log(garden: Command, client: PlatformClient) -> None:
    del client
    written = "".join(
        path.read_text(encoding="utf-8") for path in (garden.project / ".airside/logs").iterdir()
    )
    assert "Bearer " not in written
    assert "secret-detail" not in written
    assert OPERATOR not in written
