"""Three answers to one question: the declaration, the interceptor and Cedar agree in every cell."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest
import yaml

from governance import cedar, interceptor_policy
from governance.access import AccessMatrix
from governance.load import load_project
from governance.names import Names
from localcloud.gateway.authorizer import Caller
from localcloud.gateway.policy import ENFORCE, PolicyEngine
from localcloud.spec import CedarPolicy
from tests.assembly_fixture import KINDS
from tests.contract.arguments import NAMES, Try, tries
from tests.contract.layers import ARN, Answer, Call, Layers, cedar_of, interceptor_of
from tests.contract.systems import Declared, declared, mangled, random_system

SYSTEMS = 1000
CHUNK = 250


@pytest.mark.parametrize("first", range(0, SYSTEMS, CHUNK))
def test_two_layers_decide_a_cell_differently(first: int) -> None:
    """The same systems in every run: a property that fails now and then would teach people to run it again."""
    for seed in range(first, first + CHUNK):
        system = random_system(seed)
        found = Layers.of(system).disagreements()
        assert found == [], f"system {seed}: {system.may_call} {system.rules}"


def test_the_random_systems_leave_a_case_out() -> None:
    """What is granted, by which form, in which shadow, with which arguments: each with every outcome it has."""
    seen: Counter[tuple[str, str, bool, bool]] = Counter()
    forms: Counter[str] = Counter()
    for seed in range(SYSTEMS):
        system, random = random_system(seed), Random(seed)  # noqa: S311
        forms.update("-".join(rule) for rules in system.rules.values() for rule in rules.values())
        for agent in system.system.agents:
            for grant in agent.grants:
                shadow = str(grant.shadow.would_refuse) if grant.shadow else "none"
                for made in tries(random, system.rules.get(grant.tool, {}), system.users):
                    outcome = system.expected(agent.name, grant.tool, made)
                    name, _, rest = made.what.partition(" ")
                    seen[shadow, rest if name in NAMES else made.what, outcome.today, outcome.later] += 1
    assert min(forms[form] for form in ("bind", "equals", "one_of", "min", "max", "min-max")) > 20
    cases = ("missing", "of another type", "violating")
    for shadow in ("none", "calls", "arguments"):
        assert seen[shadow, "fitting", True, shadow != "calls"] > 20
        assert seen[shadow, "a forged user", False, False] > 20
        for case in (*cases, "another user", "no user", "a user without a claim"):
            assert seen[shadow, case, False, False] > 10, (shadow, case)
    for case in cases:
        assert seen["arguments", case, True, False] > 20, case


def rendered(system: Declared) -> tuple[cedar.CedarPolicy, ...]:
    return cedar.render(system.system, Names(system.system.name, "dev"), AccessMatrix.of(system.system), ARN)


def test_an_agent_is_shown_other_tools_than_it_may_call() -> None:
    """What the policy engine lists, with every argument unknown, is what the matrix grants."""
    for seed in range(60):
        random = random_system(seed)
        system, matrix = random.system, AccessMatrix.of(random.system)
        cedar.validate(system, rendered(random))
        engine = PolicyEngine(
            [CedarPolicy(policy.name, policy.statement) for policy in rendered(random)],
            mode=ENFORCE,
            gateway_arn=ARN,
            actions=[tool.full_name for tool in system.tools],
        )
        for agent in matrix.agents:
            claims = {"sub": "user", "scope": system.badge(agent)}
            assert engine.visible(Caller(claims, "issuer", 0, 0.0)) == set(matrix.tools_of(agent))


@pytest.mark.parametrize("name", ["garden", "depot"])
def test_a_tool_of_another_kind_is_guarded_otherwise(name: str) -> None:
    """A declared project with a target of every kind, each grant and rule read from its files by hand."""
    folder = KINDS / "systems" / name
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in folder.glob("*/*.yaml")]
    targets = {value["target"]: value["tools"] for value in files if "target" in value}
    may_call = {value["agent"]: value["may_call"] for value in files if "may_call" in value}
    rules = {
        f"{target}___{tool}": labels.get("arguments", {})
        for target, tools in targets.items()
        for tool, labels in tools.items()
    }
    loaded = load_project(KINDS).system(name)
    system = Declared(loaded, {target: tuple(tools) for target, tools in targets.items()}, may_call, rules)
    assert Layers.of(system).disagreements() == []
    # The engine's schema is made of the targets, so the policies hold against tools of every kind.
    cedar.validate(loaded, rendered(system))


def test_an_agent_of_a_large_system_is_taken_for_another() -> None:
    """150 agents on eight resource servers: each may call its own tool, with its own badge and no other form of it."""
    tools = tuple(f"tool{number}" for number in range(10))
    names = [f"agent-{number:03}" for number in range(150)]
    may_call = {name: {"t": [tools[number % 10]]} for number, name in enumerate(names)}
    small = declared("s", {"t": tools}, may_call)
    large = replace(small, system=replace(small.system, split=True))
    layers, badges = Layers.of(large), {name: large.system.badge(name) for name in names}
    assert len({badge.partition("/")[0] for badge in badges.values()}) == 8
    asked = [
        (Call(scope, name, f"t___{tool}", Try("nothing", {}, None)), scope == badges[name] and tool == own)
        for name, granted in may_call.items()
        for own in granted["t"]
        for tool in (own, tools[(tools.index(own) + 1) % 10])
        for scope in (
            badges[name],
            f"s/agent.{name}",
            f"s-{(int(badges[name][2:4]) + 1) % 8:02}/agent.{name}",
        )
    ]
    assert sum(expected for _, expected in asked) == len(names)
    policies = [policy.statement for policy in rendered(large)]
    cedar_says = cedar_of(policies, sorted({call.scope for call, _ in asked}))([call for call, _ in asked])
    for (call, expected), permitted in zip(asked, cedar_says, strict=True):
        assert (layers.interceptor(call).today, permitted) == (expected, expected), call


TARGETS = {"t": ("a", "b"), "T": ("a",)}
RULES: Mapping[str, Mapping[str, Any]] = {
    "t___a": {"x": {"bind": "user.u"}, "n": {"min": 1, "max": 2}},
    "t___b": {"x": {"one_of": ["A", "a"]}},
}
MAY_CALL = {
    "a": {"t": [{"tool": "a", "shadow": "arguments"}, "b"]},
    "ab": "*",
    "b": {"t": [{"tool": "b", "shadow": "calls"}]},
}


@pytest.fixture
def layers() -> Layers:
    return Layers.of(declared("s", TARGETS, MAY_CALL, RULES, users=True))


def statements(layers: Layers) -> list[str]:
    return [policy.statement for policy in rendered(layers.declared)]


def test_the_comparison_finds_nothing_whatever_the_interceptor_says(layers: Layers) -> None:
    """One defect at a time, each of which must be found."""
    assert layers.disagreements() == []
    policy = json.loads(interceptor_policy.render(layers.declared.system, "dev", layers.matrix))
    rules, grants = policy["arguments"], policy["grants"]
    shadow = {"source": "somewhere:1", "shadow": "arguments"}
    bound, ranged = rules["t___a"]["x"], rules["t___a"]["n"]
    unshadowed = {**grants, "a": {**grants["a"], "t___a": "somewhere:1"}}
    defects: Mapping[str, Mapping[str, Any]] = {
        "a grant more": {"grants": {**grants, "b": {**grants["b"], "T___a": "somewhere:1"}}},
        "a grant fewer": {"grants": {**grants, "ab": {}}},
        "badges exchanged": {"badges": {"s/agent.a": "b", "s/agent.b": "a", "s/agent.ab": "ab"}},
        "no rules": {"arguments": {}, "grants": unshadowed},
        "no rule of the user": {"arguments": {**rules, "t___a": {"n": ranged}}},
        "no range": {"arguments": {**rules, "t___a": {"x": bound}}, "grants": unshadowed},
        "one more allowed": {"arguments": {**rules, "t___a": {"x": bound, "n": {**ranged, "max": 3}}}},
        "another attribute": {"users": {"claims": {**policy["users"]["claims"], "u": "sub"}}},
        "no shadow": {"grants": unshadowed},
        "a shadow more": {"grants": {**grants, "ab": {**grants["ab"], "t___b": shadow}}},
        "a shadow of another kind": {
            "grants": {**grants, "a": {**grants["a"], "t___a": {**shadow, "shadow": "calls"}}}
        },
    }
    for defect, change in defects.items():
        broken = replace(layers, interceptor=interceptor_of(json.dumps({**policy, **change})))
        assert broken.disagreements(), defect

    def relaxing(call: Call) -> Answer:
        """What a shadow over the user's rules would do."""
        answer = layers.interceptor(call)
        mine = (call.agent, call.name, call.made.what) == ("a", "t___a", "another user")
        return Answer(today=True, later=False) if mine else answer

    def stripping(call: Call) -> Answer:
        return layers.interceptor(replace(call, name=call.name.strip()))

    for ask in (relaxing, stripping):
        assert replace(layers, interceptor=ask).disagreements(), ask.__name__


