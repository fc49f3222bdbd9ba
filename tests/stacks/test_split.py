"""A system declared to be split: everything once, in the stack its name says, and no stack waits in a circle."""

from __future__ import annotations

from collections import Counter
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bench import _grown
from governance import shards
from governance.access import AccessMatrix
from governance.load import load_project
from governance.model import System
from governance.names import delegate_variable
from governance.shards import Sharded
from localcloud.assembly import load_stage
from localcloud.gateway.authorizer import Caller
from localcloud.gateway.catalog import Catalog
from localcloud.gateway.policy import PolicyEngine
from localcloud.spec import LocalSystem
from review.reader import read_stage
from review.run import review
from stacks.gates.limits import findings
from stacks.gates.templates import StageTemplates
from tests.assembly_fixture import SPLIT_AGENTS
from tests.local.assembly.build import ADDRESSES
from tests.stacks.templates import Stage, joined

STAGE = "works-dev"
DEPTHS = {"front": 0, "lead-00": 1, **{f"clerk-{number:03}": 2 for number in range(6)}}
OF_AN_AGENT = {
    "AWS::Cognito::UserPoolClient": Sharded.IDENTITY,
    "AWS::SecretsManager::Secret": Sharded.IDENTITY,
    "AWS::BedrockAgentCore::OAuth2CredentialProvider": Sharded.IDENTITY,
    "AWS::BedrockAgentCore::Runtime": Sharded.RUNTIME,
    "AWS::IAM::Role": Sharded.RUNTIME,
}


@pytest.fixture(scope="module")
def stage(split_assembly: Path) -> Stage:
    return Stage.read(split_assembly, STAGE)


@pytest.fixture(scope="module")
def system(split_assembly: Path) -> System:
    return load_project(split_assembly.parent / "project").system(_grown.SYSTEM)


@pytest.fixture(scope="module")
def local(split_assembly: Path) -> LocalSystem:
    return load_stage(split_assembly, STAGE, ADDRESSES)


def place(part: Sharded, name: str) -> str:
    number = f"{shards.shard(name, shards.COUNTS[part]):02}"
    return (
        f"{part.lower()}-{DEPTHS[name]}-{number}" if part is Sharded.RUNTIME else f"{part.lower()}-{number}"
    )


def waiting(stage: Stage) -> dict[str, set[str]]:
    """Every stack, and the stacks that are deployed before it."""
    stacks = {
        name: item
        for name, item in stage.manifest()["artifacts"].items()
        if item["type"] == "aws:cloudformation:stack"
    }
    named = {name: part_of(item["properties"]["stackName"]) for name, item in stacks.items()}
    return {
        named[name]: {named[each] for each in item.get("dependencies", []) if each in stacks}
        for name, item in stacks.items()
    }


def part_of(stack: str) -> str:
    return stack.removeprefix(f"{STAGE}-")


def before(order: dict[str, set[str]], name: str) -> set[str]:
    """All that are deployed before a stack, also by way of others."""
    found: set[str] = set()
    todo = [name]
    while todo:
        for each in order[todo.pop()] - found:
            found.add(each)
            todo.append(each)
    return found


