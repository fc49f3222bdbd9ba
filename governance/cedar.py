"""Cedar policies from the access matrix (contracts §3): permits, so that no policy means deny.

One permit for an agent's tools: the principal is matched on its badge, exactly; the actions are listed; the
resource is the one gateway. A tool with rules that Cedar can state gets a permit of its own with them; a rule
about the end user is the interceptor's alone, because the principal of a call is the agent. What a shadow lets
through is permitted: Cedar would refuse it without a word of which rule. The gateway's own search gets one of its
own too: how the service names that action is not documented, and should it refuse the name, it must not refuse the
agent's other permits with it. What can be switched off is
forbidden beside the permits (`governance.switches`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from governance import cedar_guard, cedar_schema, cedar_scope, cedar_text
from governance.access import AccessMatrix
from governance.cedar_policy import Rendered
from governance.errors import CedarErrors, Problem
from governance.model import System, Tool
from governance.names import Names
from governance.shadow import Shadow, enforced

MAX_STATEMENT = 10_000
"""Characters of one statement (contracts §11)."""

MAX_POLICIES = 1_000
MAX_TOTAL = 200_000
"""Policies of one engine, and characters of all that name one gateway (contracts §11)."""

_ARN_ROOM = 130
"""Characters kept free for the gateway's ARN, a token of unknown length at synth. The longest is 129: partition
10, region 15, account 12, the gateway's name 48 and its suffix 11, and 33 that never change."""

PLACEHOLDER_ARN = "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/placeholder-abcdefghij"

_ROOM = MAX_STATEMENT - _ARN_ROOM + len(PLACEHOLDER_ARN)
"""Characters of a statement rendered with the placeholder, so that the longest ARN fits too."""


@dataclass(frozen=True, kw_only=True)
class CedarPolicy(Rendered):
    """One permit. `tools` are the actions it permits; its origins are arguments, then tools.

    `tool` is set if the policy is there for the rules of that one tool.
    """

    agent: str
    tools: tuple[str, ...]
    tool: str | None = None


def render(system: System, names: Names, matrix: AccessMatrix, gateway_arn: str) -> tuple[CedarPolicy, ...]:
    """The permits. `gateway_arn` may be an unresolved token: it is only embedded."""
    policies: list[CedarPolicy] = []
    for agent in system.agents:
        lines = {grant.tool: grant.source for grant in agent.grants}
        scope = system.badge(agent.name)
        granted = [
            (tool, _conditions(tool, decision.shadow))
            for tool in system.tools
            if (decision := matrix.decision(agent.name, tool.full_name)).allowed
        ]
        common = tuple(tool.full_name for tool, conditions in granted if tool.target and not conditions)
        for part, group in enumerate(groups(common)):
            policies.append(
                CedarPolicy(
                    agent=agent.name,
                    name=names.policy(agent.name, part),
                    description=f"What the agent {agent.name} may call",
                    statement=cedar_text.permit(scope, group, gateway_arn),
                    tools=group,
                    origins=tuple((tool, lines[tool]) for tool in group),
                )
            )
        for tool, conditions in granted:
            if conditions or not tool.target:
                full = tool.full_name
                rules = tuple((rule.argument, rule.source) for rule in tool.rules)
                policies.append(
                    CedarPolicy(
                        agent=agent.name,
                        name=names.rule_policy(agent.name, full),
                        description=f"With which arguments the agent {agent.name} may call {full}",
                        statement=cedar_text.permit(scope, (full,), gateway_arn, conditions),
                        tools=(full,),
                        tool=full,
                        origins=(*rules, (full, lines[full])),
                    )
                )
    return tuple(policies)


def _conditions(tool: Tool, shadow: Shadow | None) -> tuple[str, ...]:
    found = (cedar_text.condition(rule) for rule in enforced(tool.rules, shadow))
    return tuple(condition for condition in found if condition is not None)


