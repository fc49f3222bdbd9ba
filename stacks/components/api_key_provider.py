"""The API key of an external API: AgentCore Identity reads it from the operator's own secret."""

from __future__ import annotations

from aws_cdk import aws_bedrockagentcore as agentcore
from constructs import Construct

from governance.outbound import Provider
from stacks.deployment import Deployment
from stacks.part_stack import declare


class ApiKeyProvider(Construct):
    """One API key credential provider. Template and CloudFormation hold the secret's name, never the key."""

    def __init__(
        self, scope: Construct, construct_id: str, *, deployment: Deployment, provider: Provider
    ) -> None:
        super().__init__(scope, construct_id)
        setting = deployment.environment.providers[provider.name]
        self.provider = agentcore.CfnApiKeyCredentialProvider(
            self,
            "Provider",
            name=deployment.names.outbound_provider(provider.name),
            api_key_secret_source="EXTERNAL",  # noqa: S106  where it is kept
            api_key_secret_config=agentcore.CfnApiKeyCredentialProvider.SecretReferenceProperty(
                secret_id=setting.secret_name, json_key=setting.secret_key
            ),
        )
        declare(self.provider, {"Provider": provider.name})
