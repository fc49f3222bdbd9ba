"""Which properties the rest of the model speaks of, and which say nothing about access, by type.

Paths are dotted, `*` stands for any member, and a path holds everything below it. What is in neither table is kept
as a setting (`review.collect.settings`): a property that nobody here knows is never taken for harmless.
"""

from __future__ import annotations

from collections.abc import Mapping

_AUTHORIZER = tuple(
    f"AuthorizerConfiguration.CustomJWTAuthorizer.{key}"
    for key in (
        "AllowedAudience",
        "AllowedClients",
        "AllowedScopes",
        "AllowedWorkloadConfiguration",
        "CustomClaims",
        "DiscoveryUrl",
    )
)

SPOKEN: Mapping[str, tuple[str, ...]] = {
    "AWS::BedrockAgentCore::Gateway": (
        *_AUTHORIZER,
        "AuthorizerType",
        "ExceptionLevel",
        "InterceptorConfigurations.*.InputConfiguration.PassRequestHeaders",
        "InterceptorConfigurations.*.InterceptionPoints",
        "InterceptorConfigurations.*.Interceptor.Lambda.Arn",
        "KmsKeyArn",
        "Name",
        "PolicyEngineConfiguration.Arn",
        "PolicyEngineConfiguration.Mode",
        "ProtocolConfiguration.Mcp.SearchType",
        "ProtocolConfiguration.Mcp.SupportedVersions",
        "RoleArn",
        "WafConfiguration.FailureMode",
    ),
    "AWS::BedrockAgentCore::GatewayRateLimit": (
        "DimensionKeys",
        "Entries",
        "GatewayIdentifier",
        "RateLimitId",
    ),
    "AWS::BedrockAgentCore::GatewayTarget": (
        "CredentialProviderConfigurations",
        "GatewayIdentifier",
        "Name",
        "TargetConfiguration.Http",
        "TargetConfiguration.Mcp.ApiGateway.ApiGatewayToolConfiguration.ToolOverrides",
        "TargetConfiguration.Mcp.ApiGateway.RestApiId",
        "TargetConfiguration.Mcp.ApiGateway.Stage",
        "TargetConfiguration.Mcp.Connector",
        "TargetConfiguration.Mcp.Lambda.LambdaArn",
        "TargetConfiguration.Mcp.Lambda.ToolSchema.InlinePayload",
        "TargetConfiguration.Mcp.McpServer.Endpoint",
        "TargetConfiguration.Mcp.McpServer.McpToolSchema",
        "TargetConfiguration.Mcp.OpenApiSchema.InlinePayload",
        "TargetConfiguration.Mcp.SmithyModel.InlinePayload",
    ),
    "AWS::BedrockAgentCore::Memory": (
        "EncryptionKeyArn",
        "EventExpiryDuration",
        "MemoryExecutionRoleArn",
        "MemoryStrategies",
        "Name",
    ),
    "AWS::BedrockAgentCore::OAuth2CredentialProvider": (
        "CredentialProviderVendor",
        "Name",
        "Oauth2ProviderConfigInput.*.ClientSecret",
        "Oauth2ProviderConfigInput.*.ClientSecretArn",
        "Oauth2ProviderConfigInput.*.ClientSecretConfig",
        "Oauth2ProviderConfigInput.*.OauthDiscovery",
    ),
    "AWS::BedrockAgentCore::ApiKeyCredentialProvider": (
        "ApiKey",
        "ApiKeySecretArn",
        "ApiKeySecretConfig",
        "Name",
    ),
    "AWS::BedrockAgentCore::Policy": (
        "Definition.Cedar.Statement",
        "EnforcementMode",
        "Name",
        "PolicyEngineId",
        "ValidationMode",
    ),
    "AWS::BedrockAgentCore::PolicyEngine": ("Name",),
    "AWS::BedrockAgentCore::Runtime": (
        "AgentRuntimeArtifact.CodeConfiguration.Code",
        "AgentRuntimeArtifact.ContainerConfiguration",
        "AgentRuntimeName",
        *_AUTHORIZER,
        "EnvironmentVariables.SHOWN_RESULTS",
        "LifecycleConfiguration",
        "NetworkConfiguration.NetworkMode",
        "NetworkConfiguration.NetworkModeConfig.SecurityGroups",
        "NetworkConfiguration.NetworkModeConfig.Subnets",
        "ProtocolConfiguration",
        "RequestHeaderConfiguration.RequestHeaderAllowlist",
        "RoleArn",
    ),
    "AWS::BedrockAgentCore::RuntimeEndpoint": ("AgentRuntimeId", "AgentRuntimeVersion", "Name"),
    "AWS::Cognito::UserPool": (
        "AdminCreateUserConfig.AllowAdminCreateUserOnly",
        "DeletionProtection",
        "MfaConfiguration",
        "UserPoolAddOns.AdvancedSecurityMode",
        "UserPoolName",
    ),
    "AWS::Cognito::UserPoolClient": (
        "AccessTokenValidity",
        "AllowedOAuthFlows",
        "AllowedOAuthScopes",
        "ClientName",
        "EnableTokenRevocation",
        "ExplicitAuthFlows",
        "GenerateSecret",
        "PreventUserExistenceErrors",
        "RefreshTokenValidity",
        "TokenValidityUnits.AccessToken",
        "TokenValidityUnits.RefreshToken",
        "UserPoolId",
    ),
    "AWS::Cognito::UserPoolResourceServer": ("Identifier", "Name", "Scopes", "UserPoolId"),
    "AWS::DynamoDB::GlobalTable": (
        "Replicas.*.DeletionProtectionEnabled",
        "Replicas.*.PointInTimeRecoverySpecification",
        "SSESpecification",
        "TableName",
    ),
    "AWS::DynamoDB::Table": (
        "DeletionProtectionEnabled",
        "PointInTimeRecoverySpecification",
        "ResourcePolicy",
        "SSESpecification",
        "TableName",
    ),
    "AWS::IAM::Role": (
        "AssumeRolePolicyDocument",
        "ManagedPolicyArns",
        "MaxSessionDuration",
        "PermissionsBoundary",
        "Policies",
        "RoleName",
    ),
    "AWS::KMS::Key": ("EnableKeyRotation", "KeyPolicy"),
    "AWS::Lambda::Function": (
        "FunctionName",
        "LoggingConfig.LogGroup",
        "ReservedConcurrentExecutions",
        "Role",
        "Timeout",
    ),
    "AWS::Logs::LogGroup": ("KmsKeyId", "LogGroupName", "RetentionInDays"),
    "AWS::S3::Bucket": (
        "BucketName",
        "VersioningConfiguration.Status",
    ),
    "AWS::SNS::Topic": ("KmsMasterKeyId", "TopicName"),
    "AWS::SQS::Queue": ("KmsMasterKeyId", "QueueName"),
    "AWS::SecretsManager::Secret": ("KmsKeyId", "Name"),
}

