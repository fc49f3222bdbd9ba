"""What `Ref` and `Fn::GetAtt` give for each resource type, as AWS would, with local addresses.

Source: AWS CloudFormation Template Reference, "Return values" of each type. A type or attribute that is not
listed here is refused by name.
"""

from __future__ import annotations

from localcloud.assembly.files import StackFiles
from localcloud.assembly.identifiers import LOWER, MIXED, UPPER, derived
from localcloud.assembly.passive import PASSIVE
from localcloud.assembly.resource import Kind, Resource, Value, arn, core, named, role_arn


def stack_id(stack: StackFiles) -> str:
    digits = derived(32, "0123456789abcdef", stack.name)
    uuid = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    return f"arn:aws:cloudformation:{stack.region}:{stack.account}:stack/{stack.name}/{uuid}"


def pool_id(r: Resource) -> str:
    return f"{r.scope.stack.region}_{r.derive(9, MIXED)}"


def pool_url(r: Resource) -> str:
    """The local issuer: in AWS `https://cognito-idp.<region>.amazonaws.com/<pool id>`."""
    return f"{r.scope.stage.addresses.issuer}/{pool_id(r)}"


def client_id(r: Resource) -> str:
    return r.derive(26, LOWER)


def client_secret(r: Resource) -> str:
    return r.scope.stage.secret(f"cognito-client:{r.where}", "")


def with_suffix(key: str, *, lower: bool = False) -> Value:
    """AgentCore ids: `<name>-<10 characters>`."""

    def make(r: Resource) -> str:
        name = r.text(key)
        return f"{name.lower() if lower else name}-{r.derive(10, LOWER)}"

    return make


gateway_id = with_suffix("Name", lower=True)
runtime_id = with_suffix("AgentRuntimeName")
engine_id = with_suffix("Name")
policy_id = with_suffix("Name")
memory_id = with_suffix("Name")
interpreter_id = with_suffix("Name")
browser_id = with_suffix("Name")


def target_id(r: Resource) -> str:
    return r.derive(10, UPPER)


def rate_limit_id(r: Resource) -> str:
    """The declared id, or ten characters of the service's."""
    return r.text("RateLimitId") if "RateLimitId" in r.declared else r.derive(10, LOWER)


def gateway_url(r: Resource) -> str:
    return f"{r.scope.stage.addresses.gateway}/mcp"


def provider_arn(r: Resource) -> str:
    return r.core(f"token-vault/default/oauth2credentialprovider/{r.text('Name')}")


def key_provider_arn(r: Resource) -> str:
    return r.core(f"token-vault/default/apikeycredentialprovider/{r.text('Name')}")


def _endpoint_arn(r: Resource) -> str:
    return r.core(f"runtime/{r.text('AgentRuntimeId')}/runtime-endpoint/{r.text('Name')}")


def _provider_secret(r: Resource) -> str:
    name = f"bedrock-agentcore-identity!default/oauth2/{r.text('Name')}-{r.derive(6, MIXED)}"
    return r.arn("secretsmanager", f"secret:{name}")


def policy_arn(r: Resource) -> str:
    return r.core(f"policy-engine/{r.text('PolicyEngineId')}/policy/{policy_id(r)}")


def secret_arn(r: Resource) -> str:
    return r.arn("secretsmanager", f"secret:{r.name('Name')}-{r.derive(6, MIXED)}")


function_arn = arn("lambda", "function:", "FunctionName")
table_arn = arn("dynamodb", "table/", "TableName")
runtime_arn = core("runtime", runtime_id)
gateway_arn = core("gateway", gateway_id)
memory_arn = core("memory", memory_id)
interpreter_arn = core("code-interpreter-custom", interpreter_id)
browser_arn = core("browser-custom", browser_id)
engine_arn = core("policy-engine", engine_id)

