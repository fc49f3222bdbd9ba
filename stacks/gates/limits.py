"""Every limit that can be seen in a template, held against a stage.

Some of them are in the services' schemas too; those are checked by the CDK's validator, which `up` and `ask` skip.
These are cheap enough to run at every synth, so a laptop never runs what AWS would refuse for its size or name.
"""

from __future__ import annotations

from collections.abc import Mapping

from stacks.gates import stack_limits
from stacks.gates.finding import Finding
from stacks.gates.gateway_limits import GATEWAY
from stacks.gates.limit import Limit
from stacks.gates.name_limits import NAMES
from stacks.gates.policy_limits import POLICY
from stacks.gates.runtime_limits import RUNTIME
from stacks.gates.templates import StageTemplates
from stacks.gates.tool_limits import TOOLS

LIMITS: tuple[Limit, ...] = (*NAMES, *GATEWAY, *TOOLS, *POLICY, *RUNTIME)

QUOTAS: Mapping[str, tuple[int, str]] = {
    "AWS::BedrockAgentCore::OAuth2CredentialProvider": (50, "OAuth2 credential providers"),
    "AWS::BedrockAgentCore::ApiKeyCredentialProvider": (50, "API key credential providers"),
    "AWS::BedrockAgentCore::Memory": (150, "memories"),
    "AWS::BedrockAgentCore::Gateway": (1000, "gateways"),
    "AWS::BedrockAgentCore::Runtime": (1000, "agent runtimes"),
    "AWS::BedrockAgentCore::WorkloadIdentity": (11_000, "workload identities"),
}
"""What an account has of a type in one region before AWS raises it (contracts §11). Not a limit of a template: a
larger system deploys once the quota is raised, so this is told and does not fail."""


def findings(stage: StageTemplates) -> list[Finding]:
    """What the stage's templates break, in the order of the limits."""
    found = [finding for limit in LIMITS for finding in limit.findings(stage)]
    return [*found, *stack_limits.findings(stage)]


def quotas(stage: StageTemplates) -> list[str]:
    """A sentence for each quota that this stage alone exceeds."""
    told = []
    for kind, (most, words) in QUOTAS.items():
        count = sum(1 for _ in stage.resources(kind))
        if count > most:
            told.append(f"needs {count} {words}; an account has {most} per region. Ask AWS for more first.")
    return told
