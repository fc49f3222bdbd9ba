"""End users as deployed: whom the entry agent believes, where the token goes, and above all where not."""

from __future__ import annotations

import json
import re

import pytest

from governance.model import Project
from tests.stacks.templates import Resource, Stage, joined, strings

POOL = "AWS::Cognito::UserPool"
CLIENT = "AWS::Cognito::UserPoolClient"
RUNTIME = "AWS::BedrockAgentCore::Runtime"
GATEWAY = "AWS::BedrockAgentCore::Gateway"
POLICY = "AWS::BedrockAgentCore::Policy"
SPECIALISTS = ["booking", "loyalty", "policy"]
BETWEEN_AGENTS = "X-Amzn-Bedrock-AgentCore-Runtime-Custom-User-Token"
TO_THE_GATEWAY = "X-Airside-User-Token"


def users_client(stage: Stage) -> Resource:
    (client,) = [item for item in stage.resources(CLIENT) if item.declared == {"Users": True}]
    return client


def resolved(stage: Stage, value: object) -> object:
    """A value of another stack: what the identity stack exports under the imported name."""
    if isinstance(value, dict) and "Fn::ImportValue" in value:
        return stage.templates["identity"]["Outputs"][value["Fn::ImportValue"].split(":", 1)[1]]["Value"]
    if isinstance(value, dict) and "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return separator.join(joined(resolved(stage, part)) for part in parts)
    return value


def issuer(stage: Stage) -> str:
    return f"<{stage.one(POOL, Pool='users').id}.ProviderURL>"


def test_users_and_agents_are_never_in_one_pool(stages: list[Stage]) -> None:
    """A user of the agents' pool could hold a token that its issuer and keys make look like a badge."""
    for stage in stages:
        agents, users = stage.one(POOL, Pool="agents"), stage.one(POOL, Pool="users")
        for client in stage.resources(CLIENT):
            pool = agents if "Agent" in client.declared else users
            assert client.properties["UserPoolId"] == {"Ref": pool.id}
        (server,) = stage.resources("AWS::Cognito::UserPoolResourceServer")
        assert server.properties["UserPoolId"] == {"Ref": agents.id}


def test_a_public_client_has_no_secret_and_no_flow_that_takes_a_password_or_a_badge(
    stages: list[Stage],
) -> None:
    for stage in stages:
        client = users_client(stage).properties
        assert client["GenerateSecret"] is False
        assert client["AllowedOAuthFlows"] == ["code"]
        assert client["AllowedOAuthFlowsUserPoolClient"] is True
        # No badge, and not the scope with which users change their own attributes.
        assert client["AllowedOAuthScopes"] == ["openid"]
        assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
        assert client["SupportedIdentityProviders"] == ["COGNITO"]
        assert client["EnableTokenRevocation"] is True
        assert client["PreventUserExistenceErrors"] == "ENABLED"


def test_a_users_token_lives_an_hour_at_most_and_a_session_a_day(stages: list[Stage]) -> None:
    for stage in stages:
        client = users_client(stage).properties
        assert client["TokenValidityUnits"] == {
            "AccessToken": "minutes",
            "IdToken": "minutes",
            "RefreshToken": "hours",
        }
        assert client["AccessTokenValidity"] <= 60
        assert client["IdTokenValidity"] == client["AccessTokenValidity"]
        assert client["RefreshTokenValidity"] <= 24


def test_a_code_is_sent_only_where_the_environment_says(stages: list[Stage], project: Project) -> None:
    for stage in stages:
        name = stage.templates["identity"]["Metadata"]["Airside"]["Environment"]
        declared = list(project.environment(name).users_callback_urls)
        assert declared
        # The published console's address comes last (tests/stacks/test_front_end.py).
        assert users_client(stage).properties["CallbackURLs"][: len(declared)] == declared
        assert len(users_client(stage).properties["CallbackURLs"]) == len(declared) + 1


def test_one_name_is_one_user_and_only_operators_give_names(stages: list[Stage]) -> None:
    for stage in stages:
        pool = stage.one(POOL, Pool="users").properties
        assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
        assert pool["UsernameConfiguration"] == {"CaseSensitive": True}
        # Either would let somebody else's address sign in, or make the user name a random one.
        assert "AliasAttributes" not in pool
        assert "UsernameAttributes" not in pool
        # A trigger could change what tokens say.
        assert "LambdaConfig" not in pool
        assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] >= 12
        assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("OPTIONAL", ["SOFTWARE_TOKEN_MFA"])


def test_the_local_sign_in_learns_whom_it_knows(dev: Stage) -> None:
    assert dev.one(POOL, Pool="users").declared == {
        "Pool": "users",
        "Seed": {"table": "customers", "attribute": "customer_id"},
    }


def test_the_pools_do_not_ask_for_one_domain(stages: list[Stage]) -> None:
    domains = [
        item.properties["Domain"]
        for stage in stages
        for item in stage.resources("AWS::Cognito::UserPoolDomain")
    ]
    assert len(set(domains)) == len(domains) == 2 * len(stages)
    for domain in domains:
        assert re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", domain)


