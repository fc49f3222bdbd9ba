"""Roles of a stage with everything attached to them, named by whom they serve where that is one thing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from review.collect.reading import Reading
from review.iam.statements import statements
from review.model import Role, Statement
from review.stage import Resource

_SERVED = {
    "AWS::BedrockAgentCore::Runtime": "RoleArn",
    "AWS::BedrockAgentCore::Gateway": "RoleArn",
    "AWS::BedrockAgentCore::Memory": "MemoryExecutionRoleArn",
    "AWS::BedrockAgentCore::CodeInterpreterCustom": "ExecutionRoleArn",
    "AWS::BedrockAgentCore::BrowserCustom": "ExecutionRoleArn",
    "AWS::Lambda::Function": "Role",
    "AWS::ECS::TaskDefinition": "TaskRoleArn",
}


def roles(reading: Reading) -> tuple[Role, ...]:
    """Raises Unreadable where a policy is not understood."""
    return tuple(
        sorted(
            (_role(reading, role) for role in reading.stage.of_type("AWS::IAM::Role")),
            key=lambda role: role.id,
        )
    )


def _role(reading: Reading, role: Resource) -> Role:
    serves = sorted(
        reading.names.of(user)
        for type_, key in _SERVED.items()
        for user in reading.stage.of_type(type_)
        if role in reading.stage.mentioned(user.properties.get(key))
    )
    return Role(
        id=reading.names.bare(role),
        serves=tuple(serves),
        trust=tuple(sorted(statements(reading.names, role, "AssumeRolePolicyDocument"), key=_key)),
        statements=tuple(sorted(_granted(reading, role), key=_key)),
        managed=tuple(sorted(_managed(reading, role))),
        boundary=reading.name(role.properties.get("PermissionsBoundary")),
        max_session_seconds=reading.number(role, "MaxSessionDuration"),
        place=role.place(),
    )


def _key(statement: Statement) -> tuple[Any, ...]:
    return (
        statement.effect,
        statement.actions,
        statement.not_actions,
        statement.resources,
        statement.not_resources,
        statement.principals,
        statement.conditions,
    )


def _granted(reading: Reading, role: Resource) -> Iterator[Statement]:
    noted = role.notes.get("Statements")
    whys = noted if isinstance(noted, dict) else None
    for path, _ in reading.items(role, "Policies"):
        yield from statements(reading.names, role, f"{path}.PolicyDocument", whys=whys)
    for type_ in ("AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy"):
        for policy in reading.stage.of_type(type_):
            if attached(reading, policy, role):
                yield from statements(reading.names, policy, "PolicyDocument", whys=whys)


def attached(reading: Reading, policy: Resource, role: Resource) -> bool:
    """Whether a policy that is a resource of its own is attached to a role, from either side."""
    mentioned = reading.stage.mentioned([policy.properties.get("Roles"), policy.properties.get("RoleName")])
    if role in mentioned:
        return True
    name = role.properties.get("RoleName")
    named = policy.properties.get("Roles")
    by_name = name in named if isinstance(named, list) else name == policy.properties.get("RoleName")
    by_arn = policy in reading.stage.mentioned(role.properties.get("ManagedPolicyArns"))
    return (name is not None and by_name) or by_arn


def _managed(reading: Reading, role: Resource) -> list[str]:
    """Managed policies whose statements are not in the assembly."""
    listed = role.properties.get("ManagedPolicyArns") or []
    own = (
        [each for each in listed if reading.stage.target(each) is None]
        if isinstance(listed, list)
        else [listed]
    )
    return [reading.names.stable(each) for each in own]