def groups(tools: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    """Splits an agent's tools so that no statement passes the service's limit."""
    group: list[str] = []
    room = MAX_STATEMENT - _ARN_ROOM - 500
    used = 0
    for tool in tools:
        cost = len(cedar_text.action(tool)) + 2
        if group and used + cost > room:
            yield tuple(group)
            group, used = [], 0
        group.append(tool)
        used += cost
    if group:
        yield tuple(group)


def validate(system: System, policies: Iterable[Rendered]) -> None:
    """Validates statements, rendered with PLACEHOLDER_ARN, against the schema of the declared tools.

    Raises:
        CedarErrors: every finding with its policy and the line of the declaration that caused it.
    """
    text = json.dumps(cedar_schema.render(system))
    checked = list(policies)
    problems: list[Problem] = []
    names: set[str] = set()
    # Each alone costs a reading of the whole schema, so only where something is wrong: to tell what, and where.
    sound = _sound(checked, text)
    for policy in checked:
        findings = [] if sound else _findings(policy.statement, text)
        if not 35 <= len(policy.statement) <= _ROOM:
            findings.append(f"{len(policy.statement)} characters; 35 to {_ROOM} fit. Shorten its rules.")
        if policy.name in names:
            findings.append("another policy has this name too. Rename the agent or the tool.")
        names.add(policy.name)
        problems.extend(_declared(system, policy, findings))
    total = size(checked)
    if len(checked) > MAX_POLICIES or total > MAX_TOTAL:
        message = (
            f"makes {len(checked)} policies of {total} characters; "
            f"an engine takes {MAX_POLICIES}, a gateway {MAX_TOTAL}."
        )
        problems.append(
            Problem(
                system.source.file,
                system.source.line,
                "",
                message,
                "Grant or constrain less, or make two systems of it.",
            )
        )
    if problems:
        raise CedarErrors(problems)


def _sound(policies: list[Rendered], schema: str) -> bool:
    """Whether nothing can be found wrong with any statement, asked of all of them at once."""
    import cedarpy

    statements = [policy.statement for policy in policies]
    try:
        if any(_of_their_own(statement) for statement in statements):
            return False
    except ValueError:  # not Cedar
        return False
    return not cedarpy.validate_policies("\n".join(statements), schema).errors


def _findings(statement: str, schema: str) -> list[str]:
    # Loaded here: a native library that only synth and tests need.
    import cedarpy

    found = [str(error.error) for error in cedarpy.validate_policies(statement, schema).errors]
    # The others read policies that Cedar can read.
    return found or _of_their_own(statement)


def _of_their_own(statement: str) -> list[str]:
    return [*cedar_guard.findings(statement), *cedar_scope.findings(statement)]


def size(policies: Iterable[Rendered]) -> int:
    """Characters of all statements, rendered with PLACEHOLDER_ARN, if the gateway's ARN is the longest."""
    each = _ARN_ROOM - len(PLACEHOLDER_ARN)
    return sum(len(policy.statement) + each * policy.statement.count(PLACEHOLDER_ARN) for policy in policies)


def _declared(system: System, policy: Rendered, findings: list[str]) -> Iterator[Problem]:
    """Each finding with its line; one that names nothing declared is put to the line of one that does."""
    named = [policy.origin(finding) for finding in findings]
    first = policy.origins[0][1] if policy.origins else system.source
    other = next((source for source in named if source is not None), first)
    for finding, source in zip(findings, named, strict=True):
        where = source or other
        yield Problem(where.file, where.line, f"policy {policy.name}", finding)


@dataclass(frozen=True)
class Verdict:
    """Cedar's decision and the names of the policies that made it."""

    allowed: bool
    policies: tuple[str, ...]


def decide(
    policies: Iterable[Rendered],
    *,
    scope: str,
    tool: str,
    gateway_arn: str,
    arguments: Mapping[str, Any] | None = None,
) -> Verdict:
    """Asks Cedar itself about one call, of the active policies: for explanations and tests of agreement."""
    import cedarpy

    ordered = [policy for policy in policies if policy.active]
    request = {
        "principal": 'AgentCore::OAuthUser::"subject"',
        "action": cedar_text.action(tool),
        "resource": f'AgentCore::Gateway::"{gateway_arn}"',
        "context": {"input": dict(arguments or {})},
    }
    entities = [
        {
            "uid": {"type": "AgentCore::OAuthUser", "id": "subject"},
            "attrs": {"id": "subject"},
            "parents": [],
            "tags": {"scope": scope},
        }
    ]
    text = "\n".join(policy.statement for policy in ordered)
    result = cedarpy.is_authorized(request, text, entities)
    reasons = tuple(ordered[int(reason.removeprefix("policy"))].name for reason in result.diagnostics.reasons)
    return Verdict(result.allowed and not result.diagnostics.errors, reasons)
