"""A stage in memory with one of each thing a limit speaks of, small and within all of them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from stacks.gates.finding import Finding
from stacks.gates.limits import findings
from stacks.gates.templates import StageTemplates

Template = dict[str, Any]
Change = Callable[[Template], object]

CORE = "AWS::BedrockAgentCore::"
PATH = "assembly-library-dev/gateway.template.json"
STATEMENT = 'permit(principal, action == Action::"a", resource);'


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def tool(name: str = "find_book") -> dict[str, Any]:
    return {"Name": name, "Description": "Finds.", "InputSchema": {"Type": "object"}}


def target(name: str, tools: list[dict[str, Any]] | None = None, after: str | None = None) -> dict[str, Any]:
    """A lambda target of the gateway `Gateway`."""
    schema = {"ToolSchema": {"InlinePayload": tools if tools is not None else [tool()]}, "LambdaArn": "arn:l"}
    body = _resource(
        f"{CORE}GatewayTarget",
        Name=name,
        Description="A target.",
        GatewayIdentifier={"Fn::GetAtt": ["Gateway", "GatewayIdentifier"]},
        TargetConfiguration={"Mcp": {"Lambda": schema}},
        CredentialProviderConfigurations=[
            {"CredentialProvider": {"OauthCredentialProvider": {"Scopes": ["read"]}}}
        ],
        MetadataConfiguration={"AllowedRequestHeaders": ["X-One"]},
    )
    return body | ({"DependsOn": [after]} if after else {})


def policy(statement: Any = STATEMENT) -> dict[str, Any]:
    return _resource(
        f"{CORE}Policy",
        Name="library_dev_librarian",
        PolicyEngineId={"Ref": "Engine"},
        Definition={"Cedar": {"Statement": statement}},
    )


def document(resource: Any = "arn:a") -> dict[str, Any]:
    """A policy document with one statement."""
    statement = {"Sid": "OwnLog", "Effect": "Allow", "Action": "a:B", "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


def child(kind: str, key: str, parent: str, **properties: Any) -> dict[str, Any]:
    return _resource(f"{CORE}{kind}", **{key: {"Ref": parent}}, **properties)


def sound() -> Template:
    authorizer = {
        "AllowedScopes": ["library/agent.librarian"],
        "CustomClaims": [{"AuthorizingClaimMatchValue": {"ClaimMatchValue": {"MatchValueString": "a"}}}],
    }
    return {
        "Description": "Library, dev: gateway",
        "Resources": {
            "Gateway": _resource(
                f"{CORE}Gateway",
                Name="library-dev",
                Description="The library.",
                ProtocolConfiguration={
                    "Mcp": {
                        "SupportedVersions": ["2025-06-18"],
                        "Instructions": "Ask.",
                        "SessionConfiguration": {"SessionTimeoutInSeconds": 3600},
                    }
                },
                AuthorizerConfiguration={"CustomJWTAuthorizer": authorizer},
                InterceptorConfigurations=[
                    {
                        "InterceptionPoints": ["REQUEST", "RESPONSE"],
                        "Interceptor": {"Lambda": {"Arn": {"Fn::GetAtt": ["Function", "Arn"]}}},
                    }
                ],
            ),
            "First": target("catalog"),
            "Second": target("loans", after="First"),
            "RateLimit": child(
                "GatewayRateLimit", "GatewayIdentifier", "Gateway", DimensionKeys=["a"], Entries=[{}]
            ),
            "Engine": _resource(f"{CORE}PolicyEngine", Name="library_dev"),
            "Policy": policy(),
            "GatewayPolicy": _resource(f"{CORE}ResourcePolicy", Policy="{}"),
            "Runtime": _resource(
                f"{CORE}Runtime",
                AgentRuntimeName="library_dev_librarian",
                EnvironmentVariables={"AGENT_NAME": "librarian"},
                RequestHeaderConfiguration={"RequestHeaderAllowlist": ["Authorization"]},
                LifecycleConfiguration={"IdleRuntimeSessionTimeout": 300, "MaxLifetime": 3600},
            ),
            "Endpoint": child("RuntimeEndpoint", "AgentRuntimeId", "Runtime", Name="dev"),
            "Memory": _resource(
                f"{CORE}Memory",
                Name="library_dev_librarian",
                EventExpiryDuration=30,
                MemoryStrategies=[{"UserPreferenceMemoryStrategy": {"Namespaces": ["/readers/{actorId}/"]}}],
            ),
            "Provider": _resource(f"{CORE}OAuth2CredentialProvider", Name="library-dev-agent-librarian"),
            "Workload": _resource(f"{CORE}WorkloadIdentity", Name="library"),
            "Function": _resource(
                "AWS::Lambda::Function",
                FunctionName="library-dev-tool-catalog",
                Description="Finds.",
                Timeout=10,
                Environment={"Variables": {"TABLE_BOOKS": {"Ref": "Books"}}},
            ),
            "Role": _resource(
                "AWS::IAM::Role",
                RoleName="library-dev-gateway",
                AssumeRolePolicyDocument=document(),
                Policies=[{"PolicyName": "Gateway", "PolicyDocument": document()}],
            ),
            "Badges": _resource(
                "AWS::Cognito::UserPoolResourceServer", Identifier="library", Scopes=["agent.librarian"]
            ),
            "Domain": _resource("AWS::Cognito::UserPoolDomain", Domain="library-dev-444455556666"),
            "Source": _resource("AWS::Logs::DeliverySource", Name="library-dev-gateway-logs"),
        },
    }


def found(change: Change = lambda _: None, **others: Template) -> list[Finding]:
    """What the limits find in the sound stage after `change`; `others` are more templates of the stage."""
    template = copy.deepcopy(sound())
    change(template)
    return findings(StageTemplates({PATH: template, **others}))


def put(place: str, value: Any) -> Change:
    """Sets `Resource.Key.Key`; a number goes into a list."""

    def change(template: Template) -> None:
        logical_id, *keys = place.split(".")
        node: Any = template["Resources"][logical_id]["Properties"]
        for key in keys[:-1]:
            node = node[int(key)] if isinstance(node, list) else node[key]
        node[int(keys[-1]) if isinstance(node, list) else keys[-1]] = value

    return change


def add(count: int, make: Callable[[int], Any]) -> Change:
    """Adds so many resources, made from their numbers."""

    def change(template: Template) -> None:
        template["Resources"].update({f"Added{number}": make(number) for number in range(count)})

    return change
