"""The credential of an external API: kept by AgentCore Identity, taken from the operator's secret."""

from __future__ import annotations

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
        config = resource.CustomOauth2ProviderConfigInputProperty(
            client_id=setting.client_id,
            # The operator's own secret: neither template nor CloudFormation ever holds the value. Whether it is
            # read for each token or when the provider is updated is not documented.
            client_secret_source="EXTERNAL",  # noqa: S106  where it is kept
            client_secret_config=resource.SecretReferenceProperty(
                secret_id=setting.secret_name, json_key=setting.secret_key
            ),
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
