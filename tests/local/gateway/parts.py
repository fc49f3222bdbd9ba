"""Gateway specifications: targets, tools, policies and interceptors as an assembly would give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from localcloud.spec import CedarPolicy, Gateway, Interceptor, JwtAuthorizer, Target, ToolSpec

ORIGIN = "http://127.0.0.1:8701"
ISSUER = "http://127.0.0.1:8702/pool_1"
GATEWAY_ARN = "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/air-dev-abcdefghij"
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:customer"
GUARD = "arn:aws:lambda:us-east-1:111122223333:function:guard"


def tool(name: str, *required: str, output: Mapping[str, Any] | None = None, **properties: Any) -> ToolSpec:
    """A tool whose properties are given as `name="type"` or as schemas."""
    schema = {
        "type": "object",
        "properties": {
            key: {"type": value} if isinstance(value, str) else value for key, value in properties.items()
        },
        "required": list(required),
    }
    return ToolSpec(name, f"Does {name.replace('_', ' ')}.", schema, output)


CUSTOMER = Target(
    "customer-mcp",
    "TARGET0001",
    "lambda",
    function_arn=FUNCTION,
    tools=(
        tool("get_customer_info", "customer_id", customer_id="string"),
        tool(
            "create_booking",
            "customer_id",
            customer_id="string",
            amount="integer",
            price="number",
            offer="object",
        ),
    ),
)
INFO = "customer-mcp___get_customer_info"
CREATE = "customer-mcp___create_booking"


def gateway(**changes: Any) -> Gateway:
    """A gateway without interceptors and without a policy engine."""
    plain = Gateway(
        gateway_id="air-dev-abcdefghij",
        arn=GATEWAY_ARN,
        name="air-dev",
        url=f"{ORIGIN}/mcp",
        authorizer=JwtAuthorizer(
            discovery_url=f"{ISSUER}/.well-known/openid-configuration",
            allowed_clients=("client-booking", "client-loyalty"),
            allowed_scopes=("air/agent.booking", "air/agent.loyalty"),
        ),
        versions=("2025-06-18", "2025-11-25"),
        semantic_search=False,
        debug_exceptions=False,
        instructions="",
        interceptors=(),
        policy_mode=None,
        policies=(),
        targets=(CUSTOMER,),
    )
    return replace(plain, **changes)


def permit(name: str, agent: str, *tools: str, when: str = "", mode: str = "ACTIVE") -> CedarPolicy:
    """A permit as the gateway's own policies are written."""
    actions = ", ".join(f'AgentCore::Action::"{each}"' for each in tools)
    condition = f" && ({when})" if when else ""
    text = (
        f"permit(principal is AgentCore::OAuthUser, action in [{actions}], "
        f'resource == AgentCore::Gateway::"{GATEWAY_ARN}") when {{ principal.hasTag("scope") && '
        f'principal.getTag("scope") == "air/agent.{agent}"{condition} }};'
    )
    return CedarPolicy(name, text, mode)


def forbid(name: str, tool_name: str, when: str) -> CedarPolicy:
    """A forbid on one tool."""
    return CedarPolicy(
        name,
        f'forbid(principal, action == AgentCore::Action::"{tool_name}", '
        f'resource == AgentCore::Gateway::"{GATEWAY_ARN}") when {{ {when} }};',
    )


def interceptor(*points: str, headers: bool = False) -> Interceptor:
    return Interceptor(GUARD, points or ("REQUEST", "RESPONSE"), headers)