HARMLESS: Mapping[str, tuple[str, ...]] = {
    "AWS::Budgets::Budget": ("ResourceTags",),
    "AWS::CloudFront::Distribution": (
        "DistributionConfig.Comment",
        "DistributionConfig.HttpVersion",
        "DistributionConfig.IPV6Enabled",
        "DistributionConfig.PriceClass",
    ),
    "AWS::CloudFront::Function": ("FunctionConfig.Comment",),
    "AWS::CloudWatch::Alarm": ("AlarmDescription", "AlarmName", "InsufficientDataActions", "OKActions"),
    "AWS::Cognito::UserPool": (
        "AdminCreateUserConfig.InviteMessageTemplate",
        "EmailVerificationMessage",
        "EmailVerificationSubject",
        "SmsVerificationMessage",
        "VerificationMessageTemplate",
    ),
    "AWS::DynamoDB::GlobalTable": (
        "AttributeDefinitions",
        "BillingMode",
        "GlobalSecondaryIndexes",
        "KeySchema",
        "LocalSecondaryIndexes",
        "TimeToLiveSpecification",
    ),
    "AWS::DynamoDB::Table": (
        "AttributeDefinitions",
        "BillingMode",
        "ContributorInsightsSpecification",
        "GlobalSecondaryIndexes",
        "KeySchema",
        "LocalSecondaryIndexes",
        "OnDemandThroughput",
        "ProvisionedThroughput",
        "TableClass",
        "TimeToLiveSpecification",
    ),
    "AWS::KMS::Key": ("PendingWindowInDays", "RotationPeriodInDays"),
    "AWS::Lambda::Function": (
        "Architectures",
        "Code.ZipFile",
        "EphemeralStorage",
        "MemorySize",
        "Runtime",
        "RuntimeManagementConfig",
        "SnapStart",
        "TracingConfig",
    ),
    "AWS::Logs::LogGroup": ("FieldIndexPolicies", "LogGroupClass"),
    "AWS::S3::Bucket": ("LifecycleConfiguration", "MetricsConfigurations"),
    "AWS::SNS::Topic": ("DisplayName",),
    "AWS::SQS::Queue": (
        "DelaySeconds",
        "MaximumMessageSize",
        "MessageRetentionPeriod",
        "ReceiveMessageWaitTimeSeconds",
        "VisibilityTimeout",
    ),
}

WHOLE: Mapping[str, tuple[str, ...]] = {
    "AWS::Budgets::Budget": ("Budget.CostFilters", "NotificationsWithSubscribers"),
    "AWS::CloudWatch::Alarm": ("AlarmActions", "Dimensions", "Metrics"),
    "AWS::Events::Rule": ("EventPattern", "Targets.*.InputTransformer"),
    "AWS::Logs::MetricFilter": ("MetricTransformations",),
}
"""What is one thought of many members: kept as one value, so that a model stays readable."""

SILENT = frozenset({"AWS::CDK::Metadata", "AWS::CloudWatch::Dashboard", "AWS::Logs::QueryDefinition"})
"""Types that decide nothing: they show."""

LASTING = frozenset(
    {
        "AWS::BedrockAgentCore::Memory",
        "AWS::Cognito::UserPool",
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::KMS::Key",
        "AWS::S3::Bucket",
    }
)
"""Types whose contents go with a replacement, unless they are kept."""
