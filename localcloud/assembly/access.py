"""What roles allow on AgentCore actions: the part of IAM that the stand-ins hold callers to.

Only statements on `bedrock-agentcore` actions are read; everything else of IAM is the review's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from localcloud.assembly import physical, read
from localcloud.assembly.errors import InvalidTemplate, UnsupportedProperty
from localcloud.assembly.resource import Resource
from localcloud.assembly.scope import StageScope
from localcloud.spec import Grant

_SERVICE = "bedrock-agentcore"
DECIDED = frozenset(f"{_SERVICE}:{key}" for key in ("actorId", "namespace", "namespacePath", "sessionId"))
"""The condition keys that stand-ins know of a request (contracts §7)."""

_UNDECIDED = {"StringEquals": frozenset("*?$"), "StringLike": frozenset("$")}
"""Operators that are decided, each with the characters that mean something else in it: a policy variable, or of
`StringEquals` what would be a wildcard elsewhere."""

_CALLERS = {
    "AWS::BedrockAgentCore::Runtime": "AgentRuntimeName",
    "AWS::BedrockAgentCore::Gateway": "Name",
}
"""Types whose role is held to its statements, each with the property that names it as a caller."""


def grants(scope: StageScope) -> dict[str, tuple[Grant, ...]]:
    """The statements of the role of each runtime and of the gateway, by its name."""
    by_role = _by_role(scope)
    return {
        resource.text(_CALLERS[resource.type]): tuple(by_role.get(resource.text("RoleArn"), ()))
        for resource in scope.resources(*_CALLERS)
    }


def _by_role(scope: StageScope) -> dict[str, list[Grant]]:
    runs = {caller.text("RoleArn") for caller in scope.resources(*_CALLERS)}
    managed = {policy.reference(): policy for policy in scope.resources("AWS::IAM::ManagedPolicy")}
    found: dict[str, list[Grant]] = {}
    names: dict[str, str] = {}
    for role in scope.resources("AWS::IAM::Role"):
        arn = physical.role_arn(role)
        names[role.name("RoleName")] = arn
        statements = found.setdefault(arn, [])
        for inline in _objects(role.get("Policies"), f"{role.where}.Policies"):
            statements.extend(_statements(inline.get("PolicyDocument"), role))
        for attached in read.texts(role.get("ManagedPolicyArns"), f"{role.where}.ManagedPolicyArns"):
            if attached in managed:
                statements.extend(_statements(managed[attached].get("PolicyDocument"), managed[attached]))
            elif arn in runs:
                # Its statements are in no template, and a Deny among them would be missed.
                raise UnsupportedProperty(
                    f"{role.where}.ManagedPolicyArns: {attached} is not in this stage. Write its statements out."
                )
        if arn in runs and role.get("PermissionsBoundary") in managed:
            # One of the account is like its organization's policies: it takes away on AWS, and is not here.
            raise UnsupportedProperty(
                f"{role.where}.PermissionsBoundary: this role cannot be held to a boundary of the stage "
                "locally. Name one that the account has."
            )
    for policy in scope.resources("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        for name in read.texts(policy.get("Roles"), f"{policy.where}.Roles"):
            if name in names:
                found[names[name]].extend(_statements(policy.get("PolicyDocument"), policy))
    return found


def _statements(document: Any, resource: Resource) -> Iterator[Grant]:
    where = f"{resource.where}.PolicyDocument"
    for statement in _objects(read.mapping(document, where).get("Statement"), where):
        if "NotAction" in statement or "NotResource" in statement:
            raise UnsupportedProperty(
                f"{resource.where}: a statement with NotAction or NotResource cannot be held to locally. "
                "Name the actions and resources."
            )
        actions, resources = (
            read.texts(_list(statement.get(key)), f"{where}.Statement.{key}")
            for key in ("Action", "Resource")
        )
        effect = statement.get("Effect")
        if effect not in ("Allow", "Deny") or not actions or not resources:
            raise InvalidTemplate(
                f"{where}: a statement needs Effect (Allow or Deny), Action and Resource; found {effect!r} for "
                f"{len(actions)} actions on {len(resources)} resources."
            )
        concerned = tuple(action for action in actions if _concerns(action))
        conditions = _decidable(statement.get("Condition")) if effect == "Allow" else {}
        # A condition that cannot be decided here must not allow, and must go on denying.
        if concerned and conditions is not None:
            yield Grant(effect, concerned, resources, conditions)


def _decidable(condition: Any) -> Mapping[str, tuple[str, ...]] | None:
    """The patterns by condition key; None where a stand-in could not tell whether they hold."""
    if condition is None:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for operator, keys in condition.items() if isinstance(condition, Mapping) else [("", None)]:
        if operator not in _UNDECIDED or not isinstance(keys, Mapping):
            return None
        for key, value in keys.items():
            values = _list(value)
            if key not in DECIDED or key in found:
                return None
            if not all(isinstance(each, str) and not _UNDECIDED[operator] & set(each) for each in values):
                return None
            found[key] = tuple(values)
    return found


def _concerns(action: str) -> bool:
    """Whether an action's pattern may mean one of AgentCore's; wildcards in the service's name count."""
    service, colon, _ = action.lower().partition(":")
    return action == "*" or (bool(colon) and fnmatchcase(_SERVICE, service))


def _objects(value: Any, where: str) -> Iterator[Mapping[str, Any]]:
    for item in _list(value):
        yield read.mapping(item, where)


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