def test_an_agent_is_left_out_or_there_twice(stage: Stage, system: System) -> None:
    agents = [agent.name for agent in system.agents]
    assert set(agents) == set(DEPTHS)
    assert len(agents) == SPLIT_AGENTS
    for type_, part in OF_AN_AGENT.items():
        found = {
            item.declared["Agent"]: item.part for item in stage.resources(type_) if "Agent" in item.declared
        }
        assert found == {agent: place(part, agent) for agent in agents}
        assert len([item for item in stage.resources(type_) if "Agent" in item.declared]) == len(agents)
    policies = stage.resources("AWS::BedrockAgentCore::Policy")
    granted = [agent.name for agent in system.agents if agent.grants]
    permits = {item.declared["Agent"]: item.part for item in policies if "Agent" in item.declared}
    assert permits == {agent: place(Sharded.POLICIES, agent) for agent in granted}
    switches = Counter(str(item.declared["Switch"]) for item in policies if "Switch" in item.declared)
    assert set(switches.values()) == {1}
    assert {f"{{'Agent': '{agent}'}}" for agent in agents} <= set(switches)
    alarms = Counter(
        (str(item.properties["AlarmName"]).removesuffix("-errors"), item.part)
        for item in stage.resources("AWS::CloudWatch::Alarm")
        if str(item.properties["AlarmName"]).endswith("-errors")
        and "-agent-" in str(item.properties["AlarmName"])
    )
    assert alarms == {(f"{STAGE}-agent-{agent}", place(Sharded.OBSERVABILITY, agent)): 1 for agent in agents}


def test_two_stacks_make_what_has_one_name(stage: Stage) -> None:
    """By the property that is the resource's own name, where AWS takes a name only once."""
    own = {
        "AWS::BedrockAgentCore::OAuth2CredentialProvider": "Name",
        "AWS::BedrockAgentCore::Policy": "Name",
        "AWS::BedrockAgentCore::Runtime": "AgentRuntimeName",
        "AWS::CloudWatch::Alarm": "AlarmName",
        "AWS::CloudWatch::Dashboard": "DashboardName",
        "AWS::Cognito::UserPoolClient": "ClientName",
        "AWS::Cognito::UserPoolResourceServer": "Identifier",
        "AWS::IAM::Role": "RoleName",
        "AWS::Logs::DeliverySource": "Name",
        "AWS::SSM::Parameter": "Name",
        "AWS::SecretsManager::Secret": "Name",
    }
    for type_, key in own.items():
        named = Counter(str(item.properties[key]) for item in stage.resources(type_))
        assert named, type_
        assert set(named.values()) == {1}, type_


def test_stacks_wait_for_each_other_in_a_circle(stage: Stage) -> None:
    order = waiting(stage)
    assert set(order) == set(stage.templates)
    assert len(list(TopologicalSorter(order).static_order())) == len(order)
    # What a template imports is deployed before it.
    exported = {
        output["Export"]["Name"]: part
        for part, template in stage.templates.items()
        for output in template.get("Outputs", {}).values()
    }
    for part, template in stage.templates.items():
        assert {exported[name] for name in imports(template)} <= before(order, part) | {part}


def imports(value: Any) -> set[str]:
    if isinstance(value, list):
        return {name for item in value for name in imports(item)}
    if isinstance(value, dict):
        own = {value["Fn::ImportValue"]} if "Fn::ImportValue" in value else set()
        return own | {name for item in value.values() for name in imports(item)}
    return set()


def test_a_policy_comes_before_the_targets_or_a_switch_before_the_permits(stage: Stage) -> None:
    order = waiting(stage)
    policies = {name for name in order if name.startswith("policies-")}
    switches = {name for name in order if name.startswith("switches-")}
    assert policies
    assert switches
    assert all("gateway" in before(order, name) for name in policies)
    assert all(policies < before(order, name) for name in switches)
    off = {
        str(item.declared["Switch"])
        for item in stage.resources("AWS::BedrockAgentCore::Policy")
        if "Switch" in item.declared and item.properties["EnforcementMode"] == "ACTIVE"
    }
    assert off == {"{'Agent': 'clerk-001'}", "{'Tool': 'desk-2___read_2_01'}"}


def test_an_agent_is_deployed_before_those_it_delegates_to(stage: Stage) -> None:
    order = waiting(stage)
    for caller, delegates in _grown.delegations(SPLIT_AGENTS).items():
        for delegate in delegates:
            earlier = before(order, place(Sharded.RUNTIME, caller))
            assert place(Sharded.RUNTIME, delegate) in earlier
    assert place(Sharded.RUNTIME, "front") in before(order, "runtime")


