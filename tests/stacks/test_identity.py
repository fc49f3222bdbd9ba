"""Who an agent is: nobody else can get its badge, and its secret reaches nobody."""

from __future__ import annotations

import re
from typing import Any

import pytest

from governance.model import Project
from governance.names import badge
from tests.stacks.templates import Stage, joined, strings

AGENTS = ["booking", "loyalty", "orchestrator", "policy"]


def test_nobody_can_sign_themselves_up(stages: list[Stage]) -> None:
    for stage in stages:
        for pool in stage.resources("AWS::Cognito::UserPool"):
            assert pool.properties["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}


@pytest.mark.parametrize("agent", AGENTS)
def test_a_client_gets_no_badge_but_its_own_and_no_flow_of_users(dev: Stage, agent: str) -> None:
    client = dev.one("AWS::Cognito::UserPoolClient", Agent=agent).properties
    assert client["AllowedOAuthScopes"] == [badge("airline", agent)]
    assert client["AllowedOAuthFlows"] == ["client_credentials"]
    assert client["AllowedOAuthFlowsUserPoolClient"] is True
    assert client["GenerateSecret"] is True
    # Left out, Cognito would allow password flows.
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert client["EnableTokenRevocation"] is True
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert "CallbackURLs" not in client
    assert "SupportedIdentityProviders" not in client


def test_no_two_agents_share_a_client_or_a_provider(dev: Stage, project: Project) -> None:
    declared = [agent.name for agent in project.system("airline").agents]
    for type_ in ("AWS::Cognito::UserPoolClient", "AWS::BedrockAgentCore::OAuth2CredentialProvider"):
        agents = [item.declared["Agent"] for item in dev.resources(type_) if "Agent" in item.declared]
        assert sorted(agents) == sorted(declared)
    names = [
        item.properties["Name"] for item in dev.resources("AWS::BedrockAgentCore::OAuth2CredentialProvider")
    ]
    assert len(set(names)) == len(names)


def test_tokens_live_as_long_as_the_environment_says(assembly_stage_minutes: dict[str, set[int]]) -> None:
    assert assembly_stage_minutes == {"dev": {30}, "staging": {15}, "prod": {15}}


@pytest.fixture
def assembly_stage_minutes(stages: list[Stage]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for stage in stages:
        name = stage.templates["identity"]["Metadata"]["Airside"]["Environment"]
        for client in stage.resources("AWS::Cognito::UserPoolClient"):
            assert client.properties["TokenValidityUnits"]["AccessToken"] == "minutes"
            found.setdefault(name, set()).add(client.properties["AccessTokenValidity"])
    return found


def test_every_badge_is_a_scope_of_the_resource_server(dev: Stage, project: Project) -> None:
    server = dev.one("AWS::Cognito::UserPoolResourceServer").properties
    full = {f"{server['Identifier']}/{scope['ScopeName']}" for scope in server["Scopes"]}
    assert full == {badge("airline", agent.name) for agent in project.system("airline").agents}


def test_a_client_waits_for_the_scopes_it_names(dev: Stage) -> None:
    server = dev.one("AWS::Cognito::UserPoolResourceServer").id
    for agent in AGENTS:
        assert server in dev.one("AWS::Cognito::UserPoolClient", Agent=agent).depends_on


@pytest.mark.parametrize("agent", AGENTS)
def test_a_provider_holds_its_own_agents_client(dev: Stage, agent: str) -> None:
    client = dev.one("AWS::Cognito::UserPoolClient", Agent=agent)
    provider = dev.one("AWS::BedrockAgentCore::OAuth2CredentialProvider", Agent=agent)
    config = provider.properties["Oauth2ProviderConfigInput"]["CustomOauth2ProviderConfig"]
    assert config["ClientId"] == {"Ref": client.id}
    secret = dev.one("AWS::SecretsManager::Secret", Agent=agent)
    assert config["ClientSecretSource"] == "EXTERNAL"
    assert config["ClientSecretConfig"] == {"SecretId": {"Ref": secret.id}, "JsonKey": "client_secret"}
    pool = dev.one("AWS::Cognito::UserPool", Pool="agents").id
    assert joined(config["OauthDiscovery"]["DiscoveryUrl"]) == (
        f"<{pool}.ProviderURL>/.well-known/openid-configuration"
    )
    # Before the domain exists the pool's discovery document names no token endpoint.
    (domain,) = [
        item
        for item in dev.resources("AWS::Cognito::UserPoolDomain")
        if item.properties["UserPoolId"] == {"Ref": pool}
    ]
    assert domain.id in provider.depends_on


def test_a_deployment_puts_an_old_client_secret_back(stages: list[Stage]) -> None:
    """CloudFormation asks for no client's secret, so it has none to write anywhere."""
    for stage in stages:
        for resource in stage.resources():
            assert not [item for item in _attributes(resource.body) if item.endswith("Secret")], resource.id
            config = resource.properties.get("Oauth2ProviderConfigInput", {})
            if "Agent" in resource.declared and config:
                assert "ClientSecret" not in config["CustomOauth2ProviderConfig"]
        for part, template in stage.templates.items():
            assert "Secret" not in "".join(strings(template.get("Outputs", {}))), part


def _attributes(value: Any) -> list[str]:
    """The attributes that Fn::GetAtt and Fn::Sub ask for, whoever's."""
    if isinstance(value, list):
        return [found for item in value for found in _attributes(item)]
    if not isinstance(value, dict):
        return []
    own = [str(value["Fn::GetAtt"][-1])] if "Fn::GetAtt" in value else []
    if "Fn::Sub" in value:
        own += re.findall(r"\$\{[^}]*\.([^}]*)\}", "".join(strings(value["Fn::Sub"])))
    return own + [found for item in value.values() for found in _attributes(item)]


@pytest.mark.parametrize("agent", AGENTS)
def test_a_deployment_writes_over_the_live_secret(stages: list[Stage], agent: str) -> None:
    """A change of GenerateSecretString replaces the value on the next deployment, and the agents get no token until
    they are rotated again: if this fails, say so in the changelog."""
    for stage in stages:
        secret = stage.one("AWS::SecretsManager::Secret", Agent=agent).properties
        assert secret["GenerateSecretString"] == {
            "SecretStringTemplate": "{}",
            "GenerateStringKey": "client_secret",
            "PasswordLength": 48,
            "ExcludePunctuation": True,
        }
        assert "SecretString" not in secret
        environment = stage.templates["identity"]["Metadata"]["Airside"]["Environment"]
        assert secret["Name"] == f"airside/airline/{environment}/agents/{agent}"


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_an_outbound_secret_stays_the_operators(by_environment: dict[str, Stage], environment: str) -> None:
    """CloudFormation gets no copy, and the gateway may read that secret alone."""
    stage, name = by_environment[environment], f"airside/airline/{environment}/flights"
    provider = stage.one("AWS::BedrockAgentCore::OAuth2CredentialProvider", Provider="flights")
    config = provider.properties["Oauth2ProviderConfigInput"]["CustomOauth2ProviderConfig"]
    assert config["ClientSecretSource"] == "EXTERNAL"
    assert config["ClientSecretConfig"] == {"SecretId": name, "JsonKey": "client_secret"}
    assert "ClientSecret" not in config
    assert not [text for text in strings(stage.templates) if "{{resolve:secretsmanager" in text]
    (read,) = [
        statement
        for statement in stage.statements(f"airline-{environment}-gateway")
        if statement.actions == ["secretsmanager:GetSecretValue"]
    ]
    (secret,) = read.resources
    assert joined(secret).endswith(f":secret:{name}-??????")


def test_an_outbound_secret_goes_to_the_declared_address_only(dev: Stage) -> None:
    provider = dev.one("AWS::BedrockAgentCore::OAuth2CredentialProvider", Provider="flights")
    config = provider.properties["Oauth2ProviderConfigInput"]["CustomOauth2ProviderConfig"]
    assert "DiscoveryUrl" not in config["OauthDiscovery"]
    metadata = config["OauthDiscovery"]["AuthorizationServerMetadata"]
    assert metadata["TokenEndpoint"] == "https://test.api.amadeus.com/v1/security/oauth2/token"


def test_what_holds_identities_survives_where_data_is_retained(dev: Stage, prod: Stage) -> None:
    for pool in ("agents", "users"):
        kept = prod.one("AWS::Cognito::UserPool", Pool=pool)
        assert (kept.body["DeletionPolicy"], kept.properties["DeletionProtection"]) == ("Retain", "ACTIVE")
        gone = dev.one("AWS::Cognito::UserPool", Pool=pool)
        assert (gone.body["DeletionPolicy"], gone.properties["DeletionProtection"]) == ("Delete", "INACTIVE")
