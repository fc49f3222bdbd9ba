"""The agents as deployed."""

from __future__ import annotations

import json

import pytest

from governance.model import Project
from tests.stacks.templates import Stage, joined

RUNTIME = "AWS::BedrockAgentCore::Runtime"
ENDPOINT = "AWS::BedrockAgentCore::RuntimeEndpoint"
AGENTS = ["booking", "loyalty", "orchestrator", "policy"]
TOLD = {
    "AGENT_NAME",
    "GATEWAY_TOKEN_PROVIDER",
    "GATEWAY_TOKEN_SCOPE",
    "GATEWAY_URL",
    "LANGUAGES",
    "LIMIT_SECONDS",
    "LIMIT_TURNS",
    "MODEL_ID",
    "USER_CLAIM",
    "UTC_OFFSET",
}


@pytest.mark.parametrize("agent", AGENTS)
def test_an_agent_is_told_names_and_addresses_and_no_secret(dev: Stage, project: Project, agent: str) -> None:
    variables = dev.one(RUNTIME, Agent=agent).properties["EnvironmentVariables"]
    delegates = {delegation.agent for delegation in project.system("airline").agent(agent).delegates}
    more = {f"DELEGATE_{name.upper()}_ARN" for name in delegates} | (
        {"DELEGATE_QUALIFIER"} if delegates else set()
    )
    assert set(variables) == TOLD | more
    assert variables["AGENT_NAME"] == agent
    assert (variables["LANGUAGES"], variables["UTC_OFFSET"]) == ("ko,en", "+09:00")
    assert variables["GATEWAY_TOKEN_SCOPE"] == f"airline/agent.{agent}"
    provider = dev.one("AWS::BedrockAgentCore::OAuth2CredentialProvider", Agent=agent)
    assert variables["GATEWAY_TOKEN_PROVIDER"] == provider.properties["Name"]
    for name in delegates:
        assert variables[f"DELEGATE_{name.upper()}_ARN"] == {
            "Fn::GetAtt": [dev.one(RUNTIME, Agent=name).id, "AgentRuntimeArn"]
        }


def test_every_agent_asks_the_same_gateway(dev: Stage) -> None:
    urls = {
        joined(runtime.properties["EnvironmentVariables"]["GATEWAY_URL"])
        for runtime in dev.resources(RUNTIME)
    }
    assert len(urls) == 1
    export = urls.pop().removeprefix("<import ").removesuffix(">").split(":", 1)[1]
    gateway = dev.one("AWS::BedrockAgentCore::Gateway").id
    assert dev.templates["gateway"]["Outputs"][export]["Value"] == {"Fn::GetAtt": [gateway, "GatewayUrl"]}


@pytest.mark.parametrize("agent", AGENTS)
def test_an_image_holds_its_agent_and_the_common_code_only(dev: Stage, agent: str) -> None:
    context = dev.image(agent)
    assert {path.name for path in context.iterdir()} == {
        agent,
        "agent_common",
        "Dockerfile",
        "requirements.txt",
    }
    assert [path for path in context.rglob("*") if path.name == "__pycache__" or path.suffix == ".pyc"] == []


def test_an_image_is_built_for_the_only_platform_the_runtime_has(dev: Stage) -> None:
    (manifest,) = [
        path
        for path in dev.folder.glob("*.assets.json")
        if json.loads(path.read_text(encoding="utf-8")).get("dockerImages")
    ]
    images = json.loads(manifest.read_text(encoding="utf-8"))["dockerImages"]
    by_agent = {image["source"]["dockerBuildArgs"]["AGENT"]: image["source"] for image in images.values()}
    assert sorted(by_agent) == AGENTS
    for agent, source in by_agent.items():
        assert source["platform"] == "linux/arm64"
        assert (dev.folder / source["directory"]).resolve() == dev.image(agent).resolve()


def test_a_session_ends(stages: list[Stage]) -> None:
    for stage in stages:
        for runtime in stage.resources(RUNTIME):
            assert runtime.properties["LifecycleConfiguration"] == {
                "IdleRuntimeSessionTimeout": 900,
                "MaxLifetime": 28800,
            }


def test_runtimes_speak_the_protocol_of_their_agents(stages: list[Stage]) -> None:
    for stage in stages:
        for runtime in stage.resources(RUNTIME):
            assert runtime.properties["ProtocolConfiguration"] == "HTTP"


@pytest.mark.parametrize("agent", AGENTS)
def test_an_unpinned_endpoint_follows_the_latest_version(dev: Stage, agent: str) -> None:
    runtime = dev.one(RUNTIME, Agent=agent).id
    (endpoint,) = [
        item
        for item in dev.resources(ENDPOINT)
        if item.properties["AgentRuntimeId"] == {"Fn::GetAtt": [runtime, "AgentRuntimeId"]}
    ]
    assert endpoint.properties["Name"] == "dev"
    assert endpoint.properties["AgentRuntimeVersion"] == {"Fn::GetAtt": [runtime, "AgentRuntimeVersion"]}


def test_an_agent_comes_after_the_endpoints_it_delegates_to(dev: Stage, project: Project) -> None:
    endpoints = {
        item.properties["AgentRuntimeId"]["Fn::GetAtt"][0]: item.id for item in dev.resources(ENDPOINT)
    }
    orchestrator = dev.one(RUNTIME, Agent="orchestrator")
    for delegation in project.system("airline").agent("orchestrator").delegates:
        assert endpoints[dev.one(RUNTIME, Agent=delegation.agent).id] in orchestrator.depends_on


def test_an_agents_output_is_not_kept_for_ever(dev: Stage) -> None:
    """The service would make both log groups itself, without a retention."""
    groups = {
        joined(group.properties["LogGroupName"]): group.properties["RetentionInDays"]
        for group in dev.resources("AWS::Logs::LogGroup")
    }
    for agent in AGENTS:
        id_ = f"<{dev.one(RUNTIME, Agent=agent).id}.AgentRuntimeId>"
        for endpoint in ("dev", "DEFAULT"):
            assert groups[f"/aws/bedrock-agentcore/runtimes/{id_}-{endpoint}"] == 14


def test_the_entry_agent_can_be_looked_up(dev: Stage) -> None:
    parameters = {
        item.properties["Name"]: item.properties["Value"] for item in dev.resources("AWS::SSM::Parameter")
    }
    entry = dev.one(RUNTIME, Agent="orchestrator").id
    assert parameters["/airside/airline/dev/runtime-arn"] == {"Fn::GetAtt": [entry, "AgentRuntimeArn"]}
    assert parameters["/airside/airline/dev/runtime-qualifier"] == "dev"
