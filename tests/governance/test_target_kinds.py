"""Each target kind takes its own keys, a provider it can be reached with, and settings that fit; nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from governance import names, tool_schema
from governance.load import load_project
from governance.model import Project, TargetKind
from governance.outbound import KeyLocation, KeyPlacement, ProviderKind, Route, signed_action
from tests.assembly_fixture import KINDS
from tests.governance.conftest import Shop

DEV = "environments/dev.yaml"
GARDEN = "systems/garden/system.yaml"


def target(name: str, system: str = "garden") -> str:
    return f"systems/{system}/targets/{name}.yaml"


class Town(Shop):
    """A copy of the project with a target of every kind, for a test to break one thing in."""

    def __init__(self, root: Path) -> None:
        shutil.copytree(KINDS, root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        self.root = root

    def rewrite(self, name: str, change: Any) -> None:
        """Applies `change` to a JSON file."""
        document = json.loads((self.root / name).read_text(encoding="utf-8"))
        change(document)
        self.write(name, json.dumps(document))


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


@pytest.fixture(scope="module")
def project() -> Project:
    return load_project(KINDS)


DEFECTS = [
    # file, old, new, what one of the problems must say
    # Keys of another kind.
    (
        target("beds"),
        "function: tool_beds",
        "function: tool_beds\nprovider: seeds",
        "provider: is not a known key",
    ),
    (
        target("beds"),
        "kind: lambda",
        "kind: lamda",
        "is 'lamda'. One of: lambda, openapi, mcp_server, api_gateway",
    ),
    (target("seeds-api"), "spec: seeds", "path: /x\nspec: seeds", "path: is not a known key"),
    (target("seeds-api"), "provider: seeds\n", "", "provider: is missing"),
    (
        target("seeds-api"),
        "effect: read,",
        "effect: read, description: x,",
        "description: is not a known key",
    ),
    (target("orders", "depot"), "    method: GET\n", "", "tools.get_order.method: is missing"),
    (target("orders", "depot"), "method: GET", "method: FETCH", "is 'FETCH'. One of: GET, DELETE"),
    (
        target("schedules", "depot"),
        "model: schedules",
        "spec: x.json\nmodel: schedules",
        "spec: is not a known key",
    ),
    # An MCP server is somebody's.
    (
        target("almanac"),
        "runtime: almanac\ntables: [sowing]\n",
        "",
        "kind: needs a provider or a runtime, and not",
    ),
    (target("almanac"), "runtime: almanac", "runtime: almanac\nprovider: nursery", "and not both"),
    (
        target("almanac"),
        "runtime: almanac",
        "runtime: almanac\npath: /x",
        "path: is a provider's; a hosted server",
    ),
    (target("nursery"), "path: /care/mcp", "tables: [sowing]", "tables: are a hosted server's"),
    (target("nursery"), "path: /care/mcp", "path: care", "path: is 'care'. It must match"),
    (target("nursery"), "path: /care/mcp", "path: /../x?y", "path: is '/../x?y'"),
    (target("almanac"), "runtime: almanac", "runtime: Almanac", "runtime: is 'Almanac'"),
    (
        target("almanac"),
        "runtime: almanac",
        "runtime: almanack",
        "has no package agent_src/almanack with a __main__",
    ),
    (
        target("almanac"),
        "runtime: almanac",
        "runtime: gardener",
        "'gardener', the package of the agent gardener",
    ),
    (
        target("almanac"),
        "  frost_risk:",
        "  frost_risks:",
        "frost_risks: is not implemented in agent_src/almanac",
    ),
    (target("almanac"), "required: [month]", "required: [moon]", "requires 'moon', which is no input"),
    (
        target("almanac"),
        "required: [month]",
        "required: []",
        "month: is not required, so a call could leave it out",
    ),
    (target("almanac"), "tables: [sowing]", "tables: [reaping]", "names the unknown table 'reaping'"),
    # The outbound matrix.
    (
        target("nursery"),
        "provider: nursery",
        "provider: nobody",
        "provider: is 'nobody'. Known: moon, nursery",
    ),
    (
        target("labels", "depot"),
        "provider: labels",
        "provider: parcels",
        "'parcels' of kind oauth2, with which the",
    ),
    (target("labels", "depot"), "provider: labels", "provider: parcels", "It can with api_key, iam, none."),
    (target("schedules", "depot"), "provider: schedules", "provider: labels", "It can with oauth2, iam."),
    # Providers.
    (
        GARDEN,
        "{kind: none, description: Phases",
        "{kind: basic, description: Phases",
        "is 'basic'. One of: oauth2",
    ),
    (
        GARDEN,
        "{kind: none, description: Phases",
        "{description: Phases",
        "moon: is of kind oauth2, and its settings",
    ),
    (GARDEN, ", key: {in: query, name: appid}", "", "providers.soil.key: is missing"),
    (GARDEN, "in: query, name: appid", "in: body, name: appid", "is 'body'. One of: header, query"),
    (GARDEN, "in: query, name: appid", 'in: query, name: "a b"', "key.name: is 'a b'"),
    (GARDEN, "name: X-Api-Key", "name: Host", "key.name: is 'Host', a header of the gateway's own"),
    (GARDEN, "name: X-Api-Key", "name: MCP-Session-Id", "a header of the gateway's own"),
    (GARDEN, 'prefix: "Key "', 'prefix: " Key"', "key.prefix: is ' Key'"),
    (GARDEN, "scopes: [care.read]", f"scopes: [{'x' * 65}]", "is too long"),
    (
        GARDEN,
        "{kind: iam, description: The pump's",
        "{kind: iam, scopes: [x], description: The pump's",
        "scopes: is",
    ),
    (
        GARDEN,
        "name: appid",
        "name: Bed",
        "soil.openapi.json lets soil_sample take 'Bed', which is where the API's",
    ),
    # Settings of an environment.
    (DEV, "    kind: none\n", "    kind: api_key\n", "moon.secret_name: is missing"),
    (
        DEV,
        "  moon:\n    kind: none\n    base_url: https://moon.example\n",
        "",
        "moon: has no settings in environments",
    ),
    (
        DEV,
        "  moon:\n    kind: none",
        "  moon:\n    kind: iam",
        "moon: is of kind none, and its settings in environ",
    ),
    (
        DEV,
        "    base_url: https://moon.example\n",
        "",
        "moon: has no base_url in environments/dev.yaml. Its targets",
    ),
    (DEV, "    kind: none\n", "    kind: none\n    secret_name: x\n", "secret_name: is not a known key"),
    (DEV, "https://moon.example", "http://moon.example", "moon.base_url: is 'http://moon.example'"),
    (DEV, "    service: execute-api\n", "", "pump: has no service in environments/dev.yaml"),
    (DEV, "service: execute-api", "service: s3", "is 's3'. One of: bedrock-agentcore, execute-api, lambda"),
    (
        DEV,
        "service: execute-api",
        "service: lambda",
        "live/POST/mcp in environments/dev.yaml, which no request for",
    ),
    (DEV, "abcde12345/live/POST/mcp", "abcde12345/*", "resources[0]: is 'arn:aws:execute-api"),
    (DEV, "schedule/default/nightly-count", "schedule/default/*", "resources[0]: is 'arn:aws:scheduler"),
    (DEV, "schedule/default/nightly-count", "schedule/default/n?", "resources[0]: is 'arn:aws:scheduler"),
    (
        DEV,
        "    rest_api: {id: abcde67890, stage: live}\n",
        "",
        "orders: has no rest_api in environments/dev.yaml",
    ),
    (DEV, "{id: abcde67890, stage", "{id: https, stage", "rest_api.id: is 'https'"),
    (
        DEV,
        "  parcels:\n    kind: oauth2\n",
        "  parcels:\n    kind: oauth2\n    base_url: https://parcels.example\n",
        "parcels: has base_url in environments/dev.yaml, which no target of it uses",
    ),
    (
        DEV,
        "airside/garden/dev/weather",
        "arn:aws:secretsmanager:x:y",
        "secret_name: is 'arn:aws:secretsmanager",
    ),
    (
        DEV,
        "  agents: {}",
        '  agents: {}\n  servers: {garden: {almanack: {version: "3"}}}',
        "is no hosted tool server",
    ),
    # Routes of a REST API.
    (
        target("orders", "depot"),
        "method: DELETE",
        "method: GET",
        "is GET /orders/{order_id}, as get_order is",
    ),
    (
        target("orders", "depot"),
        "path: /orders/{order_id}",
        "path: /orders/{id}",
        "holds {id}, which is no required",
    ),
    (
        target("orders", "depot"),
        "path: /orders/{order_id}",
        "path: /{proxy+}",
        "tools.get_order.path: is '/{proxy+}'",
    ),
    (
        target("orders", "depot"),
        "path: /orders/{order_id}",
        "path: /orders/*",
        "tools.get_order.path: is '/orders/*'",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "says"), DEFECTS)
def test_a_target_that_cannot_be_is_loaded(town: Town, file: str, old: str, new: str, says: str) -> None:
    town.change(file, old, new)
    said = [str(problem) for problem in town.problems()]
    assert any(says in problem for problem in said), said
    assert all(problem.split(":")[0].endswith(".yaml") for problem in said)


MODEL = "systems/depot/api/schedules.smithy.json"
_SPACE = "com.amazonaws.scheduler#"


def shape(name: str, **change: Any) -> Any:
    return lambda model: model["shapes"][f"{_SPACE}{name}"].update(change)


MODEL_DEFECTS = {
    "states smithy '3'": lambda model: model.update(smithy="3"),
    "holds 0 services": lambda model: model["shapes"].pop(f"{_SPACE}AWSChronosService"),
    "holds 2 services": lambda model: model["shapes"].update(other={"type": "service"}),
    "does not speak aws.protocols#restJson1": shape(
        "AWSChronosService", traits={"aws.api#service": {"arnNamespace": "scheduler"}}
    ),
    "has no aws.api#service with an arnNamespace": shape(
        "AWSChronosService", traits={"aws.protocols#restJson1": {}}
    ),
    "has no operation": shape("AWSChronosService", operations=[]),
    "has no documentation for GetSchedule": shape("GetSchedule", traits={}),
    "names the shape com.amazonaws.scheduler#Name, which it does not hold": lambda model: model["shapes"].pop(
        f"{_SPACE}Name"
    ),
    "has the shape com.amazonaws.scheduler#GetScheduleInput inside of itself": shape(
        "GetScheduleInput", members={"Name": {"target": f"{_SPACE}GetScheduleInput"}}
    ),
    "has the resource com.amazonaws.scheduler#R inside of itself": lambda model: (
        model["shapes"][f"{_SPACE}AWSChronosService"].update(resources=[{"target": f"{_SPACE}R"}]),
        model["shapes"].update({f"{_SPACE}R": {"type": "resource", "resources": [{"target": f"{_SPACE}R"}]}}),
    ),
    "has mixins in com.amazonaws.scheduler#GetScheduleInput": shape("GetScheduleInput", mixins=[]),
    "applies traits apart": lambda model: model["shapes"].update(x={"type": "apply"}),
    "is no sound model": shape("GetSchedule", input="x"),
    "has the shape com.amazonaws.scheduler#Name of type stream": shape("Name", type="stream"),
}


@pytest.mark.parametrize("says", MODEL_DEFECTS)
def test_a_model_that_the_gateway_would_refuse_is_loaded(town: Town, says: str) -> None:
    town.rewrite(MODEL, MODEL_DEFECTS[says])
    said = [str(problem) for problem in town.problems()]
    assert any(f"model: schedules.smithy.json {says}" in problem for problem in said), said


def test_an_operation_of_a_model_that_nobody_declared_becomes_a_tool(town: Town) -> None:
    def add(model: Any) -> None:
        service = model["shapes"][f"{_SPACE}AWSChronosService"]
        service["resources"] = [{"target": f"{_SPACE}Schedule"}]
        model["shapes"][f"{_SPACE}Schedule"] = {
            "type": "resource",
            "delete": {"target": f"{_SPACE}DeleteSchedule"},
        }
        model["shapes"][f"{_SPACE}DeleteSchedule"] = {
            "type": "operation",
            "traits": {"smithy.api#documentation": "Deletes a schedule."},
        }

    town.rewrite(MODEL, add)
    (problem,) = town.problems()
    assert "does not label the operation 'DeleteSchedule'" in str(problem)


def test_more_targets_than_a_gateway_takes_are_loaded(town: Town) -> None:
    text = (town.root / target("pump")).read_text(encoding="utf-8")
    for number in range(100):
        tool = f"t{number}"
        town.write(
            target(tool), text.replace("target: pump", f"target: {tool}").replace("pump_state:", f"{tool}:")
        )
    said = [str(problem) for problem in town.problems()]
    assert any("has 108 targets; a gateway takes 100" in problem for problem in said), said


@pytest.mark.parametrize("name", ["systems/garden/api/moon.openapi.json", MODEL])
def test_a_document_that_is_no_object_stops_the_loader(town: Town, name: str) -> None:
    town.write(name, "[]")
    assert any("is not a JSON object" in str(problem) for problem in town.problems())


def test_what_is_declared_is_what_is_built(project: Project) -> None:
    garden, depot = project.system("garden"), project.system("depot")
    kinds = {target.kind for system in project.systems for target in system.targets}
    assert kinds == set(TargetKind)
    assert {provider.kind for system in project.systems for provider in system.providers} == set(ProviderKind)
    assert garden.provider("weather").key == KeyPlacement(KeyLocation.HEADER, "X-Api-Key", "Key ")
    assert depot.target("orders").routes["cancel_order"] == Route("DELETE", "/orders/{order_id}")
    assert (garden.target("almanac").runtime, garden.target("almanac").provider) == ("almanac", None)
    assert (garden.target("nursery").path, garden.target("pump").path) == ("/care/mcp", "/mcp")
    assert garden.target("beds").path == ""


def test_a_models_operation_is_the_tool_it_describes(project: Project) -> None:
    (tool,) = project.system("depot").target("schedules").tools
    assert tool.full_name == "schedules___GetSchedule"
    assert tool.description == "Returns a schedule of Amazon EventBridge Scheduler."
    assert tool.input_schema == {
        "type": "object",
        "properties": {
            "Name": {"type": "string", "description": "The schedule's name."},
            "GroupName": {"type": "string"},
        },
        "required": ["Name"],
    }


def test_a_pinned_list_is_what_the_server_would_answer(project: Project) -> None:
    pinned = json.loads(tool_schema.pinned(project.system("garden").target("almanac")))
    assert set(pinned) == {"tools"}
    assert [tool["name"] for tool in pinned["tools"]] == ["sowing_months", "frost_risk"]
    assert all(set(tool) == {"name", "description", "inputSchema"} for tool in pinned["tools"])


def test_a_servers_pin_is_left_out(town: Town) -> None:
    town.change(
        DEV, "  agents: {}", '  agents: {}\n  servers: {garden: {almanac: {version: "3", idle_seconds: 60}}}'
    )
    hosting = load_project(town.root).environment("dev").runtime
    own = hosting.of_server("garden", "almanac")
    assert (own.version, own.idle_seconds, own.lifetime_seconds) == ("3", 60, 3600)
    assert hosting.of_server("depot", "almanac") == hosting.of("garden", "gardener") == hosting.default


def test_no_agents_runtime_has_a_servers_name() -> None:
    derived = names.Names("s", "dev")
    assert derived.tool_runtime("a_b") == "s_dev__a_b"
    # What no agent's name can give (NAME in governance/schema_parts.py).
    assert "__" not in derived.runtime("a-b-c")


@pytest.mark.parametrize(
    ("service", "resource", "action"),
    [
        ("execute-api", "arn:aws:execute-api:r:a:i/s/GET/x", "execute-api:Invoke"),
        ("lambda", "arn:aws:lambda:r:a:function:f", "lambda:InvokeFunctionUrl"),
        (
            "bedrock-agentcore",
            "arn:aws:bedrock-agentcore:r:a:runtime/x",
            "bedrock-agentcore:InvokeAgentRuntime",
        ),
        ("bedrock-agentcore", "arn:aws:bedrock-agentcore:r:a:gateway/x", "bedrock-agentcore:InvokeGateway"),
        ("bedrock-agentcore", "arn:aws:bedrock-agentcore:r:a:memory/x", None),
        ("s3", "arn:aws:s3:::bucket", None),
    ],
)
def test_a_signed_request_needs_one_known_action(service: str, resource: str, action: str | None) -> None:
    assert signed_action(service, resource) == action
