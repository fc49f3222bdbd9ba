"""Cedar policies and schema from the access matrix (contracts §3).

One permit per agent: the principal is matched on its badge, exactly; the actions are listed; the resource is
the one gateway. No policy means deny, so nothing else needs to be written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from governance.access import AccessMatrix
from governance.errors import CedarErrors
from governance.model import System
from governance.names import Names, badge

MAX_STATEMENT = 10_000
"""Characters of one statement (contracts §11)."""

_ARN_ROOM = 400
"""Characters kept free for the gateway's ARN, which is a token of unknown length at synth."""

PLACEHOLDER_ARN = "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/placeholder-abcdefghij"


@dataclass(frozen=True)
class CedarPolicy:
    """One policy resource: exactly one statement. `tools` are the actions it permits."""

    agent: str
    name: str
    description: str
    statement: str
    tools: tuple[str, ...]


def render(system: System, names: Names, matrix: AccessMatrix, gateway_arn: str) -> tuple[CedarPolicy, ...]:
    """The permits. `gateway_arn` may be an unresolved token: it is only embedded."""
    policies: list[CedarPolicy] = []
    for agent in system.agents:
        tools = matrix.tools_of(agent.name)
        for part, group in enumerate(groups(tools)):
            policies.append(
                CedarPolicy(
                    agent=agent.name,
                    name=names.policy(agent.name, part),
                    description=f"What the agent {agent.name} may call",
                    statement=permit(badge(system.name, agent.name), group, gateway_arn),
                    tools=group,
                )
            )
    return tuple(policies)


def groups(tools: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    """Splits an agent's tools so that no statement passes the service's limit."""
    group: list[str] = []
    room = MAX_STATEMENT - _ARN_ROOM - 500
    used = 0
    for tool in tools:
        cost = len(_action(tool)) + 2
        if group and used + cost > room:
            yield tuple(group)
            group, used = [], 0
        group.append(tool)
        used += cost
    if group:
        yield tuple(group)


def _action(tool: str) -> str:
    return f'AgentCore::Action::"{tool}"'


def permit(scope: str, tools: tuple[str, ...], gateway_arn: str) -> str:
    actions = ", ".join(_action(tool) for tool in tools)
    return (
        "permit(\n"
        "  principal is AgentCore::OAuthUser,\n"
        f"  action in [{actions}],\n"
        f'  resource == AgentCore::Gateway::"{gateway_arn}"\n'
        ") when {\n"
        f'  principal.hasTag("scope") && principal.getTag("scope") == "{scope}"\n'
        "};"
    )


_TYPES: Mapping[str, Mapping[str, Any]] = {
    "string": {"type": "String"},
    "integer": {"type": "Long"},
    "number": {"type": "Extension", "name": "decimal"},
    "boolean": {"type": "Boolean"},
}


def _type(schema: Mapping[str, Any]) -> dict[str, Any]:
    kind = schema.get("type")
    if kind == "object":
        return _record(schema)
    if kind == "array":
        return {"type": "Set", "element": _type(schema.get("items", {"type": "string"}))}
    return dict(_TYPES.get(str(kind), _TYPES["string"]))


def _record(schema: Mapping[str, Any]) -> dict[str, Any]:
    required = set(schema.get("required", ()))
    attributes = {
        name: {**_type(value), "required": name in required}
        for name, value in schema.get("properties", {}).items()
    }
    return {"type": "Record", "attributes": attributes}


def schema(system: System) -> dict[str, Any]:
    """The engine's Cedar schema (JSON form) for the declared tools, arguments typed under `context.input`."""
    actions: dict[str, Any] = {"CallTool": {}}
    for target in system.targets:
        actions[target.name] = {"memberOf": [{"id": "CallTool"}]}
    for tool in system.tools:
        actions[tool.full_name] = {
            "memberOf": [{"id": tool.target}],
            "appliesTo": {
                "principalTypes": ["OAuthUser", "IamEntity"],
                "resourceTypes": ["Gateway"],
                "context": {
                    "type": "Record",
                    "attributes": {"input": {**_record(tool.input_schema), "required": True}},
                },
            },
        }
    return {
        "AgentCore": {
            "entityTypes": {
                "OAuthUser": {
                    "shape": {"type": "Record", "attributes": {"id": {"type": "String", "required": True}}},
                    "tags": {"type": "String"},
                },
                "IamEntity": {
                    "shape": {"type": "Record", "attributes": {"id": {"type": "String", "required": True}}}
                },
                "Gateway": {"shape": {"type": "Record", "attributes": {}}},
            },
            "actions": actions,
        }
    }


def validate(system: System, policies: Iterable[CedarPolicy]) -> None:
    """Validates statements against the schema of the declared tools.

    Raises:
        CedarErrors: naming each policy and what Cedar finds wrong with it.
    """
    # Loaded here: a native library that only synth and tests need.
    import cedarpy

    text = json.dumps(schema(system))
    problems: list[str] = []
    for policy in policies:
        if not 35 <= len(policy.statement) <= MAX_STATEMENT:
            problems.append(
                f"{policy.name}: {len(policy.statement)} characters; the service takes 35 to {MAX_STATEMENT}."
            )
        result = cedarpy.validate_policies(policy.statement, text)
        problems.extend(f"{policy.name}: {error.error}" for error in result.errors)
    if problems:
        raise CedarErrors("Cedar refuses the rendered policies:\n  " + "\n  ".join(problems))


@dataclass(frozen=True)
class Verdict:
    """Cedar's decision and the names of the policies that made it."""

    allowed: bool
    policies: tuple[str, ...]


def decide(policies: Iterable[CedarPolicy], *, scope: str, tool: str, gateway_arn: str) -> Verdict:
    """Asks Cedar itself about one call, arguments left out: for explanations and for tests of agreement."""
    import cedarpy

    ordered = list(policies)
    request = {
        "principal": 'AgentCore::OAuthUser::"subject"',
        "action": _action(tool),
        "resource": f'AgentCore::Gateway::"{gateway_arn}"',
        "context": {"input": {}},
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
