"""What every stack of a system has in common: name, tags, protection and the metadata that readers use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from constructs import Construct, IConstruct

from governance.model import Environment
from stacks.deployment import Deployment

METADATA = "Airside"
"""The metadata key by which the local platform and the review find what was declared."""


class PartStack(cdk.Stack):
    """A stack `<system>-<environment>-<part>`, or one of several of a part, with `-<shard>` at the end.

    `key` encrypts its log groups; None leaves that to CloudWatch Logs. The first stack makes it. `notes` are
    further metadata of the stack.
    """

    key: kms.IKey | None

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        key: kms.IKey | None,
        shard: str | None = None,
        notes: Mapping[str, Any] | None = None,
    ) -> None:
        name = construct_id.lower()
        super().__init__(
            scope,
            construct_id,
            stack_name=deployment.names.stack(name),
            description=f"{deployment.system.title}, {deployment.environment.name}: {name}",
            # A stack whose data must survive must not be deletable by one click.
            termination_protection=deployment.environment.retain_data,
            tags=deployment.tags,
        )
        self.key = key
        self.add_metadata(
            METADATA,
            {
                "System": deployment.system.name,
                "Environment": deployment.environment.name,
                "EntryAgent": deployment.system.entry_agent,
                "Part": name.removesuffix(f"-{shard}") if shard else name,
                **({"Shard": shard} if shard else {}),
                **(notes or {}),
            },
        )


def declare(resource: IConstruct, values: Mapping[str, Any]) -> None:
    """Writes on a resource which declared thing it is, so that readers need not parse names.

    `resource` is an L1 construct, or an L2 one with an L1 default child.
    """
    node = resource if isinstance(resource, cdk.CfnResource) else resource.node.default_child
    if not isinstance(node, cdk.CfnResource):
        raise TypeError(f"{resource.node.path} is no CloudFormation resource")
    node.add_metadata(METADATA, dict(values))


def removal_policy(deployment: Deployment) -> cdk.RemovalPolicy:
    """What happens to data and logs when their resource leaves the template."""
    return cdk.RemovalPolicy.RETAIN if deployment.environment.retain_data else cdk.RemovalPolicy.DESTROY


def roles_boundary(environment: Environment) -> cdk.PermissionsBoundary | None:
    """For a stage: bounds every role in it, also one that a construct of the library would make by itself."""
    name = environment.permissions_boundary
    return cdk.PermissionsBoundary.from_name(name) if name else None