def test_deliveries_of_two_stacks_are_made_at_the_same_time(stage: Stage) -> None:
    order = waiting(stage)
    watching = [name for name in TopologicalSorter(order).static_order() if name.startswith("observability")]
    assert watching[0] == "observability"
    for first, second in pairwise(watching):
        assert first in before(order, second)


def test_a_stack_leaves_the_assembly_with_its_last_agent(stage: Stage) -> None:
    """It would stay deployed, with the agent in it."""
    expected = {"identity", "tools", "gateway", "runtime", "observability"}
    for part, count in shards.COUNTS.items():
        layers = [f"{depth}-" for depth in range(3)] if part is Sharded.RUNTIME else [""]
        expected |= {f"{part.lower()}-{layer}{number:02}" for layer in layers for number in range(count)}
    assert set(stage.templates) == expected
    assert all(template["Resources"] for template in stage.templates.values())


def test_a_stack_passes_a_limit(stage: Stage) -> None:
    templates = StageTemplates(stage.templates)
    assert findings(templates) == []
    assert max(len(template["Resources"]) for template in stage.templates.values()) < 100


def test_every_stack_says_which_of_its_part_it_is(stage: Stage) -> None:
    for name, template in stage.templates.items():
        part, _, shard = name.partition("-")
        about = template["Metadata"]["Airside"]
        assert (about["Part"], about.get("Shard", "")) == (part, shard)
        assert (about["System"], about["EntryAgent"]) == (_grown.SYSTEM, _grown.ENTRY)


def test_a_badge_is_declared_on_another_server_than_it_says(stage: Stage, system: System) -> None:
    declared = {
        f"{item.properties['Identifier']}/{scope['ScopeName']}"
        for item in stage.resources("AWS::Cognito::UserPoolResourceServer")
        for scope in item.properties["Scopes"]
    }
    badges = {agent.name: system.badge(agent.name) for agent in system.agents}
    assert declared == set(badges.values())
    assert len({badge.partition("/")[0] for badge in declared}) > 3
    jwt = stage.one("AWS::BedrockAgentCore::Gateway").properties["AuthorizerConfiguration"][
        "CustomJWTAuthorizer"
    ]
    assert set(jwt["AllowedScopes"]) == declared
    assert len(jwt["AllowedClients"]) == len(badges)
    for agent, badge in badges.items():
        client = stage.one("AWS::Cognito::UserPoolClient", Agent=agent)
        assert client.properties["AllowedOAuthScopes"] == [badge]
        runtime = stage.one("AWS::BedrockAgentCore::Runtime", Agent=agent)
        assert runtime.properties["EnvironmentVariables"]["GATEWAY_TOKEN_SCOPE"] == badge


def test_an_agent_is_on_no_dashboard(stage: Stage) -> None:
    for agent in DEPTHS:
        (dashboard,) = [
            item
            for item in stage.resources("AWS::CloudWatch::Dashboard")
            if f"{agent}: tokens" in joined(item.properties["DashboardBody"])
        ]
        assert dashboard.part == place(Sharded.OBSERVABILITY, agent)
        name = f"{STAGE}-agents-{dashboard.part.rpartition('-')[2]}"
        assert dashboard.properties["DashboardName"] == name
        (main,) = [
            item for item in stage.resources("AWS::CloudWatch::Dashboard") if item.part == "observability"
        ]
        assert f"#dashboards:name={name}): " in joined(main.properties["DashboardBody"])


