"""A thrown switch refuses every call of its agent or tool, and no other call changes; a parked one changes none."""

from __future__ import annotations

from random import Random

from governance import cedar, switches
from governance.access import AccessMatrix
from governance.load import load_project
from governance.names import Names
from governance.switch import SwitchKind
from localcloud.gateway.authorizer import Caller
from localcloud.gateway.policy import ENFORCE, PolicyEngine
from localcloud.spec import CedarPolicy
from tests.assembly_fixture import ROOT
from tests.contract.arguments import fitting
from tests.contract.layers import ARN, Call, Layers, cedar_of
from tests.contract.systems import Declared, declared, random_system

ENVIRONMENT = load_project(ROOT / "tests" / "fixtures" / "library_project").environment("dev")


def rendered(system: Declared) -> tuple[tuple[cedar.CedarPolicy, ...], tuple[switches.SwitchPolicy, ...]]:
    """The permits and the switches."""
    names, matrix = Names(system.system.name, "dev"), AccessMatrix.of(system.system)
    return (
        cedar.render(system.system, names, matrix, ARN),
        switches.render(system.system, ENVIRONMENT, names, matrix, ARN),
    )


def stopped(policy: switches.SwitchPolicy, agent: str | None, tool: str) -> bool:
    """Whether a thrown switch is about this agent's calls of this tool, read from what it says it is about."""
    about = agent if policy.switch.kind is SwitchKind.AGENT else tool
    return about == policy.switch.subject


def test_a_thrown_switch_refuses_more_or_less_than_its_agent_or_tool() -> None:
    """Every caller at every tool, with arguments that keep and break its rules, and at names like it."""
    for seed in range(20):
        system = random_system(seed)
        layers = Layers.of(system)
        calls, callers = list(layers.calls()), list(layers.callers)
        permits, forbids = rendered(system)
        texts = [policy.statement for policy in permits]
        before = cedar_of(texts, callers)(calls)
        for thrown in forbids:
            after = cedar_of([*texts, thrown.statement], callers)(calls)
            expected = [
                allowed and not stopped(thrown, call.agent, call.name)
                for call, allowed in zip(calls, before, strict=True)
            ]
            assert after == expected, f"system {seed}: {thrown.switch}"


def test_the_gateway_lists_what_is_switched_off_or_hides_something_else() -> None:
    """The local engine with each switch in turn: calls and lists agree, thrown and parked."""
    for seed in range(15):
        system = random_system(seed)
        permits, forbids = rendered(system)
        cedar.validate(system.system, [*permits, *forbids])
        engine = PolicyEngine(
            [
                *(CedarPolicy(policy.name, policy.statement) for policy in permits),
                *(CedarPolicy(policy.name, policy.statement, "LOG_ONLY") for policy in forbids),
            ],
            mode=ENFORCE,
            gateway_arn=ARN,
            actions=[tool.full_name for tool in system.system.tools],
        )
        matrix = AccessMatrix.of(system.system)
        everything = {agent: set(matrix.tools_of(agent)) for agent in matrix.agents}
        callers = {
            agent: Caller({"sub": "user", "scope": system.system.badge(agent)}, "issuer", 0, 0.0)
            for agent in matrix.agents
        }
        assert seen(system, engine, callers) == everything
        for thrown in forbids:
            engine.enforce(thrown.name, "ACTIVE")
            assert seen(system, engine, callers) == {
                agent: {tool for tool in tools if not stopped(thrown, agent, tool)}
                for agent, tools in everything.items()
            }
            engine.enforce(thrown.name, "LOG_ONLY")
        assert seen(system, engine, callers) == everything


def seen(system: Declared, engine: PolicyEngine, callers: dict[str, Caller]) -> dict[str, set[str]]:
    """The tools each agent may call, with arguments that keep their rules; it is shown the same ones."""
    random = Random(0)  # noqa: S311
    good = {
        tool.full_name: fitting(random, system.rules.get(tool.full_name, {}), system.users).arguments
        for tool in system.system.tools
    }
    called = {
        agent: {name for name, arguments in good.items() if engine.authorize(caller, name, arguments).allowed}
        for agent, caller in callers.items()
    }
    assert called == {agent: set(engine.visible(caller)) for agent, caller in callers.items()}
    return called


def test_the_comparison_finds_nothing_whatever_a_switch_says() -> None:
    """A switch about another agent must be found, or the first test could not fail."""
    system = declared("s", {"t": ("a",)}, {"a": "*", "b": "*"})
    layers = Layers.of(system)
    calls: list[Call] = list(layers.calls())
    permits, forbids = rendered(system)
    texts = [policy.statement for policy in permits]
    (of_a,) = [policy for policy in forbids if str(policy.switch) == "agent a"]
    wrong = of_a.statement.replace("agent.a", "agent.b")
    right, other = (cedar_of([*texts, text], list(layers.callers))(calls) for text in (of_a.statement, wrong))
    assert right != other
