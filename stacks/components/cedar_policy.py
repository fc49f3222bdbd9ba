"""One rendered policy as a resource."""

from __future__ import annotations

from typing import Literal

from aws_cdk import aws_bedrockagentcore as agentcore
from constructs import Construct

from governance.cedar_policy import Rendered


def place(
    scope: Construct,
    construct_id: str,
    rendered: Rendered,
    *,
    engine: agentcore.CfnPolicyEngine,
    validation: Literal["FAIL_ON_ANY_FINDINGS", "IGNORE_ALL_FINDINGS"],
) -> agentcore.CfnPolicy:
    """The policy, in the engine, in force if it is active and only logged if not."""
    return agentcore.CfnPolicy(
        Construct(scope, construct_id),
        "Resource",
        policy_engine_id=engine.attr_policy_engine_id,
        name=rendered.name,
        description=rendered.description,
        definition=agentcore.CfnPolicy.PolicyDefinitionProperty(
            cedar=agentcore.CfnPolicy.CedarPolicyProperty(statement=rendered.statement)
        ),
        validation_mode=validation,
        enforcement_mode="ACTIVE" if rendered.active else "LOG_ONLY",
    )
