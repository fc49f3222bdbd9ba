"""AWS WAF in front of the gateway, where an environment names a web ACL."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_bedrockagentcore as agentcore
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from stacks.deployment import Deployment


def configuration(deployment: Deployment) -> agentcore.CfnGateway.WafConfigurationProperty | None:
    """What the gateway does while AWS WAF does not answer: it refuses. None without a web ACL."""
    if deployment.environment.web_acl_arn is None:
        return None
    return agentcore.CfnGateway.WafConfigurationProperty(failure_mode="FAIL_CLOSE")


def associate(
    scope: Construct, *, deployment: Deployment, gateway: agentcore.CfnGateway, after: cdk.CfnResource
) -> None:
    """Puts the web ACL before the gateway, if there is one. A gateway takes it only while nothing changes it."""
    arn = deployment.environment.web_acl_arn
    if arn is None:
        return
    association = wafv2.CfnWebACLAssociation(
        scope, "WebAclAssociation", resource_arn=gateway.attr_gateway_arn, web_acl_arn=arn
    )
    association.add_resource_dependency(after)
