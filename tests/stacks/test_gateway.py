"""The one way to the tools, and every default of the construct library that would widen it."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest

from governance import rate_limits, tool_schema
from governance.access import AccessMatrix
from governance.model import Project, TargetKind
from governance.names import badge
from tests.stacks.templates import Resource, Stage, joined

GATEWAY = "AWS::BedrockAgentCore::Gateway"
TARGET = "AWS::BedrockAgentCore::GatewayTarget"
POLICY = "AWS::BedrockAgentCore::Policy"
ENVIRONMENTS = ["dev", "staging", "prod"]


def permits(stage: Stage) -> list[Resource]:
    """The policies that are no switches, which have tests of their own."""
    return [policy for policy in stage.resources(POLICY) if "Switch" not in policy.declared]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_only_agents_clients_with_their_badges_pass_the_authorizer(
    by_environment: dict[str, Stage], project: Project, environment: str
) -> None:
    stage = by_environment[environment]
    gateway = stage.one(GATEWAY).properties
    agents = [agent.name for agent in project.system("airline").agents]
    assert gateway["AuthorizerType"] == "CUSTOM_JWT"
    jwt = gateway["AuthorizerConfiguration"]["CustomJWTAuthorizer"]
    assert jwt["AllowedScopes"] == [badge("airline", agent) for agent in agents]
    exports = stage.templates["identity"]["Outputs"]
    allowed = [
        exports[client["Fn::ImportValue"].split(":", 1)[1]]["Value"] for client in jwt["AllowedClients"]
    ]
    assert allowed == [{"Ref": stage.one("AWS::Cognito::UserPoolClient", Agent=agent).id} for agent in agents]
    assert "ProviderURL" in joined(jwt["DiscoveryUrl"])
    assert joined(jwt["DiscoveryUrl"]).endswith("/.well-known/openid-configuration")
    # Cognito's access tokens have no audience: a list of them would refuse everybody.
    assert "AllowedAudience" not in jwt


def test_the_gateway_speaks_current_versions_and_offers_no_search(stages: list[Stage]) -> None:
    for stage in stages:
        mcp = stage.one(GATEWAY).properties["ProtocolConfiguration"]["Mcp"]
        assert mcp["SupportedVersions"] == ["2025-06-18", "2025-11-25"]
        assert "SearchType" not in mcp
        assert "Instructions" not in mcp


@pytest.mark.parametrize(("environment", "level"), [("dev", "DEBUG"), ("staging", None), ("prod", None)])
def test_callers_see_a_targets_errors_only_where_the_environment_says_so(
    by_environment: dict[str, Stage], environment: str, level: str | None
) -> None:
    assert by_environment[environment].one(GATEWAY).properties.get("ExceptionLevel") == level


def test_one_interceptor_guards_both_ways_and_sees_the_token(dev: Stage) -> None:
    function = dev.one("AWS::Lambda::Function", Function="gateway_interceptor")
    assert dev.one(GATEWAY).properties["InterceptorConfigurations"] == [
        {
            "InterceptionPoints": ["REQUEST", "RESPONSE"],
            "Interceptor": {"Lambda": {"Arn": {"Fn::GetAtt": [function.id, "Arn"]}}},
            "InputConfiguration": {"PassRequestHeaders": True},
        }
    ]


def test_tools_cannot_starve_authorization(stages: list[Stage]) -> None:
    for stage in stages:
        properties = stage.one("AWS::Lambda::Function", Function="gateway_interceptor").properties
        assert properties["ReservedConcurrentExecutions"] >= 10
        assert properties["Timeout"] <= 10
        assert set(properties["Environment"]["Variables"]) == {
            "ISSUER",
            "JWKS_URL",
            "METRIC_NAMESPACE",
            "USERS_CLIENT",
            "USERS_ISSUER",
            "USERS_JWKS_URL",
        }


def test_the_interceptor_trusts_the_pool_the_authorizer_trusts(dev: Stage) -> None:
    variables = dev.one("AWS::Lambda::Function", Function="gateway_interceptor").properties["Environment"][
        "Variables"
    ]
    jwt = dev.one(GATEWAY).properties["AuthorizerConfiguration"]["CustomJWTAuthorizer"]
    issuer = joined(variables["ISSUER"])
    assert joined(jwt["DiscoveryUrl"]) == f"{issuer}/.well-known/openid-configuration"
    assert joined(variables["JWKS_URL"]) == f"{issuer}/.well-known/jwks.json"


def test_the_policy_engine_enforces(stages: list[Stage]) -> None:
    for stage in stages:
        engine = stage.one("AWS::BedrockAgentCore::PolicyEngine")
        assert stage.one(GATEWAY).properties["PolicyEngineConfiguration"] == {
            "Arn": {"Fn::GetAtt": [engine.id, "PolicyEngineArn"]},
            "Mode": "ENFORCE",
        }
        for policy in permits(stage):
            assert policy.properties["EnforcementMode"] == "ACTIVE"
            assert policy.properties["ValidationMode"] == "FAIL_ON_ANY_FINDINGS"


def test_policies_and_interceptor_say_what_the_matrix_says(dev: Stage, project: Project) -> None:
    system = project.system("airline")
    matrix = AccessMatrix.of(system)
    policy_file = dev.code("gateway_interceptor") / "gateway_interceptor" / "policy.json"
    grants = json.loads(policy_file.read_text(encoding="utf-8"))["grants"]
    for agent in system.agents:
        statements = [
            joined(policy.properties["Definition"]["Cedar"]["Statement"])
            for policy in dev.resources(POLICY, Agent=agent.name)
        ]
        for tool in system.tools:
            allowed = matrix.decision(agent.name, tool.full_name).allowed
            naming = [text for text in statements if f'AgentCore::Action::"{tool.full_name}"' in text]
            # In exactly one: a second permit would be a way around the conditions of the first.
            assert len(naming) == int(allowed)
            assert (tool.full_name in grants.get(agent.name, {})) is allowed
        for text in statements:
            assert f'== "{badge("airline", agent.name)}"' in text


def test_a_policy_names_the_one_gateway(stages: list[Stage]) -> None:
    for stage in stages:
        gateway = stage.one(GATEWAY).id
        for policy in permits(stage):
            statement = joined(policy.properties["Definition"]["Cedar"]["Statement"])
            assert f'resource == AgentCore::Gateway::"<{gateway}.GatewayArn>"' in statement
            assert "principal is AgentCore::OAuthUser" in statement


def test_a_policy_holds_more_than_one_statement(every_system: list[Stage]) -> None:
    """The service takes one for each; a second would be in force or not without anybody's knowing."""
    for stage in every_system:
        for policy in stage.resources("AWS::BedrockAgentCore::Policy"):
            statement = joined(policy.properties["Definition"]["Cedar"]["Statement"])
            assert len(re.findall(r"(?:^|;)\s*(?:permit|forbid)\b", statement)) == 1, policy.id
            assert statement.count(";") == 1, policy.id