def test_the_comparison_finds_nothing_whatever_cedar_says(layers: Layers) -> None:
    texts, scopes = statements(layers), list(layers.callers)
    strict = declared("s", TARGETS, {**MAY_CALL, "a": {"t": ["a", "b"]}}, RULES, users=True)
    changed = {
        "any badge like it": [
            text.replace('getTag("scope") == "s/agent.a"', 'getTag("scope") like "*s/agent.a*"')
            for text in texts
        ],
        "a policy fewer": texts[1:],
        "no conditions": [
            text.split(" &&\n  context.input")[0] + ("\n};" if "context" in text else "") for text in texts
        ],
        "one more allowed": [text.replace("context.input.n <= 2", "context.input.n <= 3") for text in texts],
        "no shadow": [policy.statement for policy in rendered(strict)],
    }
    for defect, wrong in changed.items():
        assert wrong != texts, defect
        assert replace(layers, cedar=cedar_of(wrong, scopes)).disagreements(), defect
    folded = replace(
        layers, cedar=lambda calls: layers.cedar([replace(c, name=c.name.lower()) for c in calls])
    )
    assert folded.disagreements()


def test_every_agent_meets_every_tool_with_every_try(layers: Layers) -> None:
    """A cell that is left out agrees with anything."""
    met = Counter((call.agent, call.name, call.made.what) for call in layers.calls())
    for agent in MAY_CALL:
        for name in ("t___a", "t___b", "T___a"):
            random = Random(0)  # noqa: S311 - which values are tried does not matter here
            wanted = {made.what for made in tries(random, layers.declared.rules.get(name, {}), users=True)}
            assert len(wanted) >= 5
            assert all(met[agent, name, what] >= 1 for what in wanted), (agent, name)


def test_mangled_names_are_few() -> None:
    assert len(set(mangled("t-a___file"))) >= 25
