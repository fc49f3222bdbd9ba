"""The assembly as a whole: what readers rely on, and what no stage may contain."""

from __future__ import annotations

import json
import re
from pathlib import Path

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
                assert template["Metadata"] == {
                    "Airside": {
                        "System": system.name,
                        "Environment": environment.name,
                        "EntryAgent": system.entry_agent,
                        "Part": part,
                    }
                }


def test_stacks_carry_the_names_and_protection_readers_expect(dev: Stage, prod: Stage) -> None:
    for stage, name, protected in ((dev, "dev", False), (prod, "prod", True)):
        stacks = [
            item["properties"]
            for item in stage.manifest()["artifacts"].values()
            if item["type"] == "aws:cloudformation:stack"
        ]
        assert {item["stackName"] for item in stacks} == {f"airline-{name}-{part}" for part in PARTS}
        assert {item["terminationProtection"] for item in stacks} == {protected}


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


def test_everything_taggable_says_whose_it_is(dev: Stage) -> None:
    for resource in dev.resources():
        tags = resource.properties.get("Tags", resource.properties.get("UserPoolTags"))
        if tags is None:
            continue
        pairs = tags if isinstance(tags, dict) else {tag["Key"]: tag["Value"] for tag in tags}
        assert pairs["airside:system"] == "airline"
        assert pairs["airside:environment"] == "dev"
        assert pairs["project"] == "airside"


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
