"""The form of an environment's `runtime` (contracts §5.4)."""

from __future__ import annotations

from governance.schema_parts import NAME, PACKAGE, Schema, choice, integer, mapping, obj, text

MAX_SECONDS = 28_800
"""The service takes 14 days; eight hours is the longest its own constructs and guide use (contracts §5.4)."""

_IDLE = integer("Seconds without a request after which a session ends.", 60, MAX_SECONDS)
_LIFETIME = integer("Seconds after its start at which a session ends.", 60, MAX_SECONDS)


def _ids(description: str, prefix: str) -> Schema:
    return {
        "type": "array",
        "description": description,
        "items": text("An id.", longest=32, pattern=f"^{prefix}-[0-9a-z]{{8,17}}$"),
        "minItems": 1,
        "maxItems": 16,
        "uniqueItems": True,
    }


def _by_system(what: str, keys: str) -> Schema:
    version = text(
        "The runtime version the endpoint is pinned to; without one it follows the latest.",
        longest=5,
        pattern="^[1-9][0-9]{0,4}$",
    )
    own = obj(
        {"version": version, "idle_seconds": _IDLE, "lifetime_seconds": _LIFETIME},
        [],
        f"What differs for this {what}.",
        minProperties=1,
    )
    named = mapping(own, f"Each {what} by name.", keys=keys)
    return mapping(named, f"Each {what} with settings of its own, by system.", keys=NAME)


HOSTING = obj(
    {
        "platform_version": choice(
            "V1 boots every session; V2 restores all of them from one snapshot.", "V1", "V2"
        ),
        "endpoint": text(
            "The name of the endpoint that callers use.", longest=48, pattern="^[a-z][a-z0-9_]{0,47}$"
        ),
        "sessions": obj(
            {"idle_seconds": _IDLE, "lifetime_seconds": _LIFETIME},
            ["idle_seconds", "lifetime_seconds"],
            "When sessions end.",
        ),
        "network": {
            **obj(
                {
                    "mode": choice("The service's network, or existing subnets of yours.", "public", "vpc"),
                    "subnets": _ids("Existing subnets; two zones at least are advised.", "subnet"),
                    "security_groups": _ids("Existing security groups.", "sg"),
                },
                ["mode"],
                "The runtimes' network.",
            ),
            "if": {"properties": {"mode": {"const": "vpc"}}, "required": ["mode"]},
            "then": {"required": ["subnets", "security_groups"]},
        },
        "agents": _by_system("agent", NAME),
        "servers": _by_system("hosted tool server", PACKAGE),
    },
    ["platform_version", "endpoint", "sessions", "network", "agents"],
    "How the agents' runtimes run.",
)
