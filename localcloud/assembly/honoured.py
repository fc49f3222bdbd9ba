"""Which properties the stand-ins honour, and which may be there without a local effect.

Everything else is refused by name: a property that changes what a deployed resource does, and is silently
ignored here, would make the laptop lie about AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localcloud.assembly.errors import UnsupportedProperty
from localcloud.assembly.resource import Resource
from localcloud.assembly.scope import StageScope

_CORE = "AWS::BedrockAgentCore::"


DEPLOYMENT = "deployment"
"""The phase of a function that CloudFormation calls while a stack is deployed: here none is."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


HONOURED: Mapping[str, frozenset[str]] = {
    "AWS::Cognito::UserPool": frozenset(),
    "AWS::Cognito::UserPoolClient": _words(
        "AccessTokenValidity AllowedOAuthFlows AllowedOAuthFlowsUserPoolClient AllowedOAuthScopes CallbackURLs "
        "GenerateSecret TokenValidityUnits UserPoolId"
    ),
    "AWS::Cognito::UserPoolResourceServer": _words("Identifier Scopes UserPoolId"),
    "AWS::Cognito::UserPoolDomain": _words("Domain UserPoolId"),
    f"{_CORE}OAuth2CredentialProvider": _words("Name Oauth2ProviderConfigInput CredentialProviderVendor"),
    f"{_CORE}ApiKeyCredentialProvider": _words("ApiKeySecretConfig ApiKeySecretSource Name"),
    f"{_CORE}WorkloadIdentity": _words("Name"),
    f"{_CORE}Gateway": _words(
        "AuthorizerConfiguration AuthorizerType ExceptionLevel InterceptorConfigurations Name "
        "PolicyEngineConfiguration ProtocolConfiguration ProtocolType RoleArn"
    ),
    f"{_CORE}GatewayTarget": _words(
        "CredentialProviderConfigurations GatewayIdentifier Name TargetConfiguration"
    ),
    f"{_CORE}GatewayRateLimit": _words("DimensionKeys Entries GatewayIdentifier RateLimitId"),
    f"{_CORE}PolicyEngine": _words("Name"),
    f"{_CORE}Policy": _words("Definition EnforcementMode Name PolicyEngineId ValidationMode"),
    f"{_CORE}Runtime": _words(
        "AgentRuntimeArtifact AgentRuntimeName AuthorizerConfiguration EnvironmentVariables "
        "LifecycleConfiguration ProtocolConfiguration RequestHeaderConfiguration RoleArn"
    ),
    f"{_CORE}RuntimeEndpoint": _words("AgentRuntimeId Name"),
    f"{_CORE}Memory": _words("EventExpiryDuration MemoryStrategies Name"),
    f"{_CORE}CodeInterpreterCustom": _words("Name NetworkConfiguration"),
    f"{_CORE}BrowserCustom": _words("Name"),
    "AWS::DynamoDB::Table": _words(
        "AttributeDefinitions BillingMode GlobalSecondaryIndexes KeySchema LocalSecondaryIndexes TableName"
    ),
    "AWS::Lambda::Function": _words(
        "Code Environment FunctionName Handler MemorySize ReservedConcurrentExecutions Runtime Timeout"
    ),
    "AWS::SecretsManager::Secret": _words("GenerateSecretString Name"),
    "AWS::SSM::Parameter": _words("Name Type Value"),
    # Acted on only so far that a rule with work to do is refused.
    "AWS::Events::Rule": _words("EventPattern Name State Targets"),
}
"""Properties a stand-in acts on, by type."""

