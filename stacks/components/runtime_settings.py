"""What an environment says about its runtimes, as a runtime takes it, and what a runtime cannot take."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_bedrockagentcore as agentcore

from governance.hosting import AgentHosting, Network, NetworkMode, PlatformVersion
from governance.model import Agent, Target
from stacks.errors import RuntimeLimit

MAX_VARIABLES = 50
MAX_VALUE = 2048
"""Characters CloudFormation takes for one value; the service itself would take 5000 (contracts §5.4)."""

MAX_TOTAL = {PlatformVersion.V1: 4000, PlatformVersion.V2: 2500}
"""Bytes of all names and values (AgentCore Developer Guide, "Platform versions": 4 KB, and 2.5 KB for
containers of V2); counted in thousands, the stricter reading."""

_TOKEN_ROOM = 128
"""The longest a runtime's ARN or a gateway's URL can be: what a value unknown at synth may become."""

_Runtime = agentcore.CfnRuntime


def lifecycle(hosting: AgentHosting) -> agentcore.CfnRuntime.LifecycleConfigurationProperty:
    return _Runtime.LifecycleConfigurationProperty(
        idle_runtime_session_timeout=hosting.idle_seconds, max_lifetime=hosting.lifetime_seconds
    )


def network(setting: Network) -> agentcore.CfnRuntime.NetworkConfigurationProperty:
    """The service makes the interfaces in a VPC with its own service-linked role; the agent's needs nothing."""
    if setting.mode is NetworkMode.PUBLIC:
        return _Runtime.NetworkConfigurationProperty(network_mode="PUBLIC")
    return _Runtime.NetworkConfigurationProperty(
        network_mode="VPC",
        network_mode_config=_Runtime.VpcConfigProperty(
            subnets=list(setting.subnets), security_groups=list(setting.security_groups)
        ),
    )


def check_variables(owner: Agent | Target, variables: Mapping[str, str], platform: PlatformVersion) -> None:
    """Raises RuntimeLimit for more than a runtime takes: CloudFormation would find out half-way.

    `owner` is whose runtime it is: an agent, or a target with a hosted server.
    """
    agent = isinstance(owner, Agent)
    who = f"the {'agent' if agent else 'target'} {owner.name}"
    advice = "Let it delegate to fewer agents." if agent else "Give it fewer tables."
    if len(variables) > MAX_VARIABLES:
        raise RuntimeLimit(
            f"{owner.source}: {who} needs {len(variables)} environment variables; a runtime "
            f"takes {MAX_VARIABLES}. {advice}"
        )
    total = 0
    for name, value in variables.items():
        length = _TOKEN_ROOM if cdk.Token.is_unresolved(value) else len(value.encode())
        if length > MAX_VALUE:
            raise RuntimeLimit(
                f"{owner.source}: the variable {name} of {who} has {length} bytes; a "
                f"runtime takes {MAX_VALUE}. Shorten what it is made of."
            )
        total += len(name) + length + len("=\0")
    if total > MAX_TOTAL[platform]:
        raise RuntimeLimit(
            f"{owner.source}: the environment variables of {who} have {total} bytes; a "
            f"runtime of platform {platform} takes {MAX_TOTAL[platform]}. {advice}"
        )