def test_only_tokens_of_the_users_client_open_the_entry_agent(stages: list[Stage]) -> None:
    for stage in stages:
        entry = stage.one(RUNTIME, Agent="orchestrator").properties
        assert set(entry["AuthorizerConfiguration"]) == {"CustomJWTAuthorizer"}
        jwt = entry["AuthorizerConfiguration"]["CustomJWTAuthorizer"]
        assert set(jwt) == {"AllowedClients", "DiscoveryUrl"}
        assert [resolved(stage, item) for item in jwt["AllowedClients"]] == [{"Ref": users_client(stage).id}]
        discovery = resolved(stage, jwt["DiscoveryUrl"])
        assert discovery == f"{issuer(stage)}/.well-known/openid-configuration"
        assert entry["RequestHeaderConfiguration"] == {"RequestHeaderAllowlist": ["Authorization"]}


@pytest.mark.parametrize("agent", SPECIALISTS)
def test_a_specialist_takes_iam_and_the_users_token_as_data(stages: list[Stage], agent: str) -> None:
    """With `Authorization` in its allowlist a specialist would be handed its caller's signature."""
    for stage in stages:
        runtime = stage.one(RUNTIME, Agent=agent).properties
        assert "AuthorizerConfiguration" not in runtime
        assert runtime["RequestHeaderConfiguration"] == {"RequestHeaderAllowlist": [BETWEEN_AGENTS]}


def test_every_agent_reads_the_declared_claim(dev: Stage) -> None:
    for runtime in dev.resources(RUNTIME):
        assert runtime.properties["EnvironmentVariables"]["USER_CLAIM"] == "username"


def test_no_role_may_call_the_entry_agent_past_the_users_token(stages: list[Stage]) -> None:
    for stage in stages:
        entry = stage.one(RUNTIME, Agent="orchestrator").id
        for statement in stage.statements():
            if statement.allows and any("InvokeAgentRuntime" in action for action in statement.actions):
                named = [joined(resource) for resource in statement.resources]
                assert not [name for name in named if entry in name or "*" in name], statement.role


def test_no_role_may_make_or_change_users(stages: list[Stage]) -> None:
    for stage in stages:
        for statement in stage.statements():
            users = [action for action in statement.actions if action.startswith("cognito")]
            assert not (statement.allows and users), statement.role


def test_the_interceptor_verifies_with_the_users_pool_and_client(stages: list[Stage]) -> None:
    for stage in stages:
        function = stage.one("AWS::Lambda::Function", Function="gateway_interceptor").properties
        variables = function["Environment"]["Variables"]
        assert resolved(stage, variables["USERS_CLIENT"]) == {"Ref": users_client(stage).id}
        assert joined(resolved(stage, variables["USERS_ISSUER"])) == issuer(stage)
        assert resolved(stage, variables["USERS_JWKS_URL"]) == f"{issuer(stage)}/.well-known/jwks.json"
        # The agents' own issuer stays another one: neither token can stand in for the other.
        assert joined(resolved(stage, variables["ISSUER"])) != issuer(stage)


def test_the_interceptors_policy_names_the_claim_the_agents_read(dev: Stage) -> None:
    file = dev.code("gateway_interceptor") / "gateway_interceptor" / "policy.json"
    policy = json.loads(file.read_text(encoding="utf-8"))
    assert policy["users"] == {"claims": {"customer_id": "username"}}


def test_no_user_is_a_caller_of_the_gateway(stages: list[Stage]) -> None:
    for stage in stages:
        gateway = stage.one(GATEWAY).properties
        jwt = gateway["AuthorizerConfiguration"]["CustomJWTAuthorizer"]
        allowed = [resolved(stage, item) for item in jwt["AllowedClients"]]
        agents = [item.id for item in stage.resources(CLIENT) if "Agent" in item.declared]
        assert allowed == [{"Ref": agent} for agent in agents]
        assert "openid" not in jwt["AllowedScopes"]
        agents_issuer = f"<{stage.one(POOL, Pool='agents').id}.ProviderURL>"
        assert resolved(stage, jwt["DiscoveryUrl"]) == f"{agents_issuer}/.well-known/openid-configuration"


def test_no_header_of_a_caller_reaches_a_tool(stages: list[Stage]) -> None:
    """A target passes on the headers in its metadata configuration; none has one."""
    for stage in stages:
        for target in stage.resources("AWS::BedrockAgentCore::GatewayTarget"):
            assert "MetadataConfiguration" not in target.properties
            words = {word.lower() for word in strings(target.properties)}
            assert not words & {TO_THE_GATEWAY.lower(), BETWEEN_AGENTS.lower(), "authorization"}


def test_a_users_token_is_allowed_through_in_the_runtimes_only(stages: list[Stage]) -> None:
    for stage in stages:
        for resource in stage.resources():
            if resource.type != RUNTIME:
                assert BETWEEN_AGENTS not in resource.text(), resource.id


@pytest.mark.parametrize("agent", ["booking", "orchestrator"])
def test_a_constrained_tool_is_permitted_with_its_conditions_only(dev: Stage, agent: str) -> None:
    policy = dev.one(POLICY, Agent=agent, Tool="flights-api___search_flights").properties
    statement = joined(policy["Definition"]["Cedar"]["Statement"])
    assert "context.input has adults && context.input.adults >= 1 && context.input.adults <= 9" in statement
    assert policy["Description"] == (
        f"With which arguments the agent {agent} may call flights-api___search_flights"
    )


def test_no_two_policies_share_a_name(stages: list[Stage]) -> None:
    for stage in stages:
        names = [policy.properties["Name"] for policy in stage.resources(POLICY)]
        assert len(set(names)) == len(names)
