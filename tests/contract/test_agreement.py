"""Three answers to one question: the declaration, the interceptor and Cedar agree in every cell."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from governance import cedar, interceptor_policy
from governance.access import AccessMatrix
from governance.load import load_project
from governance.names import Names
from localcloud.gateway.authorizer import Caller
from localcloud.gateway.policy import ENFORCE, PolicyEngine
from localcloud.spec import CedarPolicy
from tests.assembly_fixture import KINDS
from tests.contract.layers import ARN, Layers, cedar_of, interceptor_of
from tests.contract.systems import Declared, mangled, system_of, systems

# The same systems in every run: a property that fails now and then would teach people to run it again.
ALWAYS = settings(
    derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@settings(ALWAYS, max_examples=1000)
@given(systems())
def test_two_layers_decide_a_cell_differently(declared: Declared) -> None:
    assert Layers.of(declared).disagreements() == []


@settings(ALWAYS, max_examples=60)
@given(systems())
def test_an_agent_is_shown_other_tools_than_it_may_call(declared: Declared) -> None:
    """What the policy engine lists, with every argument unknown, is what the matrix grants."""
    system = declared.system
    matrix = AccessMatrix.of(system)
    rendered = cedar.render(system, Names(system.name, "dev"), matrix, ARN)
    engine = PolicyEngine(
        [CedarPolicy(policy.name, policy.statement) for policy in rendered],
        mode=ENFORCE,
        gateway_arn=ARN,
        actions=[tool.full_name for tool in system.tools],
    )
    for agent in matrix.agents:
        claims = {"sub": "user", "scope": f"{system.name}/agent.{agent}"}
        assert engine.visible(Caller(claims, "issuer", 0, 0.0)) == set(matrix.tools_of(agent))


@pytest.mark.parametrize("name", ["garden", "depot"])
def test_a_tool_of_another_kind_is_guarded_otherwise(name: str) -> None:
    """A declared project with a target of every kind, each grant read from its files by hand."""
    folder = KINDS / "systems" / name
    targets = {
        value["target"]: tuple(value["tools"])
        for value in (yaml.safe_load(path.read_text()) for path in folder.glob("targets/*.yaml"))
    }
    may_call = {
        value["agent"]: value["may_call"]
        for value in (yaml.safe_load(path.read_text()) for path in folder.glob("agents/*.yaml"))
    }
    # Only the grant decides here: calls without arguments would break the tools' rules.
    loaded = load_project(KINDS).system(name)
    bare = tuple(
        replace(target, tools=tuple(replace(tool, rules=()) for tool in target.tools))
        for target in loaded.targets
    )
    declared = Declared(replace(loaded, targets=bare), targets, may_call)
    assert Layers.of(declared).disagreements() == []
    # The engine's schema is made of the targets, so the policies hold against tools of every kind.
    cedar.validate(loaded, cedar.render(loaded, Names(name, "dev"), AccessMatrix.of(loaded), ARN))


TARGETS = {"t": ("a", "b"), "T": ("a",)}
MAY_CALL = {"a": {"t": ["a"]}, "ab": "*", "b": {}}


@pytest.fixture
def layers() -> Layers:
    return Layers.of(Declared(system_of("s", TARGETS, MAY_CALL), TARGETS, MAY_CALL))


def statements(layers: Layers) -> list[str]:
    system = layers.declared.system
    return [policy.statement for policy in cedar.render(system, Names("s", "dev"), layers.matrix, ARN)]


def test_the_comparison_finds_nothing_whatever_the_layers_say(layers: Layers) -> None:
    """One defect at a time, each of which must be found."""
    assert layers.disagreements() == []
    policy = json.loads(interceptor_policy.render(layers.declared.system, "dev", layers.matrix))
    scopes = list(layers.callers)

    more = {**policy, "grants": {**policy["grants"], "b": {"t___b": "somewhere:1"}}}
    fewer = {**policy, "grants": {**policy["grants"], "a": {}}}
    swapped = {**policy, "badges": {"s/agent.a": "b", "s/agent.b": "a", "s/agent.ab": "ab"}}
    loose = [
        text.replace('getTag("scope") == "s/agent.a"', 'getTag("scope") like "*s/agent.a*"')
        for text in statements(layers)
    ]
    folded: list[Layers] = [
        replace(layers, interceptor=lambda scope, name: layers.interceptor(scope, name.strip())),
        replace(layers, cedar=lambda scope, name: layers.cedar(scope, name.lower())),
    ]
    for broken in (
        *(replace(layers, interceptor=interceptor_of(json.dumps(each))) for each in (more, fewer, swapped)),
        replace(layers, cedar=cedar_of(loose, scopes)),
        replace(layers, cedar=cedar_of(statements(layers)[1:], scopes)),
        *folded,
    ):
        assert broken.disagreements()


def test_mangled_names_are_few() -> None:
    assert len(set(mangled("t-a___file"))) >= 25
