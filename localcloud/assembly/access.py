"""What roles allow on AgentCore actions: the part of IAM that the stand-ins hold callers to.

Only statements on `bedrock-agentcore` actions are read; everything else of IAM is the review's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from localcloud.assembly import physical
from localcloud.assembly.errors import UnsupportedProperty
from localcloud.assembly.resource import Resource
from localcloud.assembly.scope import StageScope
from localcloud.spec import Grant

_SERVICE = "bedrock-agentcore:"


def grants(scope: StageScope) -> dict[str, tuple[Grant, ...]]:
    """The statements of each runtime's role, by the runtime's name."""
    by_role = _by_role(scope)
    return {
        resource.text("AgentRuntimeName"): tuple(by_role.get(resource.text("RoleArn"), ()))
        for resource in scope.resources("AWS::BedrockAgentCore::Runtime")
    }


def _by_role(scope: StageScope) -> dict[str, list[Grant]]:
    found: dict[str, list[Grant]] = {}
    names: dict[str, str] = {}
    for role in scope.resources("AWS::IAM::Role"):
        arn = physical.role_arn(role)
        names[role.name("RoleName")] = arn
        statements = found.setdefault(arn, [])
        for policy in role.get("Policies") or []:
            statements.extend(_statements(policy.get("PolicyDocument", {}), role))
    for policy in scope.resources("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        for name in policy.get("Roles") or []:
            if name in names:
                found[names[name]].extend(_statements(policy.get("PolicyDocument") or {}, policy))
    return found


def _statements(document: Mapping[str, Any], resource: Resource) -> Iterator[Grant]:
    for statement in _list(document.get("Statement")):
        if "NotAction" in statement or "NotResource" in statement:
            raise UnsupportedProperty(
                f"{resource.where}: a statement with NotAction or NotResource cannot be held to locally. "
                "Name the actions and resources."
            )
        actions = tuple(action for action in _list(statement.get("Action")) if _concerns(action))
        effect = str(statement.get("Effect"))
        # A condition that cannot be decided here must not allow, and must go on denying.
        if actions and not (effect == "Allow" and statement.get("Condition")):
            yield Grant(effect, actions, tuple(_list(statement.get("Resource"))))


def _concerns(action: str) -> bool:
    return action == "*" or action.lower().startswith(_SERVICE)


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
