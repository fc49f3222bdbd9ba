"""The assembly as a whole: what readers rely on, and what no stage may contain."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from governance.model import Project
from tests.assembly_fixture import ROOT
from tests.stacks.templates import PARTS, Stage, strings

SECRET_NAMES = re.compile(r"secret|password|token$|api_?key", re.IGNORECASE)


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_no_file_of_the_assembly_knows_the_machine(assembly: Path) -> None:
    folders = [str(ROOT).encode(), str(Path.home()).encode() + b"/", b"/tmp/", b"jsii-kernel"]
    for name, content in _files(assembly).items():
        if name.startswith("asset."):
            continue
        assert [folder for folder in folders if folder in content] == [], name


def test_every_system_and_environment_is_a_stage_of_the_same_stacks(assembly: Path, project: Project) -> None:
    for system in project.systems:
        for environment in project.environments:
            stage = Stage.read(assembly, f"{system.name}-{environment.name}")
            assert sorted(stage.templates) == sorted(PARTS)
            for part, template in stage.templates.items():
                noted = dict(template["Metadata"]["Airside"])
                # What the console shows stands with the agents that let it through.
                assert ("Console" in noted) == (part == "runtime")
                noted.pop("Console", None)
                assert set(template["Metadata"]) == {"Airside"}
                assert noted == {
                    "System": system.name,
                    "Environment": environment.name,
                    "EntryAgent": system.entry_agent,
                    "Part": part,
                }


LASTING = {
    "AWS::BedrockAgentCore::Gateway": {"GatewayArn", "GatewayIdentifier", "GatewayUrl"},
    "AWS::BedrockAgentCore::Memory": {"MemoryArn"},
    "AWS::BedrockAgentCore::OAuth2CredentialProvider": {"CredentialProviderArn"},
    "AWS::BedrockAgentCore::ApiKeyCredentialProvider": {"CredentialProviderArn"},
    "AWS::BedrockAgentCore::PolicyEngine": {"PolicyEngineId"},
    "AWS::BedrockAgentCore::Runtime": {"AgentRuntimeArn", "AgentRuntimeId"},
    "AWS::CloudFront::Distribution": {"DomainName", "Ref"},
    "AWS::Cognito::UserPool": {"ProviderURL", "Ref"},
    "AWS::Cognito::UserPoolClient": {"Ref"},
    "AWS::KMS::Key": {"Arn"},
    "AWS::Lambda::Function": {"Arn"},
    "AWS::S3::Bucket": {"Arn", "Ref"},
    "AWS::SNS::Topic": {"Ref"},
}
"""What a stack may export. Such a value stays as long as its resource does, and what replaces that resource (a name, or
for a memory the system's `kms`) is in the runbook."""


def test_a_setting_changes_an_export_that_another_stack_uses(
    stages: list[Stage], kinds_assembly: Path, split_assembly: Path
) -> None:
    """CloudFormation refuses the change. A log group's name, say, ends with the endpoint's, which is a setting."""
    more = [Stage.read(kinds_assembly, "garden-dev"), Stage.read(kinds_assembly, "market-dev")]
    for stage in [*stages, *more, Stage.read(split_assembly, "works-dev")]:
        for part, template in stage.templates.items():
            for output in template.get("Outputs", {}).values():
                ((key, value),) = output["Value"].items()
                name, attribute = (value, "Ref") if key == "Ref" else value
                assert attribute in LASTING[template["Resources"][name]["Type"]], (part, output)


def _stacks(folder: Path) -> list[dict[str, Any]]:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return [
        item["properties"]
        for item in manifest["artifacts"].values()
        if item["type"] == "aws:cloudformation:stack"
    ]


def test_stacks_carry_the_names_readers_expect(dev: Stage, prod: Stage) -> None:
    for stage, name in ((dev, "dev"), (prod, "prod")):
        assert {item["stackName"] for item in _stacks(stage.folder)} == {
            f"airline-{name}-{part}" for part in PARTS
        }


def test_a_stack_or_table_that_must_last_can_be_deleted_by_one_call(assembly: Path) -> None:
    """And one of dev cannot: it would be in the way every day."""
    for name, protected in (("dev", False), ("staging", True), ("prod", True)):
        for stage in (f"airline-{name}", f"account-{name}"):
            stacks = _stacks(assembly / f"assembly-{stage}")
            assert {item["terminationProtection"] for item in stacks} == {protected}, stage
        resources = Stage.read(assembly, f"airline-{name}")
        tables, pools = (
            resources.resources(f"AWS::{each}") for each in ("DynamoDB::Table", "Cognito::UserPool")
        )
        assert {each.properties["DeletionProtectionEnabled"] for each in tables} == {protected}
        assert {each.properties["DeletionProtection"] for each in pools} == {
            "ACTIVE" if protected else "INACTIVE"
        }
        kept = {each.body["DeletionPolicy"] for each in (*tables, *pools)}
        assert kept == {"Retain" if protected else "Delete"}


def test_every_declared_thing_is_marked_in_the_template(dev: Stage, project: Project) -> None:
    system = project.system("airline")
    agents = [agent.name for agent in system.agents]
    for type_, others in (
        ("AWS::Cognito::UserPoolClient", [{"Users": True}]),
        ("AWS::BedrockAgentCore::Runtime", []),
    ):
        declared = [item.declared for item in dev.resources(type_)]
        assert sorted(item["Agent"] for item in declared if "Agent" in item) == sorted(agents)
        assert [item for item in declared if "Agent" not in item] == others
    constrained = "flights-api___search_flights"
    assert sorted(
        (item.declared["Agent"], item.declared.get("Tool", ""))
        for item in dev.resources("AWS::BedrockAgentCore::Policy")
        if "Switch" not in item.declared
    ) == sorted([*((agent, "") for agent in agents), ("booking", constrained), ("orchestrator", constrained)])
    assert {item.declared["Function"] for item in dev.resources("AWS::Lambda::Function")} == {
        "gateway_interceptor",
        "site_publisher",
        *(target.function for target in system.targets if target.function),
    }


def test_everything_taggable_says_whose_it_is(stages: list[Stage]) -> None:
    for stage in stages:
        system, environment = stage.folder.name.removeprefix("assembly-").rsplit("-", 1)
        wanted = {
            "airside:system": system,
            "airside:environment": environment,
            "airside:stage": f"{system}-{environment}",
            "project": "airside",
        }
        for resource in stage.resources():
            place = _tag_property(resource.type)
            if place is None:
                continue
            tags = resource.properties.get(place)
            assert tags, f"{resource.part}/{resource.id} ({resource.type}) takes tags and has none"
            pairs = tags if isinstance(tags, dict) else {tag["Key"]: tag["Value"] for tag in tags}
            assert wanted.items() <= pairs.items(), resource.id


def test_a_stack_without_tags_makes_resources_nobody_pays_for(assembly: Path) -> None:
    """The account's stages too: nothing in them takes tags, so only the stack itself can tell."""
    folders = sorted(assembly.glob("assembly-*"))
    assert [folder for folder in folders if "account" in folder.name]
    for folder in folders:
        environment = folder.name.rsplit("-", 1)[1]
        for stack in _stacks(folder):
            assert stack["tags"]["airside:environment"] == environment
            assert stack["tags"]["project"] == "airside"


@cache
def _tag_property(type_: str) -> str | None:
    """Where a type of resource takes its tags, by the service's own schema; None if it takes none."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("ap-northeast-2", type_).schema
    tagging = schema.get("tagging", {})
    if not tagging.get("taggable", schema.get("taggable", True)):
        return None
    place = str(tagging.get("tagProperty", "/properties/Tags")).removeprefix("/properties/")
    return place if place in schema["properties"] else None


def test_the_schemas_tell_what_takes_tags() -> None:
    """Were they misread, nothing above would be looked at."""
    assert _tag_property("AWS::Cognito::UserPool") == "UserPoolTags"
    assert _tag_property("AWS::BedrockAgentCore::Runtime") == "Tags"
    assert _tag_property("AWS::SNS::Subscription") is None


def test_no_secret_is_in_an_output_a_variable_or_a_parameter(stages: list[Stage]) -> None:
    for stage in stages:
        for template in stage.templates.values():
            assert not [name for name in template.get("Outputs", {}) if SECRET_NAMES.search(name)]
        for resource in stage.resources():
            variables = {
                **resource.properties.get("EnvironmentVariables", {}),
                **resource.properties.get("Environment", {}).get("Variables", {}),
            }
            assert not [name for name in variables if SECRET_NAMES.search(name)]
            if resource.type == "AWS::SSM::Parameter":
                assert "Secret" not in " ".join(strings(resource.properties["Value"]))


def test_secrets_are_references_only(stages: list[Stage]) -> None:
    """A secret of the stage, or the name of one of the operator's: never an attribute or a value."""
    for stage in stages:
        found = [
            config
            for provider in stage.resources("AWS::BedrockAgentCore::OAuth2CredentialProvider")
            for config in provider.properties["Oauth2ProviderConfigInput"].values()
        ]
        assert found
        for config in found:
            assert "ClientSecret" not in config
            assert set(config["ClientSecretConfig"]) == {"SecretId", "JsonKey"}


def test_nothing_mints_tokens_or_runs_code_while_deploying(stages: list[Stage]) -> None:
    """But the one function that publishes the console's files, whose role reaches nothing else."""
    for stage in stages:
        types = {resource.type for resource in stage.resources()}
        assert [name for name in types if name.startswith(("Custom::", "AWS::CloudFormation::"))] == [
            "Custom::AirsideSite"
        ]
        assert "AWS::CDK::Metadata" not in types


def test_templates_hold_no_metadata_but_ours(stages: list[Stage]) -> None:
    for stage in stages:
        for resource in stage.resources():
            assert set(resource.body.get("Metadata", {})) <= {"Airside"}


def test_no_stack_depends_on_a_later_one(dev: Stage) -> None:
    order = list(PARTS)
    for part, template in dev.templates.items():
        text = json.dumps(template)
        for imported in re.findall(r'"Fn::ImportValue": "airline-dev-([a-z]+):', text):
            assert order.index(imported) < order.index(part)


def test_every_feature_flag_is_decided_in_cdk_json() -> None:
    document = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))
    assert document["versionReporting"] is False
    assert (document["pathMetadata"], document["assetMetadata"]) == (False, False)
    context = document["context"]
    assert context["@aws-cdk/core:validateAgainstDefaultRules"] is True
    assert context["@aws-cdk/core:enableAdditionalMetadataCollection"] is False


def test_no_feature_flag_is_left_to_a_default(assembly: Path) -> None:
    manifest = json.loads((assembly / "manifest.json").read_text(encoding="utf-8"))
    flags = manifest["artifacts"]["aws-cdk-lib/feature-flag-report"]["properties"]["flags"]
    assert [name for name, flag in flags.items() if "userValue" not in flag] == []
