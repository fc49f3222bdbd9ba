"""The agents as deployed."""

from __future__ import annotations

import json

import pytest

from governance.model import Project
from tests.stacks.templates import Resource, Stage, joined

RUNTIME = "AWS::BedrockAgentCore::Runtime"
ENDPOINT = "AWS::BedrockAgentCore::RuntimeEndpoint"
AGENTS = ["booking", "loyalty", "orchestrator", "policy"]
Stages = dict[str, Stage]
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
    more |= {"MEMORY_ID"} if agent == "orchestrator" else set()
    # What of tools' answers may be shown is told to those who get to see such an answer.
    more |= {"SHOWN_RESULTS"} if agent in ("booking", "orchestrator") else set()
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


SESSIONS = {"dev": (300, 3600), "staging": (900, 28800), "prod": (900, 28800)}


@pytest.mark.parametrize("environment", SESSIONS)
def test_a_session_ends_when_its_environment_says(by_environment: Stages, environment: str) -> None:
    idle, lifetime = SESSIONS[environment]
    for runtime in by_environment[environment].resources(RUNTIME):
        assert runtime.properties["LifecycleConfiguration"] == {
            "IdleRuntimeSessionTimeout": idle,
            "MaxLifetime": lifetime,
        }


def test_the_platform_version_is_never_left_to_the_region(stages: list[Stage]) -> None:
    for stage in stages:
        assert {item.properties["PlatformVersion"] for item in stage.resources(RUNTIME)} == {"V1"}


def test_runtimes_outside_a_vpc_name_no_subnet(stages: list[Stage]) -> None:
    for stage in stages:
        for runtime in stage.resources(RUNTIME):
            assert runtime.properties["NetworkConfiguration"] == {"NetworkMode": "PUBLIC"}


def test_users_reach_the_entry_agent_alone_and_agents_sign(stages: list[Stage]) -> None:
    """A runtime takes tokens or IAM, never both; a header nobody needs is let through nowhere."""
    for stage in stages:
        for runtime in stage.resources(RUNTIME):
            headers = runtime.properties["RequestHeaderConfiguration"]["RequestHeaderAllowlist"]
            if runtime.declared["Agent"] == "orchestrator":
                jwt = runtime.properties["AuthorizerConfiguration"]["CustomJWTAuthorizer"]
                assert set(jwt) == {"DiscoveryUrl", "AllowedClients"}
                assert len(jwt["AllowedClients"]) == 1
                assert headers == ["Authorization"]
            else:
                assert "AuthorizerConfiguration" not in runtime.properties
                assert headers == ["X-Amzn-Bedrock-AgentCore-Runtime-Custom-User-Token"]


def test_variables_stay_within_what_a_runtime_takes(stages: list[Stage]) -> None:
    for stage in stages:
        for runtime in stage.resources(RUNTIME):
            variables = runtime.properties["EnvironmentVariables"]
            assert len(variables) <= 50
            assert all(len(joined(value)) <= 2048 for value in variables.values())


def test_runtimes_speak_the_protocol_of_their_agents(stages: list[Stage]) -> None:
    for stage in stages:
        for runtime in stage.resources(RUNTIME):
            assert runtime.properties["ProtocolConfiguration"] == "HTTP"


@pytest.mark.parametrize(("environment", "name"), [("dev", "dev"), ("staging", "stable"), ("prod", "stable")])
def test_callers_use_the_environments_endpoint(by_environment: Stages, environment: str, name: str) -> None:
    """One beside the service's own, and every caller is told of it: agents, operators, the review."""
    stage = by_environment[environment]
    assert {item.properties["Name"] for item in stage.resources(ENDPOINT)} == {name}
    assert len(stage.resources(ENDPOINT)) == len(AGENTS)
    variables = stage.one(RUNTIME, Agent="orchestrator").properties["EnvironmentVariables"]
    assert variables["DELEGATE_QUALIFIER"] == name
    parameters = {item.properties["Name"]: item.properties["Value"] for item in _parameters(stage)}
    assert parameters[f"/airside/airline/{environment}/runtime-qualifier"] == name
    (invoke,) = [
        item
        for item in stage.statements(f"airline-{environment}-agent-orchestrator")
        if item.actions == ["bedrock-agentcore:InvokeAgentRuntime"]
    ]
    endpoints = [joined(item).rpartition("/runtime-endpoint/") for item in invoke.resources]
    assert {end for _, found, end in endpoints if found} == {name}


def _parameters(stage: Stage) -> list[Resource]:
    return stage.resources("AWS::SSM::Parameter")


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