def test_the_local_platform_reads_a_part_of_the_agents(local: LocalSystem, system: System) -> None:
    """Agents of different stacks at the one gateway: what each may call, and what a switch stops."""
    spec, matrix = local.gateway, AccessMatrix.of(system)
    engine = PolicyEngine(spec.policies, mode="ENFORCE", gateway_arn=spec.arn, actions=Catalog(spec).tools)
    for agent in matrix.agents:
        caller = Caller({"sub": "x", "scope": system.badge(agent)}, "issuer", 0, 0.0)
        stopped = {tool for tool in matrix.tools_of(agent) if agent == "clerk-001" or tool.endswith("_2_01")}
        assert engine.visible(caller) == set(matrix.tools_of(agent)) - stopped
        unsplit = Caller({"sub": "x", "scope": f"{_grown.SYSTEM}/agent.{agent}"}, "issuer", 0, 0.0)
        assert engine.visible(unsplit) == frozenset()
    assert {client.agent: client.scopes for client in local.pool.clients} == {
        agent: (system.badge(agent),) for agent in matrix.agents
    }


def test_an_agent_may_invoke_others_than_its_delegates(local: LocalSystem) -> None:
    runtimes = {runtime.agent: runtime for runtime in local.runtimes}
    for caller, delegates in _grown.delegations(SPLIT_AGENTS).items():
        allowed = {
            resource
            for grant in local.grants[runtimes[caller].name]
            if grant.effect == "Allow" and "bedrock-agentcore:InvokeAgentRuntime" in grant.actions
            for resource in grant.resources
        }
        arns = [runtimes[delegate].arn for delegate in delegates]
        assert allowed == {*arns, *(f"{arn}/runtime-endpoint/main" for arn in arns)}
        told = runtimes[caller].environment
        assert {told[delegate_variable(each)] for each in delegates} == set(arns)


def test_the_review_sees_another_system_than_is_declared(split_assembly: Path, system: System) -> None:
    report = review(read_stage(split_assembly, STAGE), today="2026-11-21")
    assert report.model.unknowns == ()
    assert [finding for finding in report.open if finding.severity == "error"] == []
    matrix = AccessMatrix.of(system)
    found = {(cell.subject, cell.tool) for cell in report.model.matrix if cell.effect != "deny"}
    granted = {(agent, tool) for agent in matrix.agents for tool in matrix.tools_of(agent)}
    off = {(agent, tool) for agent, tool in granted if agent == "clerk-001" or tool == "desk-2___read_2_01"}
    assert found == granted - off
    delegations = {agent: tuple(sorted(each)) for agent, each in _grown.delegations(SPLIT_AGENTS).items()}
    assert report.model.delegation() == delegations


IDS = """\
gateway Policies{0}BDEFBB31 Switchesagent{0}AFAE4033
identity Agents{0}Client810905C3 Agents{0}SecretE8E2BD59 Agents{0}Provider94082B2F
identity PoolD3F588B8 Badges5CD980C4
observability Agents{0}ErrorsB9F54863 Agents{0}LatencyAC98E7E5
observability Agents{0}DeliveriesLogGroupCEDB6DFC Agents{0}DeliveriesLogsSource5AC5A040
observability Agents{0}DeliveriesTracesSource063B0F30 Agents{0}InputTokensA61487A0
runtime Agents{0}AccessRoleB660D247 Agents{0}Runtime2D7A5B17 Agents{0}Endpoint48ECB239
runtime Agents{0}Logs4A0616BB Agents{0}DefaultLogs8B67EE15
"""


def test_logical_ids_of_a_system_that_is_not_split_change(dev: Stage, library_assembly: Path) -> None:
    """What is deployed has them; another id is another resource of the same name, which AWS refuses."""
    ids = {(item.part, item.id) for item in dev.resources()}
    expected = [line.format("loyalty").split() for line in IDS.splitlines()]
    assert {(part, each) for part, *several in expected for each in several} <= ids
    # The hash at the end is of the path, in which the agent's name stands: without it they are the same.
    library = {(item.part, item.id[:-8]) for item in Stage.read(library_assembly, "library-dev").resources()}
    alike = [line.format("librarian").split() for line in IDS.splitlines()]
    assert {(part, each[:-8]) for part, *several in alike for each in several} <= library
