"""The kill switches: a Cedar `forbid` beside the permits for every agent and every tool, not enforced until thrown.

Each is deployed in LOG_ONLY and thrown by changing that one property of the policy, which needs no deployment
(docs/decisions/0011). What an environment declares as switched off is deployed enforced.
"""

from __future__ import annotations

from dataclasses import dataclass

from governance import cedar, cedar_text
from governance.access import AccessMatrix
from governance.cedar_policy import Rendered
from governance.model import Environment, Source, System
from governance.names import Names
from governance.switch import Switch, SwitchedOff, SwitchKind

MAX_PLACED = 420
"""Policies and targets of one gateway's stack, where the policies have no stacks of their own. CloudFormation takes
500 resources; the others are up to 50 rate limits, and the gateway with its interceptor, engine, role, logs and
parameters."""


@dataclass(frozen=True, kw_only=True)
class SwitchPolicy(Rendered):
    """One switch's policy. `off` is the declaration that has it thrown, if one has."""

    switch: Switch
    off: SwitchedOff | None = None


def render(
    system: System, environment: Environment, names: Names, matrix: AccessMatrix, gateway_arn: str
) -> tuple[SwitchPolicy, ...]:
    """One switch for each agent, then one for each tool. `gateway_arn` may be an unresolved token.

    Where an engine or a stack would not take one policy for each tool, there is one for each target instead, and
    one for each tool that is declared off.
    """
    off = {item.switch: item for item in declared(system, environment)}
    tools = _each_tool(system)
    chosen = {**_agents(system), **tools}
    # Decided with the placeholder, so the same whatever the ARN's text is at synth.
    arn = cedar.PLACEHOLDER_ARN
    whole: list[Rendered] = [
        *cedar.render(system, names, matrix, arn),
        *(_policy(system, names, arn, switch, source, None) for switch, source in chosen.items()),
    ]
    if not _fits(system, whole):
        chosen = {
            **_agents(system),
            **{Switch(SwitchKind.TARGET, target.name): target.source for target in system.targets},
            **{switch: tools[switch] for switch in off if switch in tools},
        }
    return tuple(
        _policy(system, names, gateway_arn, switch, source, off.get(switch))
        for switch, source in chosen.items()
    )


def _fits(system: System, whole: list[Rendered]) -> bool:
    return (
        len(whole) <= cedar.MAX_POLICIES
        and (system.split or len(whole) + len(system.targets) <= MAX_PLACED)
        and cedar.size(whole) <= cedar.MAX_TOTAL
    )


def policies(
    system: System, environment: Environment, names: Names, matrix: AccessMatrix, gateway_arn: str
) -> tuple[Rendered, ...]:
    """Everything the engine holds: permits and switches."""
    return (
        *cedar.render(system, names, matrix, gateway_arn),
        *render(system, environment, names, matrix, gateway_arn),
    )


def declared(system: System, environment: Environment) -> tuple[SwitchedOff, ...]:
    """What the environment has off of this system. A name without a system is of the only one that has it."""
    known = {**_agents(system), **_each_tool(system)}
    return tuple(
        item
        for item in environment.switched_off
        if item.switch in known and item.system in (None, system.name)
    )


def of_call(agent: str, tool: str) -> tuple[Switch, ...]:
    """The switches that stop this agent's calls of this tool, whichever of them a system has."""
    target = tool.partition("___")[0]
    return (
        Switch(SwitchKind.AGENT, agent),
        Switch(SwitchKind.TOOL, tool),
        Switch(SwitchKind.TARGET, target),
    )


def _agents(system: System) -> dict[Switch, Source]:
    return {Switch(SwitchKind.AGENT, agent.name): agent.source for agent in system.agents}


def _each_tool(system: System) -> dict[Switch, Source]:
    return {Switch(SwitchKind.TOOL, tool.full_name): tool.source for tool in system.tools}


def _policy(
    system: System, names: Names, gateway_arn: str, switch: Switch, source: Source, off: SwitchedOff | None
) -> SwitchPolicy:
    if switch.kind is SwitchKind.AGENT:
        statement = cedar_text.forbid_agent(system.badge(switch.subject))
    elif switch.kind is SwitchKind.TOOL:
        statement = cedar_text.forbid_tool(switch.subject, gateway_arn)
    else:
        statement = cedar_text.forbid_target(switch.subject, gateway_arn)
    return SwitchPolicy(
        name=names.switch(switch.kind, switch.subject),
        description=switch.describe(off.reason if off else None),
        statement=statement,
        origins=((switch.subject, off.source if off else source),),
        active=off is not None,
        switch=switch,
        off=off,
    )
