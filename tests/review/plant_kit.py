"""What planted changes are made of: the types of resources, the edits, and the change itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from review.stage import Stage
from tests.review.kit import added, edited, noted

Change = Callable[[Stage], Stage]

GATEWAY = "AWS::BedrockAgentCore::Gateway"
TARGET = "AWS::BedrockAgentCore::GatewayTarget"
POLICY = "AWS::BedrockAgentCore::Policy"
CLIENT = "AWS::Cognito::UserPoolClient"
POOL = "AWS::Cognito::UserPool"
ROLE = "AWS::IAM::Role"
RUNTIME = "AWS::BedrockAgentCore::Runtime"
FUNCTION = "AWS::Lambda::Function"
TABLE = "AWS::DynamoDB::Table"
PROVIDER = "AWS::BedrockAgentCore::OAuth2CredentialProvider"
LOGS = "AWS::Logs::LogGroup"


@dataclass(frozen=True)
class Plant:
    """One change. A widening has words to be told with; a benign one has none and must widen nothing."""

    name: str
    change: Change
    widens: str | None = None
    check: str | None = None


def on(type_: str, edit: Callable[[dict[str, Any]], Any], **which: Any) -> Change:
    return lambda stage: edited(stage, type_, edit, **which)


def put(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Sets the value at a dotted path; numbers are places in lists, and a missing object is made."""

    def edit(properties: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        found: Any = properties
        for key in parents:
            found = found[int(key)] if isinstance(found, list) else found.setdefault(key, {})
        if isinstance(found, list):
            found[int(last)] = value
        else:
            found[last] = value

    return edit


def drop(path: str) -> Callable[[dict[str, Any]], None]:
    def edit(properties: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        found: Any = properties
        for key in parents:
            found = found[int(key)] if isinstance(found, list) else found[key]
        del found[int(last) if isinstance(found, list) else last]

    return edit


def append(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def edit(properties: dict[str, Any]) -> None:
        found: Any = properties
        for key in path.split("."):
            found = found[int(key)] if isinstance(found, list) else found[key]
        found.append(value)

    return edit


def grant(**statement: Any) -> Callable[[dict[str, Any]], None]:
    """One more statement in a role's first inline policy."""
    return append("Policies.0.PolicyDocument.Statement", {"Effect": "Allow", **statement})


def replaced(path: str, old: str, new: str) -> Callable[[dict[str, Any]], None]:
    def edit(properties: dict[str, Any]) -> None:
        found: Any = properties
        *parents, last = path.split(".")
        for key in parents:
            found = found[int(key)] if isinstance(found, list) else found[key]
        if old not in found[last]:
            raise LookupError(f"{old!r} is not in {path}")
        found[last] = found[last].replace(old, new)

    return edit


def role_of(part: str) -> dict[str, Any]:
    return {"which": lambda role: part in str(role.properties.get("RoleName"))}


def token(stage: Stage, type_: str, note: str, attribute: str, key: str = "Agent") -> str:
    return next(each for each in stage.of_type(type_) if each.notes.get(key) == note).attribute(attribute)


def granting(role: str, action: str, type_: str, note: str, attribute: str, key: str = "Agent") -> Change:
    """A role gets an action on a resource of the stage."""
    return lambda stage: edited(
        stage, ROLE, grant(Action=action, Resource=token(stage, type_, note, attribute, key)), **role_of(role)
    )


STATEMENT = "Definition.Cedar.Statement"
JWT = "AuthorizerConfiguration.CustomJWTAuthorizer"
PERMIT = {"which": lambda policy: policy.notes.get("Agent") == "loyalty" and "Switch" not in policy.notes}
SWITCH = {"which": lambda policy: "Switch" in policy.notes}
BOOKING = {"which": noted("booking")}
LOYALTY = {"which": noted("loyalty")}
AGENT_ROLE = role_of("agent-booking")
VENDED = {"which": lambda group: "vendedlogs" in str(group.properties.get("LogGroupName"))}
SECOND = (
    'permit(principal is AgentCore::OAuthUser, action == AgentCore::Action::"customer-mcp___create_booking", '
    'resource == AgentCore::Gateway::"{arn}") when {{ principal.hasTag("scope") && '
    'principal.getTag("scope") == "airline/agent.{agent}" }};'
)
EVERYBODY = (
    "permit(principal is AgentCore::OAuthUser, action, "
    'resource == AgentCore::Gateway::"{arn}") when {{ principal.hasTag("client_id") }};'
)


def policy(text: str, **more: Any) -> Change:
    """One more policy in the engine of the gateway."""

    def change(stage: Stage) -> Stage:
        (gateway,) = stage.of_type(GATEWAY)
        (engine,) = stage.of_type("AWS::BedrockAgentCore::PolicyEngine")
        statement = text.format(arn=gateway.attribute("GatewayArn"), agent=more.get("agent", "loyalty"))
        properties = {
            "Name": "planted",
            "PolicyEngineId": engine.attribute("PolicyEngineId"),
            "Definition": {"Cedar": {"Statement": statement}},
            "EnforcementMode": more.get("mode", "ACTIVE"),
            "ValidationMode": more.get("validation", "FAIL_ON_ANY_FINDINGS"),
        }
        return added(stage, POLICY, properties)

    return change


def _literal_secret(properties: dict[str, Any]) -> None:
    given = properties["Oauth2ProviderConfigInput"]["CustomOauth2ProviderConfig"]
    del given["ClientSecretConfig"], given["ClientSecretSource"]
    given["ClientSecret"] = "f8Kq2-Lm9xZ0pR7tVw3y"


def tool(name: str, description: str = "Does something.") -> dict[str, Any]:
    schema = {"Type": "object", "Properties": {"a": {"Type": "string"}}, "Required": ["a"]}
    return {"Name": name, "Description": description, "InputSchema": schema}


PAYLOAD = "TargetConfiguration.Mcp.Lambda.ToolSchema.InlinePayload"
CUSTOMER = {"which": noted("customer-mcp", "Target")}