HARMLESS: Mapping[str, frozenset[str]] = {
    # How people sign in, recover and are written to: locally they sign in by their name.
    "AWS::Cognito::UserPool": _words(
        "AccountRecoverySetting AdminCreateUserConfig AutoVerifiedAttributes DeletionProtection EnabledMfas "
        "EmailVerificationMessage EmailVerificationSubject MfaConfiguration Policies SmsVerificationMessage "
        "UserPoolAddOns UserPoolName UserPoolTags UserPoolTier UsernameAttributes UsernameConfiguration "
        "VerificationMessageTemplate"
    ),
    "AWS::Cognito::UserPoolClient": _words(
        "AuthSessionValidity ClientName EnableTokenRevocation ExplicitAuthFlows IdTokenValidity LogoutURLs "
        "PreventUserExistenceErrors RefreshTokenValidity SupportedIdentityProviders"
    ),
    "AWS::Cognito::UserPoolResourceServer": _words("Name"),
    "AWS::Cognito::UserPoolDomain": _words("ManagedLoginVersion"),
    f"{_CORE}WorkloadIdentity": _words("AllowedResourceOauth2ReturnUrls"),
    f"{_CORE}Gateway": _words("KmsKeyArn WafConfiguration"),
    f"{_CORE}PolicyEngine": _words("EncryptionKeyArn"),
    # One laptop has one network and one version of an agent; `notices` says so where a stage has others.
    f"{_CORE}Runtime": _words("NetworkConfiguration PlatformVersion"),
    f"{_CORE}RuntimeEndpoint": _words("AgentRuntimeVersion"),
    f"{_CORE}Memory": _words("EncryptionKeyArn MemoryExecutionRoleArn"),
    # Nothing runs there: `notices` says so, and whoever calls it is refused by name.
    f"{_CORE}BrowserCustom": _words("BrowserSigning NetworkConfiguration RecordingConfig"),
    # Expiry by TimeToLive takes days in AWS too: code must not count on it.
    "AWS::DynamoDB::Table": _words(
        "ContributorInsightsSpecification DeletionProtectionEnabled OnDemandThroughput "
        "PointInTimeRecoverySpecification ProvisionedThroughput SSESpecification TableClass "
        "TimeToLiveSpecification WarmThroughput"
    ),
    # The review reads the roles.
    "AWS::Lambda::Function": _words(
        "Architectures EphemeralStorage KmsKeyArn LoggingConfig RecursiveLoop Role RuntimeManagementConfig "
        "TracingConfig"
    ),
    "AWS::SecretsManager::Secret": _words("KmsKeyId"),
    "AWS::SSM::Parameter": _words("AllowedPattern DataType Tier"),
}
"""Properties without a local effect that nothing in the stage can notice, by type."""

_ALWAYS = _words("Description Tags")


def check(scope: StageScope) -> None:
    """Refuses, all at once, properties of acted-on types that would be ignored.

    Raises:
        UnsupportedProperty: with stack, logical id and property of each.
    """
    problems = [
        f"{resource.where}: no local stand-in honours {resource.type}.{key}."
        for kind, honoured in HONOURED.items()
        for resource in scope.resources(kind)
        if resource.note("Phase") != DEPLOYMENT
        for key in resource.declared
        if key not in honoured | HARMLESS.get(kind, frozenset()) | _ALWAYS
    ]
    problems += [
        f"{rule.where}: no event reaches {target} locally; only notices to an SNS topic may be left out."
        for rule in scope.resources("AWS::Events::Rule")
        for target in _targets(rule)
        if target.split(":")[2:3] != ["sns"]
    ]
    problems += [
        f"{interpreter.where}: only a code interpreter without a network (SANDBOX) runs locally, not {mode}."
        for interpreter in scope.resources(f"{_CORE}CodeInterpreterCustom")
        if (mode := _network(interpreter)) != "SANDBOX"
    ]
    if problems:
        advice = "Remove these properties, or run a stage without them."
        raise UnsupportedProperty("\n".join([*problems, advice]))


def _targets(rule: Resource) -> list[str]:
    """The ARNs a rule sends events to; what is none is told as it stands."""
    found = rule.get("Targets") or []
    listed = found if isinstance(found, list) else [found]
    return [str(target.get("Arn") if isinstance(target, dict) else target) for target in listed]


def _network(interpreter: Resource) -> Any:
    """The mode; what AWS makes of none is the open network."""
    network = interpreter.get("NetworkConfiguration")
    return network.get("NetworkMode", "PUBLIC") if isinstance(network, dict) else "PUBLIC"
