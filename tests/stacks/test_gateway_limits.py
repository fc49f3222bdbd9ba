"""Rate limits and the web ACL of every environment's gateway: what is declared, and nothing more."""

from __future__ import annotations

import json

import cedarpy
import pytest

from governance.model import Project
from tests.stacks.templates import Resource, Stage, joined

LIMIT = "AWS::BedrockAgentCore::GatewayRateLimit"
GATEWAY = "AWS::BedrockAgentCore::Gateway"
CLIENT = "$.context.jwt.client_id"
ENVIRONMENTS = ["dev", "staging", "prod"]


def entries(limit: Resource) -> dict[str, int]:
    """Subject → requests in a minute; an agent's subject is its client, as `<import …>`."""
    (key,) = limit.properties["DimensionKeys"]
    found = {}
    for entry in limit.properties["Entries"]:
        assert set(entry) == {"Dimensions", "Requests"}
        assert set(entry["Dimensions"]) == {key}
        (rate,) = entry["Requests"]
        assert rate["Period"] == "minute"
        found[joined(entry["Dimensions"][key])] = rate["Rate"]
    assert len(found) == len(limit.properties["Entries"])
    return found


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_agents_and_tools_have_the_declared_rates_in_one_limit_each(
    by_environment: dict[str, Stage], environment: str
) -> None:
    stage = by_environment[environment]
    agents, tools = stage.resources(LIMIT)
    assert (agents.properties["RateLimitId"], agents.properties["DimensionKeys"]) == ("agents", [CLIENT])
    assert (tools.properties["RateLimitId"], tools.properties["DimensionKeys"]) == ("tools", ["toolName"])
    assert entries(tools) == {
        "customer-mcp___create_booking": 300,
        "flights-api___search_flights": 600,
        "*": 1200,
    }
    exports = stage.templates["identity"]["Outputs"]
    client, default = entries(agents).items()
    export = client[0].removeprefix("<import ").removesuffix(">").split(":", 1)[1]
    assert exports[export]["Value"] == {"Ref": stage.one("AWS::Cognito::UserPoolClient", Agent="loyalty").id}
    assert (client[1], default) == (1500, ("*", 3000))
    assert agents.declared == {"RateLimit": "agents", "PerMinute": {"loyalty": 1500, "*": 3000}}


def test_limits_come_one_by_one_after_the_targets(stages: list[Stage]) -> None:
    """A gateway that something else changes refuses a limit."""
    for stage in stages:
        gateway = stage.one(GATEWAY).id
        before = stage.resources("AWS::BedrockAgentCore::GatewayTarget")[-1].id
        for limit in stage.resources(LIMIT):
            assert limit.depends_on == {before}
            assert limit.properties["GatewayIdentifier"] == {"Fn::GetAtt": [gateway, "GatewayIdentifier"]}
            before = limit.id


def test_limits_fit_into_a_gateway(stages: list[Stage]) -> None:
    for stage in stages:
        limits = stage.resources(LIMIT)
        dimensions = [tuple(limit.properties["DimensionKeys"]) for limit in limits]
        assert len(set(dimensions)) == len(limits) <= 50
        assert all(1 <= len(limit.properties["Entries"]) <= 1000 for limit in limits)


def test_nobodys_limit_is_for_a_tool_that_does_not_exist(stages: list[Stage], project: Project) -> None:
    for stage in stages:
        tools = {tool.full_name for tool in project.system("airline").tools}
        assert set(entries(stage.resources(LIMIT)[1])) - {"*"} <= tools


def test_no_environment_without_a_web_acl_speaks_of_one(stages: list[Stage]) -> None:
    for stage in stages:
        assert stage.resources("AWS::WAFv2::WebACLAssociation") == []
        assert "WafConfiguration" not in stage.one(GATEWAY).properties


def test_every_policy_is_exactly_one_statement(stages: list[Stage]) -> None:
    """A resource holds one (contracts §3.3); a second one would be refused, or worse, be taken for a part."""
    for stage in stages:
        for policy in stage.resources("AWS::BedrockAgentCore::Policy"):
            text = joined(policy.properties["Definition"]["Cedar"]["Statement"])
            parsed = json.loads(cedarpy.policies_to_json_str(text))
            assert len(parsed["staticPolicies"]) == 1
            assert not parsed["templates"]
