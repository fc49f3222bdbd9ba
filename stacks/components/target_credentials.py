"""How the gateway authenticates to each target (contracts §1.6)."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_bedrockagentcore as agentcore

from governance.model import Target, TargetKind
from governance.outbound import KeyLocation, Provider, ProviderKind
from stacks.components.api_key_provider import ApiKeyProvider
from stacks.components.iam import AGENTCORE
from stacks.components.outbound_provider import OutboundProvider
from stacks.deployment import Deployment

_Target = agentcore.CfnGatewayTarget
_Credential = _Target.CredentialProviderConfigurationProperty
_LOCATIONS = {KeyLocation.HEADER: "HEADER", KeyLocation.QUERY: "QUERY_PARAMETER"}

Providers = Mapping[str, OutboundProvider | ApiKeyProvider]
"""The credential providers of AgentCore Identity, by the declared provider's name."""


def credentials(deployment: Deployment, target: Target, providers: Providers) -> list[_Credential] | None:
    """The one credential of a target; None for an open provider, which is asked without any."""
    if target.runtime is not None:
        # A hosted server lets callers in by IAM; AgentCore Runtime is the service that is asked.
        return [_role(AGENTCORE)]
    if target.provider is None:
        return [_role(None)]
    provider = deployment.system.provider(target.provider)
    if provider.kind is ProviderKind.NONE:
        return None
    if provider.kind is ProviderKind.IAM:
        # Targets whose service AgentCore knows by itself take no service, and refuse one.
        known = target.kind in (TargetKind.API_GATEWAY, TargetKind.SMITHY)
        return [_role(None if known else deployment.environment.providers[provider.name].service)]
    return [_kept(provider, providers[provider.name])]


def _role(service: str | None) -> _Credential:
    """The gateway's own role; `service` is what its requests are signed for."""
    return _Credential(
        credential_provider_type="GATEWAY_IAM_ROLE",
        credential_provider=(
            _Target.CredentialProviderProperty(
                iam_credential_provider=_Target.IamCredentialProviderProperty(service=service)
            )
            if service
            else None
        ),
    )


def _kept(provider: Provider, kept: OutboundProvider | ApiKeyProvider) -> _Credential:
    arn = kept.provider.attr_credential_provider_arn
    if provider.key is None:
        return _Credential(
            credential_provider_type="OAUTH",
            credential_provider=_Target.CredentialProviderProperty(
                oauth_credential_provider=_Target.OAuthCredentialProviderProperty(
                    provider_arn=arn, scopes=list(provider.scopes), grant_type="CLIENT_CREDENTIALS"
                )
            ),
        )
    return _Credential(
        credential_provider_type="API_KEY",
        credential_provider=_Target.CredentialProviderProperty(
            # All of it is written out: the defaults are a header `Authorization` and a prefix of its own.
            api_key_credential_provider=_Target.ApiKeyCredentialProviderProperty(
                provider_arn=arn,
                credential_location=_LOCATIONS[provider.key.location],
                credential_parameter_name=provider.key.name,
                credential_prefix=provider.key.prefix or None,
            )
        ),
    )
