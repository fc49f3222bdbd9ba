"""Small decisions of the components, without an assembly."""

from __future__ import annotations

import dataclasses

import aws_cdk as cdk
import pytest

from governance.model import Delegation, ModelSetting, Project
from stacks.components.agent_role import model_statements
from stacks.components.tool_schema_property import schema_definition
from stacks.errors import UnsupportedSchema
from stacks.retention import retention
from stacks.runtime_stack import delegates_first
from stacks.synthesize import settings


@pytest.mark.parametrize("keyword", ["enum", "format", "oneOf", "minimum", "default"])
def test_a_constraint_the_gateway_cannot_hold_is_not_dropped_silently(keyword: str) -> None:
    with pytest.raises(UnsupportedSchema, match=rf"a_tool\.day: a gateway target has no {keyword}"):
        schema_definition({"type": "object", "properties": {"day": {"type": "string", keyword: 1}}}, "a_tool")


def test_nested_arguments_keep_their_shape() -> None:
    schema = schema_definition(
        {
            "type": "object",
            "properties": {"rows": {"type": "array", "items": {"type": "object", "required": ["id"]}}},
        },
        "a_tool",
    )
    properties = schema.properties
    assert isinstance(properties, dict)
    items = properties["rows"].items
    assert (items.type, items.required) == ("object", ["id"])


def test_delegates_come_before_their_callers_however_they_are_declared(project: Project) -> None:
    system = project.system("airline")
    for agents in (system.agents, tuple(reversed(system.agents))):
        order = delegates_first(dataclasses.replace(system, agents=agents))
        for agent in agents:
            for delegation in agent.delegates:
                assert order.index(delegation.agent) < order.index(agent.name)


def test_a_circle_of_delegation_is_an_error_not_an_endless_loop(project: Project) -> None:
    system = project.system("airline")
    policy = system.agent("policy")
    back = dataclasses.replace(policy, delegates=(Delegation("orchestrator", policy.source),))
    agents = tuple(back if agent.name == "policy" else agent for agent in system.agents)
    with pytest.raises(ValueError, match="cycle"):
        delegates_first(dataclasses.replace(system, agents=agents))


def test_a_retention_nobody_knows_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="log_retention_days is 15; CloudWatch Logs knows 1, 3, 5, 7, 14"):
        retention(15)


def test_a_global_profile_may_reach_its_models_wherever_aws_routes(project: Project) -> None:
    """Their ARN has an empty region; without it the first call through the profile is denied."""
    app = cdk.App(context=settings())
    stack = cdk.Stack(app, env=cdk.Environment(account="111122223333", region="eu-west-1"))
    agent = project.system("airline").agents[0]
    model = ModelSetting("global.vendor.model-v1:0", ("vendor.model-v1:0",), ("eu-west-1",))
    profile, behind = model_statements(stack, agent, model)
    arn = "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/global.vendor.model-v1:0"
    assert stack.resolve(profile.resources) == [arn]
    assert stack.resolve(behind.resources) == [
        "arn:aws:bedrock:eu-west-1::foundation-model/vendor.model-v1:0",
        "arn:aws:bedrock:::foundation-model/vendor.model-v1:0",
    ]
    assert stack.resolve(behind.conditions) == {"StringEquals": {"bedrock:InferenceProfileArn": arn}}
