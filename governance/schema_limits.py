"""The forms of rate limits: what the gateway lets through in a minute (contracts §4)."""

from __future__ import annotations

from governance.schema_parts import integer, obj

MAX_RATE = 10_000_000

REQUESTS = integer("Requests to the gateway in a minute, of any kind.", 1, MAX_RATE)
CALLS = integer("Calls in a minute, by all agents together.", 1, MAX_RATE)

SYSTEM_LIMITS = obj(
    {
        "agent_requests_per_minute": integer(
            "Requests to the gateway of each agent that states no number of its own.", 1, MAX_RATE
        ),
        "tool_calls_per_minute": integer("Calls of each tool that states no number of its own.", 1, MAX_RATE),
    },
    [],
    "What agents and tools may do in a minute unless they say otherwise.",
    minProperties=1,
)

TOOL_LIMITS = obj({"calls_per_minute": CALLS}, ["calls_per_minute"], "What the tool takes.")
