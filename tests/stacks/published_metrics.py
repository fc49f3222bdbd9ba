"""Metric names and dimension sets that are published, and who publishes them: data, apart from the stacks.

AgentCore's and Bedrock's are those of contracts §9 (the AgentCore and Bedrock guides, and accounts as seen
where the guides differ); Lambda's and EventBridge's those of their guides; ours those our code writes.
"""

from __future__ import annotations

from collections.abc import Mapping

RUNTIME = frozenset({"Operation", "Name", "Resource"})
MEMORY = frozenset({"Operation", "Resource"})
USAGE = frozenset({"Service", "Resource"})
GATEWAY = frozenset({"Operation", "Protocol", "Resource"})
TOOL = frozenset({"Operation", "Protocol", "Method", "Resource", "Name"})
POLICY = frozenset({"TargetResource", "OperationName", "Mode"})

AGENTCORE: Mapping[frozenset[str], frozenset[str]] = {
    RUNTIME: frozenset(
        {
            "Invocations",
            "Throttles",
            "SystemErrors",
            "UserErrors",
            "Latency",
            "TotalErrors",
            "SessionCount",
            "Sessions",
        }
    ),
    MEMORY: frozenset({"Invocations", "SystemErrors", "UserErrors", "Latency"}),
    USAGE: frozenset({"CPUUsed-vCPUHours", "MemoryUsed-GBHours"}),
    GATEWAY: frozenset(
        {
            "Invocations",
            "Throttles",
            "SystemErrors",
            "UserErrors",
            "Latency",
            "Duration",
            "TargetExecutionTime",
        }
    ),
    TOOL: frozenset({"Invocations"}),
    POLICY: frozenset(
        {
            "Invocations",
            "SystemErrors",
            "UserErrors",
            "Latency",
            "AllowDecisions",
            "DenyDecisions",
            "NoDeterminingPolicies",
        }
    ),
}

PUBLISHED: Mapping[str, Mapping[frozenset[str], frozenset[str]]] = {
    "AWS/Bedrock-AgentCore": AGENTCORE,
    "AWS/Bedrock": {frozenset({"ModelId"}): frozenset({"InputTokenCount", "OutputTokenCount"})},
    "AWS/Lambda": {
        frozenset({"FunctionName"}): frozenset({"Errors", "Throttles", "Duration", "ConcurrentExecutions"})
    },
    "AWS/Events": {frozenset({"RuleName"}): frozenset({"FailedInvocations"})},
    # The interceptor's embedded metrics, and the filters on the agents' log.
    "Airside": {
        frozenset({"Effect"}): frozenset({"Allowed", "Denied", "DecisionMicros", "ShadowRefused"}),
        frozenset({"Agent", "Effect"}): frozenset({"Allowed", "Denied", "DecisionMicros", "ShadowRefused"}),
        frozenset({"Agent"}): frozenset({"InputTokens", "OutputTokens", "MemoryFailures"}),
    },
}
"""Namespace → dimension set → names. The system's own namespace stands here without its system."""

NEVER_PUBLISHED = frozenset({"Authorizations", "DeniedRequests", "AuthorizationLatency"})
"""Names the library's policy engine helpers use and the service does not."""
