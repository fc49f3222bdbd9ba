"""What a runtime's role is held to: every Deny counts, wherever it is written, and no Allow that cannot be read."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from localcloud.assembly.errors import AssemblyError, InvalidTemplate, UnsupportedProperty
from localcloud.assembly.files import read_stage
from localcloud.assembly.load import resolve
from localcloud.signed import allows
from localcloud.spec import LocalSystem
from tests.local.assembly.build import ADDRESSES, STAGE
from tests.local.assembly.conftest import Stage

ROLE = "AWS::IAM::Role"
INVOKE = "bedrock-agentcore:InvokeAgentRuntime"


def loaded(airline: Stage, *statements: Mapping[str, Any], **more: Any) -> LocalSystem:
    """The stage with these statements alone in every role, and these properties besides."""

    def change(node: dict[str, Any]) -> None:
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        node["Properties"] |= {"Policies": [{"PolicyName": "p", "PolicyDocument": document}], **more}

    return airline.load(ROLE, change, every=True)


def allowed(system: LocalSystem, action: str = INVOKE, resource: str = "arn:x") -> bool:
    (answer,) = {allows(grants, action, resource) for grants in system.grants.values()}
    return answer


EVERY = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.mark.parametrize(
    "action",
    [
        "*",
        "*:*",
        "bedrock-agentcore:*",
        "bedrock-agentcore:Invoke*",
        "BEDROCK-AGENTCORE:INVOKEAGENTRUNTIME",
        "bedrock-*:InvokeAgentRuntim?",
        INVOKE,
    ],
)
def test_an_action_may_be_written_in_every_way_iam_reads(airline: Stage, action: str) -> None:
    assert allowed(loaded(airline, {"Effect": "Allow", "Action": [action], "Resource": ["arn:*"]}))
    assert not allowed(loaded(airline, EVERY, {"Effect": "Deny", "Action": action, "Resource": "arn:?"}))


@pytest.mark.parametrize(
    "action", ["bedrock:InvokeModel", "bedrock-agentcore-control:*", "s3:*", "dynamodb:*"]
)
def test_another_services_action_allows_nothing(airline: Stage, action: str) -> None:
    system = loaded(airline, {"Effect": "Allow", "Action": action, "Resource": "*"})
    assert set(system.grants.values()) == {()}


def test_a_role_that_says_nothing_allows_nothing(airline: Stage) -> None:
    assert not allowed(loaded(airline))


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "deny", "Action": "*", "Resource": "*"},
        {"Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*"},
        {"Effect": "Deny", "Resource": "*"},
        {"Effect": "Deny", "Action": [7], "Resource": "*"},
        "Deny",
        None,
    ],
)
def test_a_statement_that_iam_would_refuse_is_not_read_as_nothing(airline: Stage, statement: Any) -> None:
    with pytest.raises(InvalidTemplate, match=r"PolicyDocument"):
        loaded(airline, EVERY, statement)


def test_a_managed_policy_elsewhere_is_refused(airline: Stage) -> None:
    with pytest.raises(UnsupportedProperty, match="ManagedPolicyArns"):
        loaded(airline, EVERY, ManagedPolicyArns=["arn:aws:iam::aws:policy/AWSDenyAll"])


def test_a_boundary_of_the_account_does_not_keep_an_environment_from_running(airline: Stage) -> None:
    assert allowed(loaded(airline, EVERY, PermissionsBoundary="arn:aws:iam::111122223333:policy/team/limits"))


def with_policy(assembly: Path, policy: Mapping[str, Any], **more: Any) -> LocalSystem:
    """The stage with a managed policy `Added`, and these properties on the runtimes' roles."""
    stacks = []
    for stack in read_stage(assembly, STAGE):
        template = copy.deepcopy(dict(stack.template))
        if stack.name.endswith("-runtime"):
            template["Resources"]["Added"] = {"Type": "AWS::IAM::ManagedPolicy", "Properties": policy}
            for node in template["Resources"].values():
                if node["Type"] == ROLE:
                    node["Properties"] |= more
        stacks.append(replace(stack, template=template))
    return resolve(tuple(stacks), STAGE, ADDRESSES)


