"""The main project's assembly as the reader sees it, and names that do not depend on construct trees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from review.identity import Names
from review.reader import read_assembly
from tests.review.reader import kit


def test_every_stage_is_read_whole(assembly: Path) -> None:
    stages = read_assembly(assembly)
    environments = {stage.environment for stage in stages if stage.system == "airline"}
    assert environments == {"dev", "staging", "prod"}
    for stage in stages:
        assert stage.unread == ()
        # An account's own settings are a stage without a system.
        assert bool(stage.of_type("AWS::BedrockAgentCore::Gateway")) == bool(stage.system)


def test_references_across_stacks_lead_to_the_resource(assembly: Path) -> None:
    for stage in (each for each in read_assembly(assembly) if each.system):
        (gateway,) = stage.of_type("AWS::BedrockAgentCore::Gateway")
        jwt = gateway.properties["AuthorizerConfiguration"]["CustomJWTAuthorizer"]
        clients = [stage.target(client) for client in jwt["AllowedClients"]]
        assert clients
        assert all(client and client.type == "AWS::Cognito::UserPoolClient" for client in clients)


def test_no_account_id_is_left_in_any_value(assembly: Path) -> None:
    for stage in read_assembly(assembly):
        assert len(stage.account) == 12
        for resource in stage.resources():
            assert stage.account not in str(resource.properties)


def test_every_resource_has_a_name_of_its_own_without_its_logical_id(assembly: Path) -> None:
    for stage in read_assembly(assembly):
        names = Names(stage)
        given = [names.of(resource) for resource in stage.resources()]
        assert len(set(given)) == len(given)
        for resource, name in zip(stage.resources(), given, strict=True):
            # A short id may be a word of the name by chance; one with the construct tree's hash cannot.
            assert len(resource.logical_id) < 16 or resource.logical_id not in name


def _moved(suffix: str) -> dict[str, Any]:
    """Two roles, a log group named after a function, a key that only one thing uses: all under other ids."""
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {"Role": {"Fn::GetAtt": [f"R{suffix}", "Arn"]}},
    }
    group = {
        "Type": "AWS::Logs::LogGroup",
        "Properties": {"LogGroupName": {"Fn::Sub": f"/x/${{T{suffix}}}"}, "KmsKeyId": {"Ref": f"K{suffix}"}},
    }
    return kit.resources(
        **{
            f"T{suffix}": kit.topic("alarms"),
            f"F{suffix}": {**function, "Metadata": {"Airside": {"Function": "tool_x"}}},
            f"R{suffix}": {"Type": "AWS::IAM::Role", "Properties": {"Path": "/"}},
            f"L{suffix}": group,
            f"K{suffix}": {"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": True}},
            f"N{suffix}": {"Type": "AWS::Events::Rule", "Properties": {"State": "ENABLED"}},
        }
    )


def test_a_moved_construct_keeps_its_name(tmp_path: Path) -> None:
    named = []
    for suffix in ("Before", "After"):
        stage = kit.stage(tmp_path / suffix, {"one": _moved(suffix)})
        names = Names(stage)
        named.append([names.of(resource) for resource in stage.resources()])
    assert named[0] == named[1]
    assert named[0][:5] == [
        "topic:alarms",
        "function:tool_x",
        "role:of-function-tool_x",
        "log-group:/x/${topic:alarms}",
        "key:of-log-group-/x/${topic-alarms}",
    ]


def test_values_are_told_with_names_in_place_of_tokens(tmp_path: Path) -> None:
    stage = kit.stage(tmp_path, {"one": _moved("A")})
    (function,) = stage.of_type("AWS::Lambda::Function")
    assert Names(stage).text(function.properties["Role"]) == "${role:of-function-tool_x.Arn}"
