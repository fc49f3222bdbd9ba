"""How things may be called (contracts §11, and the service's own reference for the rest)."""

from __future__ import annotations

from stacks.gates.limit import Limit, long, named

_CORE = "AWS::BedrockAgentCore::"
_SHORTER = "Shorten or rename the system, the environment or the declared thing in its file."

NAMES: tuple[Limit, ...] = (
    named(
        "gateway-name",
        "A gateway's name takes 1 to 48 letters and digits, with single hyphens between them.",
        _SHORTER,
        r"(?=.{1,48}$)[0-9a-zA-Z]+(-[0-9a-zA-Z]+)*",
        (f"{_CORE}Gateway", "Name"),
    ),
    named(
        "target-name",
        "A target's name takes 1 to 100 letters and digits, with single hyphens between them and no underscore.",
        "Rename the target in its file.",
        r"(?=.{1,100}$)[0-9a-zA-Z]+(-[0-9a-zA-Z]+)*",
        (f"{_CORE}GatewayTarget", "Name"),
    ),
    named(
        "resource-name",
        "Runtimes, endpoints, memories, interpreters, browsers, engines and policies take a letter, then up to 47 "
        "letters, digits and underscores, as a name.",
        _SHORTER,
        r"[a-zA-Z][a-zA-Z0-9_]{0,47}",
        (f"{_CORE}Runtime", "AgentRuntimeName"),
        (f"{_CORE}RuntimeEndpoint", "Name"),
        (f"{_CORE}Memory", "Name"),
        (f"{_CORE}CodeInterpreterCustom", "Name"),
        (f"{_CORE}BrowserCustom", "Name"),
        (f"{_CORE}PolicyEngine", "Name"),
        (f"{_CORE}Policy", "Name"),
    ),
    named(
        "provider-name",
        "A credential provider's name takes 1 to 128 letters, digits, hyphens and underscores.",
        _SHORTER,
        r"[a-zA-Z0-9\-_]{1,128}",
        (f"{_CORE}OAuth2CredentialProvider", "Name"),
        (f"{_CORE}ApiKeyCredentialProvider", "Name"),
    ),
    named(
        "workload-name",
        "A workload identity's name takes 3 to 255 letters, digits, dots, hyphens and underscores.",
        _SHORTER,
        r"[A-Za-z0-9_.-]{3,255}",
        (f"{_CORE}WorkloadIdentity", "Name"),
    ),
    named(
        "tool-name",
        "Models take tools with names of 1 to 64 letters, digits, hyphens and underscores.",
        "Rename the tool.",
        r"[a-zA-Z0-9_-]{1,64}",
        (f"{_CORE}GatewayTarget", "TargetConfiguration.Mcp.Lambda.ToolSchema.InlinePayload[].Name"),
    ),
    named(
        "role-name",
        "IAM takes 1 to 64 letters, digits and any of +=,.@_- as a role's name.",
        _SHORTER,
        r"[\w+=,.@-]{1,64}",
        ("AWS::IAM::Role", "RoleName"),
    ),
    named(
        "statement-id",
        "IAM takes letters and digits as a statement's id.",
        "Give the statement a sid of letters and digits.",
        r"[0-9A-Za-z]{1,100}",
        ("AWS::IAM::Role", "Policies[].PolicyDocument.Statement[].Sid"),
    ),
    named(
        "function-name",
        "Lambda takes 1 to 64 letters, digits, hyphens and underscores as a function's name.",
        _SHORTER,
        r"[a-zA-Z0-9-_]{1,64}",
        ("AWS::Lambda::Function", "FunctionName"),
    ),
    named(
        "delivery-name",
        "CloudWatch Logs takes 1 to 60 letters, digits, hyphens and underscores as a delivery's name.",
        _SHORTER,
        r"[\w-]{1,60}",
        ("AWS::Logs::DeliverySource", "Name"),
        ("AWS::Logs::DeliveryDestination", "Name"),
    ),
    named(
        "domain-prefix",
        "Cognito takes 1 to 63 small letters, digits and inner hyphens as a domain, without aws, amazon or cognito.",
        "Rename the system.",
        r"(?!.*(aws|amazon|cognito))[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?",
        ("AWS::Cognito::UserPoolDomain", "Domain"),
    ),
    long(
        "description",
        "AgentCore takes 1 to 200 characters of a gateway's or target's description.",
        "Shorten the description, or the purpose, in the declaration.",
        200,
        *((f"{_CORE}{kind}", "Description") for kind in ("Gateway", "GatewayTarget")),
        least=1,
    ),
    long(
        "function-description",
        "Lambda takes 256 characters of a description.",
        "Shorten the descriptions of the targets that share the function.",
        256,
        ("AWS::Lambda::Function", "Description"),
    ),
)