def test_policies_wait_for_every_target_their_schema_comes_from(every_system: list[Stage]) -> None:
    """In a split system they have stacks of their own, after the gateway's (`test_split`)."""
    for stage in every_system:
        targets = {target.id for target in stage.resources(TARGET) if "policies-00" not in stage.templates}
        for policy in permits(stage):
            assert targets <= policy.depends_on


def test_agents_and_tools_are_limited_as_declared_after_the_targets(
    stages: list[Stage], project: Project
) -> None:
    declared = rate_limits.render(project.system("airline"))
    assert [limit.name for limit in declared] == ["agents", "tools"]
    for stage in stages:
        found = stage.resources("AWS::BedrockAgentCore::GatewayRateLimit")
        # The gateway takes one change at a time.
        before = stage.resources(TARGET)[-1]
        for item, limit in zip(found, declared, strict=True):
            assert item.properties["DimensionKeys"] == [limit.dimension]
            assert [each["Requests"] for each in item.properties["Entries"]] == [
                [{"Rate": entry.per_minute, "Period": "minute"}] for entry in limit.entries
            ]
            for each, entry in zip(item.properties["Entries"], limit.entries, strict=True):
                (subject,) = each["Dimensions"].values()
                own = isinstance(subject, dict)
                assert own is (limit.name == "agents" and entry.subject != rate_limits.ANY)
                assert own or subject == entry.subject
            assert item.depends_on == {before.id}
            before = item


def test_targets_come_one_after_the_other(every_system: list[Stage]) -> None:
    for stage in every_system:
        targets = stage.resources(TARGET)
        assert targets[0].depends_on == set()
        for earlier, later in pairwise(targets):
            assert earlier.id in later.depends_on


