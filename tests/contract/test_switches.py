"""A thrown switch refuses every cell of its agent or tool, and no other cell changes; a parked one changes none."""

from __future__ import annotations

from hypothesis import given, settings

from governance import cedar, switches
from governance.access import AccessMatrix
from governance.load import load_project
from governance.names import Names
from governance.switch import SwitchKind
from localcloud.gateway.authorizer import Caller
from localcloud.gateway.policy import ENFORCE, PolicyEngine
from localcloud.spec import CedarPolicy
from tests.assembly_fixture import ROOT
from tests.contract.layers import ARN, Ask, Layers, callers_of, cedar_of
from tests.contract.systems import Declared, mangled, systems
from tests.contract.test_agreement import ALWAYS

ENVIRONMENT = load_project(ROOT / "tests" / "fixtures" / "library_project").environment("dev")


def rendered(declared: Declared) -> tuple[tuple[cedar.CedarPolicy, ...], tuple[switches.SwitchPolicy, ...]]:
    """The permits and the switches of a system."""
    system = declared.system
    names, matrix = Names(system.name, "dev"), AccessMatrix.of(system)
    return (
        cedar.render(system, names, matrix, ARN),
        switches.render(system, ENVIRONMENT, names, matrix, ARN),
    )


def stopped(switch: switches.SwitchPolicy, agent: str | None, tool: str) -> bool:
    """Whether a thrown switch is about this cell, read from what it says it is about."""
    about = agent if switch.switch.kind is SwitchKind.AGENT else tool
    return about == switch.switch.subject


def answers(declared: Declared, ask: Ask) -> dict[tuple[str, str], bool]:
    """Every caller at every tool, and at names somebody could take for one."""
    tools = [tool.full_name for tool in declared.system.tools]
    names = sorted({other for tool in tools for other in mangled(tool)[:3]} | set(tools))
    return {(scope, name): ask(scope, name) for scope in callers_of(declared) for name in names}


@settings(ALWAYS, max_examples=60)
@given(systems())
def test_a_thrown_switch_refuses_more_or_less_than_its_agent_or_tool(declared: Declared) -> None:
    permits, forbids = rendered(declared)
    callers = callers_of(declared)
    texts = [policy.statement for policy in permits]
    before = answers(declared, cedar_of(texts, list(callers)))
    for thrown in forbids:
        after = answers(declared, cedar_of([*texts, thrown.statement], list(callers)))
        expected = {
            (scope, name): allowed and not stopped(thrown, callers[scope], name)
            for (scope, name), allowed in before.items()
        }
        assert after == expected, thrown.switch


@settings(ALWAYS, max_examples=25)
@given(systems())
def test_the_gateway_lists_what_is_switched_off_or_hides_something_else(declared: Declared) -> None:
    """The local engine with each switch in turn: calls and lists agree, thrown and parked."""
    system = declared.system
    permits, forbids = rendered(declared)
    matrix = AccessMatrix.of(system)
    engine = PolicyEngine(
        [
            *(CedarPolicy(policy.name, policy.statement) for policy in permits),
            *(CedarPolicy(policy.name, policy.statement, "LOG_ONLY") for policy in forbids),
        ],
        mode=ENFORCE,
        gateway_arn=ARN,
        actions=[tool.full_name for tool in system.tools],
    )
    callers = {
        agent: Caller({"sub": "user", "scope": f"{system.name}/agent.{agent}"}, "issuer", 0, 0.0)
        for agent in matrix.agents
    }

    def seen() -> dict[str, set[str]]:
        called = {
            agent: {
                tool.full_name
                for tool in system.tools
                if engine.authorize(caller, tool.full_name, {}).allowed
            }
            for agent, caller in callers.items()
        }
        assert called == {agent: set(engine.visible(caller)) for agent, caller in callers.items()}
        return called

    everything = {agent: set(matrix.tools_of(agent)) for agent in matrix.agents}
    assert seen() == everything
    for thrown in forbids:
        engine.enforce(thrown.name, "ACTIVE")
        assert seen() == {
            agent: {tool for tool in tools if not stopped(thrown, agent, tool)}
            for agent, tools in everything.items()
        }
        engine.enforce(thrown.name, "LOG_ONLY")
    assert seen() == everything


def test_the_comparison_finds_nothing_whatever_a_switch_says() -> None:
    """A switch about another agent must be found, or the first test could not fail."""
    from tests.contract.systems import system_of

    targets, may_call = {"t": ("a",)}, {"a": "*", "b": "*"}
    declared = Declared(system_of("s", targets, may_call), targets, may_call)
    assert Layers.of(declared).disagreements() == []
    permits, forbids = rendered(declared)
    callers = callers_of(declared)
    texts = [policy.statement for policy in permits]
    (of_a,) = [policy for policy in forbids if str(policy.switch) == "agent a"]
    wrong = of_a.statement.replace("agent.a", "agent.b")
    right, other = (
        answers(declared, cedar_of([*texts, text], list(callers))) for text in (of_a.statement, wrong)
    )
    assert right != other