@pytest.mark.parametrize("attached", ["by the role", "by the policy"])
def test_a_deny_in_a_policy_of_the_stage_counts(assembly: Path, system: LocalSystem, attached: str) -> None:
    runtime = system.runtimes[0]
    role = runtime.role.rpartition("/")[2]
    policy: dict[str, Any] = {
        "ManagedPolicyName": "denying",
        "PolicyDocument": {"Statement": {"Effect": "Deny", "Action": INVOKE, "Resource": "*"}},
    }
    if attached == "by the policy":
        policy["Roles"] = [role]
    attach = {"ManagedPolicyArns": [{"Ref": "Added"}]} if attached == "by the role" else {}
    changed = with_policy(assembly, policy, **attach)
    denied = [grant for grant in changed.grants[runtime.name] if INVOKE in grant.actions]
    assert [grant.effect for grant in denied if grant.effect == "Deny"] == ["Deny"]


def test_a_boundary_that_the_stage_defines_is_not_ignored(assembly: Path) -> None:
    policy = {"ManagedPolicyName": "limits", "PolicyDocument": {"Statement": []}}
    with pytest.raises(UnsupportedProperty, match="PermissionsBoundary"):
        with_policy(assembly, policy, PermissionsBoundary={"Ref": "Added"})


def test_a_role_the_stage_does_not_have_is_refused(airline: Stage) -> None:
    with pytest.raises(AssemblyError, match="RoleArn"):
        airline.load(
            "AWS::BedrockAgentCore::Runtime",
            lambda node: node["Properties"].update(RoleArn="arn:aws:iam::999999999999:role/other"),
        )


CREATE = "bedrock-agentcore:CreateEvent"
ACTOR = "bedrock-agentcore:actorId"


def conditioned(airline: Stage, condition: Any, effect: str = "Allow") -> LocalSystem:
    more = [EVERY] if effect == "Deny" else []
    statement = {"Effect": effect, "Action": CREATE, "Resource": "*", "Condition": condition}
    return loaded(airline, *more, statement)


def allowed_for(system: LocalSystem, **context: str) -> bool:
    keys = {f"bedrock-agentcore:{name}": value for name, value in context.items()}
    (answer,) = {allows(grants, CREATE, "arn:x", context=keys) for grants in system.grants.values()}
    return answer


@pytest.mark.parametrize(
    ("condition", "actor", "expected"),
    [
        ({"StringLike": {ACTOR: "user-*"}}, "user-ann", True),
        ({"StringLike": {ACTOR: ["session-*", "user-?"]}}, "user-a", True),
        ({"StringLike": {ACTOR: "user-*"}}, "session-1", False),
        ({"StringLike": {ACTOR: "user-*"}}, "USER-ann", False),
        ({"StringEquals": {ACTOR: "user-ann"}}, "user-ann", True),
        ({"StringEquals": {ACTOR: "user-ann"}}, "user-anna", False),
        (
            {"StringEquals": {ACTOR: "user-ann"}, "StringLike": {"bedrock-agentcore:sessionId": "s*"}},
            "user-ann",
            False,
        ),
    ],
)
def test_a_condition_on_the_actor_is_not_held_to(
    airline: Stage, condition: Any, actor: str, expected: bool
) -> None:
    assert allowed_for(conditioned(airline, condition), actorId=actor) is expected


def test_a_request_without_the_key_meets_the_condition(airline: Stage) -> None:
    system = conditioned(airline, {"StringLike": {ACTOR: "*"}})
    assert allowed_for(system, actorId="x")
    assert not allowed_for(system)
    assert not allowed(system, CREATE)


@pytest.mark.parametrize(
    "condition",
    [
        {"StringNotLike": {ACTOR: "user-*"}},
        {"StringLikeIfExists": {ACTOR: "user-*"}},
        {"ForAnyValue:StringLike": {ACTOR: "user-*"}},
        {"StringEquals": {ACTOR: "user-*"}},
        {"StringLike": {ACTOR: "${aws:PrincipalTag/user}*"}},
        {"StringLike": {"aws:SourceIp": "*"}},
        {"StringLike": {ACTOR: "user-*", "aws:SourceIp": "*"}},
        {"StringLike": {ACTOR: 1}},
        {"StringLike": ["user-*"]},
        "user-*",
    ],
)
def test_a_condition_that_cannot_be_decided_allows(airline: Stage, condition: Any) -> None:
    assert not allowed_for(conditioned(airline, condition), actorId="user-ann")
    assert not allowed_for(conditioned(airline, condition, "Deny"), actorId="user-ann"), "or no longer denies"
