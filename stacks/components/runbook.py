"""The runbook's entries that a notice can name. docs/runbook.md has one heading for each."""

from __future__ import annotations

from enum import StrEnum

from stacks.deployment import Deployment


class Entry(StrEnum):
    """The anchor of an entry: its heading in lower case, with hyphens for spaces."""

    AGENT_ERRORS = "agent-errors"
    AGENT_LATENCY = "agent-latency"
    MEMORY_UNAVAILABLE = "memory-unavailable"
    GATEWAY_ERRORS = "gateway-errors"
    REFUSALS = "refusals"
    LAYERS_DISAGREE = "layers-disagree"
    INTERCEPTOR_FAILURES = "interceptor-failures"
    INTERCEPTOR_SLOW = "interceptor-slow"
    NOT_ENFORCING = "policy-engine-not-enforcing"
    GUARD_CHANGED = "guard-changed"
    WATCH_BLIND = "watch-blind"
    BUDGET = "budget"


def link(deployment: Deployment, entry: Entry) -> str:
    """Where the entry is published, as the environment says."""
    return f"{deployment.environment.alarms.runbook_url}#{entry}"