_LOCAL: dict[str, Kind] = {
    "AWS::Cognito::UserPool": Kind(
        pool_id,
        {
            "Arn": lambda r: r.arn("cognito-idp", f"userpool/{pool_id(r)}"),
            "ProviderName": lambda r: f"cognito-idp.{r.scope.stack.region}.amazonaws.com/{pool_id(r)}",
            "ProviderURL": pool_url,
            "UserPoolId": pool_id,
        },
    ),
    "AWS::Cognito::UserPoolClient": Kind(
        client_id, {"ClientId": client_id, "ClientSecret": client_secret, "Name": named("ClientName")}
    ),
    "AWS::Cognito::UserPoolResourceServer": Kind(lambda r: r.text("Identifier")),
    "AWS::Cognito::UserPoolDomain": Kind(lambda r: r.text("Domain")),
    "AWS::BedrockAgentCore::OAuth2CredentialProvider": Kind(
        provider_arn,
        {
            "CredentialProviderArn": provider_arn,
            "ClientSecretArn.SecretArn": _provider_secret,
            "ClientSecretArn": _provider_secret,
        },
    ),
    "AWS::BedrockAgentCore::ApiKeyCredentialProvider": Kind(
        key_provider_arn, {"CredentialProviderArn": key_provider_arn}
    ),
    "AWS::BedrockAgentCore::WorkloadIdentity": Kind(
        lambda r: r.text("Name"),
        {
            "WorkloadIdentityArn": lambda r: r.core(
                f"workload-identity-directory/default/workload-identity/{r.text('Name')}"
            )
        },
    ),
    "AWS::BedrockAgentCore::Gateway": Kind(
        gateway_id,
        {
            "GatewayArn": gateway_arn,
            "GatewayIdentifier": gateway_id,
            "GatewayUrl": gateway_url,
            "WorkloadIdentityDetails.WorkloadIdentityArn": lambda r: r.core(
                f"workload-identity-directory/default/workload-identity/{gateway_id(r)}"
            ),
        },
    ),
    "AWS::BedrockAgentCore::GatewayTarget": Kind(
        lambda r: f"{r.text('GatewayIdentifier')}|{target_id(r)}", {"TargetId": target_id}
    ),
    "AWS::BedrockAgentCore::GatewayRateLimit": Kind(
        lambda r: f"{r.text('GatewayIdentifier')}|{rate_limit_id(r)}", {"RateLimitId": rate_limit_id}
    ),
    "AWS::BedrockAgentCore::PolicyEngine": Kind(
        engine_arn, {"PolicyEngineArn": engine_arn, "PolicyEngineId": engine_id}
    ),
    "AWS::BedrockAgentCore::Policy": Kind(policy_arn, {"PolicyArn": policy_arn, "PolicyId": policy_id}),
    "AWS::BedrockAgentCore::Runtime": Kind(
        runtime_id,
        {
            "AgentRuntimeArn": runtime_arn,
            "AgentRuntimeId": runtime_id,
            "AgentRuntimeVersion": lambda _: "1",
            "WorkloadIdentityDetails.WorkloadIdentityArn": lambda r: r.core(
                f"workload-identity-directory/default/workload-identity/{runtime_id(r)}"
            ),
        },
    ),
    "AWS::BedrockAgentCore::RuntimeEndpoint": Kind(
        _endpoint_arn,
        {
            "AgentRuntimeEndpointArn": _endpoint_arn,
            "AgentRuntimeArn": lambda r: r.core(f"runtime/{r.text('AgentRuntimeId')}"),
            "LiveVersion": lambda r: str(r.get("AgentRuntimeVersion") or "1"),
        },
    ),
    "AWS::BedrockAgentCore::Memory": Kind(memory_arn, {"MemoryArn": memory_arn, "MemoryId": memory_id}),
    "AWS::BedrockAgentCore::CodeInterpreterCustom": Kind(
        interpreter_id, {"CodeInterpreterArn": interpreter_arn, "CodeInterpreterId": interpreter_id}
    ),
    "AWS::BedrockAgentCore::BrowserCustom": Kind(
        browser_id, {"BrowserArn": browser_arn, "BrowserId": browser_id}
    ),
    "AWS::DynamoDB::Table": Kind(named("TableName"), {"Arn": table_arn}),
    "AWS::DynamoDB::GlobalTable": Kind(named("TableName"), {"Arn": table_arn}),
    "AWS::Lambda::Function": Kind(named("FunctionName"), {"Arn": function_arn}),
    "AWS::SecretsManager::Secret": Kind(secret_arn, {"Id": secret_arn}),
    "AWS::SSM::Parameter": Kind(named("Name"), {"Value": lambda r: r.text("Value")}),
}
"""Types a stand-in acts on."""

TYPES: dict[str, Kind] = _LOCAL | PASSIVE

__all__ = ["PASSIVE", "TYPES", "Resource", "role_arn"]