def test_the_gateway_cannot_exist_without_its_roles_permissions(stages: list[Stage]) -> None:
    """A policy of its own could come after the gateway, whose creation already checks it."""
    for stage in stages:
        role = stage.roles()[stage.one(GATEWAY).properties["Name"] + "-gateway"]
        assert stage.one(GATEWAY).properties["RoleArn"] == {"Fn::GetAtt": [role.id, "Arn"]}
        assert [policy["PolicyName"] for policy in role.properties["Policies"]] == ["Gateway"]
        assert stage.resources("AWS::IAM::Policy") == []
        assert stage.resources("AWS::IAM::ManagedPolicy") == []


def test_a_lambda_target_carries_the_declared_tools_unchanged(dev: Stage, project: Project) -> None:
    for target in project.system("airline").targets:
        if target.kind is not TargetKind.LAMBDA:
            continue
        resource = dev.one(TARGET, Target=target.name)
        placed = resource.properties["TargetConfiguration"]["Mcp"]["Lambda"]["ToolSchema"]["InlinePayload"]
        assert [_lower(tool) for tool in placed] == tool_schema.render(target)
        assert resource.properties["CredentialProviderConfigurations"] == [
            {"CredentialProviderType": "GATEWAY_IAM_ROLE"}
        ]


def _lower(tool: dict[str, object]) -> dict[str, object]:
    """A tool of the template in the declaration's spelling: `Type` is `type`, names of arguments stay."""
    schema = tool["InputSchema"]
    assert isinstance(schema, dict)
    return {
        "name": tool["Name"],
        "description": tool["Description"],
        "inputSchema": {
            "type": schema["Type"],
            "properties": {
                name: {key.lower(): value for key, value in item.items()}
                for name, item in schema["Properties"].items()
            },
            "required": schema["Required"],
        },
    }


def test_labels_of_every_tool_are_in_the_template(dev: Stage, project: Project) -> None:
    placed = {
        f"{target.declared['Target']}___{name}": labels
        for target in dev.resources(TARGET)
        for name, labels in target.declared["Tools"].items()
    }
    assert placed == {
        tool.full_name: {"Effect": str(tool.effect), "Data": str(tool.data), "Egress": str(tool.egress)}
        for tool in project.system("airline").tools
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_openapi_target_goes_to_the_environments_provider(
    by_environment: dict[str, Stage], project: Project, environment: str
) -> None:
    stage = by_environment[environment]
    target = stage.one(TARGET, Target="flights-api").properties
    document = json.loads(target["TargetConfiguration"]["Mcp"]["OpenApiSchema"]["InlinePayload"])
    setting = project.environment(environment).providers["flights"]
    assert document["servers"] == [{"url": setting.base_url}]
    (credential,) = target["CredentialProviderConfigurations"]
    assert credential["CredentialProviderType"] == "OAUTH"
    oauth = credential["CredentialProvider"]["OauthCredentialProvider"]
    assert oauth["GrantType"] == "CLIENT_CREDENTIALS"
    assert "Providersflights" in oauth["ProviderArn"]["Fn::ImportValue"]


def test_where_the_gateway_is_can_be_looked_up(dev: Stage) -> None:
    gateway = dev.one(GATEWAY).id
    parameters = {
        item.properties["Name"]: item.properties["Value"] for item in dev.resources("AWS::SSM::Parameter")
    }
    assert parameters["/airside/airline/dev/gateway-url"] == {"Fn::GetAtt": [gateway, "GatewayUrl"]}
    assert parameters["/airside/airline/dev/gateway-id"] == {"Fn::GetAtt": [gateway, "GatewayIdentifier"]}
    engine = dev.one("AWS::BedrockAgentCore::PolicyEngine").id
    assert parameters["/airside/airline/dev/policy-engine-id"] == {"Fn::GetAtt": [engine, "PolicyEngineId"]}


def test_nothing_but_the_declared_targets_is_attached(stages: list[Stage], project: Project) -> None:
    for stage in stages:
        system = project.system(stage.templates["gateway"]["Metadata"]["Airside"]["System"])
        assert [item.properties["Name"] for item in stage.resources(TARGET)] == [
            target.name for target in system.targets
        ]
        assert len(stage.resources(GATEWAY)) == 1
        assert stage.resources("AWS::Lambda::Permission") == []
