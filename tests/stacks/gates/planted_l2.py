"""A throwaway application of the library's own AgentCore constructs, with every trap they are known to have.

What each does by itself is in contracts §12.2. Nothing here is an example: it is what the stacks must never hold.
"""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_bedrockagentcore as agentcore
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.synthesize import settings

DISCOVERY = "https://issuer.example/.well-known/openid-configuration"
RUNTIME_ARN = "arn:aws:bedrock-agentcore:eu-west-1:111122223333:runtime/other-abcdefghij"
SPEC = json.dumps(
    {
        "openapi": "3.0.0",
        "info": {"title": "Planted", "version": "1"},
        "servers": [{"url": "https://api.example"}],
        "paths": {"/a": {"get": {"operationId": "a", "responses": {"200": {"description": "ok"}}}}},
    }
)


def synthesize_planted(folder: Path) -> Path:
    """The assembly's folder; two stacks outside of any stage."""
    output = folder / "cdk.out"
    app = cdk.App(
        outdir=str(output),
        context=settings(),
        analytics_reporting=False,
        stack_traces=False,
        builtin_cloud_formation_validation=False,
    )
    env = cdk.Environment(account="111122223333", region="eu-west-1")
    gateway = _gateway(cdk.Stack(app, "Gateway", env=env))
    _runtime(cdk.Stack(app, "Runtime", env=env), gateway, folder / "code")
    app.synth()
    return output


def _gateway(stack: cdk.Stack) -> agentcore.Gateway:
    engine = agentcore.PolicyEngine(stack, "Engine", policy_engine_name="planted")
    config = agentcore.GatewayPolicyEngineConfig(
        policy_engine=engine, mode=agentcore.PolicyEngineMode.ENFORCE
    )
    gateway = agentcore.Gateway(stack, "Gateway", gateway_name="planted", policy_engine_configuration=config)
    tool = _function(stack, "Tool", {"GATEWAY_URL": str(gateway.gateway_url)})
    schema = agentcore.SchemaDefinition(type=agentcore.SchemaDefinitionType.STRING)
    tools = [agentcore.ToolDefinition(name="a.tool", description="A tool.", input_schema=schema)]
    for construct_id in ("First", "Second"):
        gateway.add_lambda_target(
            construct_id,
            gateway_target_name="planted",
            lambda_function=tool,
            tool_schema=agentcore.ToolSchema.from_inline(tools),
        )
    interceptor = _function(stack, "Interceptor", {})
    gateway.add_interceptor(agentcore.LambdaInterceptor.for_request(interceptor))
    engine.add_policy(
        "Policy", statement=agentcore.PolicyStatement.from_cedar("this is no Cedar, but long enough to pass")
    )
    _outbound(stack, gateway)
    runtime = agentcore.CfnGatewayTarget.RuntimeTargetConfigurationProperty(arn=RUNTIME_ARN)
    http = agentcore.CfnGatewayTarget.HttpTargetConfigurationProperty(agentcore_runtime=runtime)
    agentcore.CfnGatewayTarget(
        stack,
        "Http",
        name="http",
        gateway_identifier=gateway.gateway_id,
        target_configuration=agentcore.CfnGatewayTarget.TargetConfigurationProperty(http=http),
    )
    return gateway


def _outbound(stack: cdk.Stack, gateway: agentcore.Gateway) -> None:
    secret = cdk.SecretValue.unsafe_plain_text("planted")
    credential = agentcore.GatewayCredentialProvider
    provider = _provider(stack, secret)
    key = agentcore.ApiKeyCredentialProvider(stack, "Key", api_key=secret)
    for name, used in (
        ("oauth", credential.from_oauth_identity(provider, scopes=["a"])),
        ("key", credential.from_api_key_identity(key)),
    ):
        gateway.add_open_api_target(
            name,
            gateway_target_name=name,
            api_schema=agentcore.ApiSchema.from_inline(SPEC),
            credential_provider_configurations=[used],
        )


def _runtime(stack: cdk.Stack, gateway: agentcore.Gateway, code: Path) -> None:
    code.mkdir()
    (code / "main.py").write_text("", encoding="utf-8")
    pool = cognito.UserPool(stack, "Pool")
    group = logs.LogGroup(stack, "Logs")
    runtime = agentcore.Runtime(
        stack,
        "Runtime",
        runtime_name="planted",
        agent_runtime_artifact=agentcore.AgentRuntimeArtifact.from_code_asset(
            path=str(code), runtime=agentcore.AgentCoreRuntime.PYTHON_3_13, entrypoint=["main.py"]
        ),
        authorizer_configuration=agentcore.RuntimeAuthorizerConfiguration.using_cognito(
            pool, [pool.add_client("Client")]
        ),
        tracing_enabled=True,
        logging_configs=[
            agentcore.LoggingConfig(
                log_type=agentcore.LogType.APPLICATION_LOGS,
                destination=agentcore.LoggingDestination.cloud_watch_logs(group),
            )
        ],
    )
    runtime.add_endpoint("planted")
    summaries = agentcore.MemoryStrategy.using_built_in_summarization()
    memory = agentcore.Memory(stack, "Memory", memory_name="planted", memory_strategies=[summaries])
    interpreter = agentcore.CodeInterpreterCustom(stack, "Code", code_interpreter_custom_name="planted")
    browser = agentcore.BrowserCustom(stack, "Browser", browser_custom_name="planted")
    identity = agentcore.WorkloadIdentity(stack, "Workload", workload_identity_name="planted")
    who = iam.Role(stack, "Who", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    runtime.grant_invoke(who)
    memory.grant_full_access(who)
    gateway.grant_manage(who)
    interpreter.grant_use(who)
    browser.grant_use(who)
    identity.grant_use(who)
    _provider(stack, cdk.SecretValue.secrets_manager("planted")).grant_use(who)


def _provider(stack: cdk.Stack, secret: cdk.SecretValue) -> agentcore.OAuth2CredentialProvider:
    return agentcore.OAuth2CredentialProvider.using_custom(
        stack, "OAuth", discovery_url=DISCOVERY, client_id="planted", client_secret=secret
    )


def _function(scope: Construct, construct_id: str, variables: dict[str, str]) -> lambda_.Function:
    return lambda_.Function(
        scope,
        construct_id,
        runtime=lambda_.Runtime.PYTHON_3_14,
        handler="main.handler",
        code=lambda_.Code.from_inline("pass"),
        environment=variables,
    )
