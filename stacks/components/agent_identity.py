"""An agent's own app client, the secret it is known by, and the credential provider that uses both."""

from __future__ import annotations

from aws_cdk import aws_bedrockagentcore as agentcore
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from governance.model import Agent
from governance.names import CLIENT_SECRET_KEY
from governance.scopes import Scope
from stacks.deployment import Deployment
from stacks.part_stack import declare


class AgentIdentity(Construct):
    """Client, secret and provider of one agent (docs/decisions/0013).

    CloudFormation never sees the client's secret, so no deployment can bring an old one back. It makes an empty
    safe: a secret with a random value that Cognito does not know. `./airside rotate` puts a value in that Cognito
    does know; the provider reads it there. Until that was done once, the agent gets no token.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        agent: Agent,
        badge: Scope,
        pool: cognito.UserPool,
        resource_server: cognito.UserPoolResourceServer,
        domain: cognito.UserPoolDomain,
    ) -> None:
        super().__init__(scope, construct_id)
        # The typed L1: the L2 leaves ExplicitAuthFlows out, and Cognito then allows user password flows.
        self.client = cognito.CfnUserPoolClient(
            self,
            "Client",
            user_pool_id=pool.user_pool_id,
            client_name=deployment.names.client(agent.name),
            generate_secret=True,
            allowed_o_auth_flows=["client_credentials"],
            allowed_o_auth_flows_user_pool_client=True,
            allowed_o_auth_scopes=[badge.full],
            explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"],
            access_token_validity=deployment.environment.token_minutes,
            token_validity_units=cognito.CfnUserPoolClient.TokenValidityUnitsProperty(
                access_token="minutes"  # noqa: S106  a unit of time
            ),
            enable_token_revocation=True,
            prevent_user_existence_errors="ENABLED",
        )
        self.client.node.add_dependency(resource_server)
        declare(self.client, {"Agent": agent.name})

        self.secret = secretsmanager.CfnSecret(
            self,
            "Secret",
            name=deployment.names.agent_secret(agent.name),
            description=f"The live client secret of the agent {agent.name}",
            # A change of this property would replace the value (CloudFormation: GenerateSecretString).
            generate_secret_string=secretsmanager.CfnSecret.GenerateSecretStringProperty(
                secret_string_template="{}",  # noqa: S106  what the value is put into
                generate_string_key=CLIENT_SECRET_KEY,
                password_length=48,
                exclude_punctuation=True,
            ),
        )
        declare(self.secret, {"Agent": agent.name})

        provider_config = agentcore.CfnOAuth2CredentialProvider.CustomOauth2ProviderConfigInputProperty(
            client_id=self.client.ref,
            client_secret_source="EXTERNAL",  # noqa: S106  where the secret is, not what
            client_secret_config=agentcore.CfnOAuth2CredentialProvider.SecretReferenceProperty(
                secret_id=self.secret.ref, json_key=CLIENT_SECRET_KEY
            ),
            client_authentication_method="CLIENT_SECRET_BASIC",
            oauth_discovery=agentcore.CfnOAuth2CredentialProvider.Oauth2DiscoveryProperty(
                discovery_url=discovery_url(pool)
            ),
        )
        self.provider = agentcore.CfnOAuth2CredentialProvider(
            self,
            "Provider",
            name=deployment.names.agent_provider(agent.name),
            credential_provider_vendor="CustomOauth2",
            oauth2_provider_config_input=(
                agentcore.CfnOAuth2CredentialProvider.Oauth2ProviderConfigInputProperty(
                    custom_oauth2_provider_config=provider_config
                )
            ),
        )
        # Cognito's discovery document names a token endpoint only once the domain exists.
        self.provider.node.add_dependency(domain)
        declare(self.provider, {"Agent": agent.name})


def discovery_url(pool: cognito.UserPool) -> str:
    """The pool's OpenID configuration; from the pool's own attribute, so it holds in every partition."""
    return f"{pool.user_pool_provider_url}/.well-known/openid-configuration"
