"""The credential of an external API: kept by AgentCore Identity, taken from the operator's secret."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_bedrockagentcore as agentcore
from constructs import Construct

from governance.model import Provider
from stacks.deployment import Deployment
from stacks.part_stack import declare


class OutboundProvider(Construct):
    """One OAuth2 credential provider with literal endpoints of the environment's settings.

    The endpoints are written out rather than discovered: a provider's answer at deployment time must not be
    able to send the secret elsewhere.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, deployment: Deployment, provider: Provider
    ) -> None:
        super().__init__(scope, construct_id)
        setting = deployment.environment.providers[provider.name]
        resource = agentcore.CfnOAuth2CredentialProvider
        secret = cdk.SecretValue.secrets_manager(setting.secret_name, json_field=setting.secret_key)
        config = resource.CustomOauth2ProviderConfigInputProperty(
            client_id=setting.client_id,
            # A dynamic reference: CloudFormation resolves it, the template never holds the value.
            client_secret=secret.unsafe_unwrap(),
            client_authentication_method="CLIENT_SECRET_POST",
            oauth_discovery=resource.Oauth2DiscoveryProperty(
                authorization_server_metadata=resource.Oauth2AuthorizationServerMetadataProperty(
                    issuer=setting.issuer,
                    # Required by the schema; client credentials never visit it.
                    authorization_endpoint=setting.token_url,
                    token_endpoint=setting.token_url,
                )
            ),
        )
        self.provider = resource(
            self,
            "Provider",
            name=deployment.names.outbound_provider(provider.name),
            credential_provider_vendor="CustomOauth2",
            oauth2_provider_config_input=resource.Oauth2ProviderConfigInputProperty(
                custom_oauth2_provider_config=config
            ),
        )
        declare(self.provider, {"Provider": provider.name})
