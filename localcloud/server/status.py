"""What `/_airside/status` says; `localcloud/client.py` states its form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localcloud.policies.book import Book
from localcloud.server.users import Users
from localcloud.spec import LocalSystem


def status(
    system: LocalSystem, states: Mapping[str, str], users: Users | None, policies: Book
) -> Mapping[str, Any]:
    """The stage; its agents and tool servers with their state; how users sign in; what has no effect here; what can
    be switched off."""
    return {
        "stage": system.stage,
        "system": system.system,
        "environment": system.environment,
        "region": system.region,
        "entry_agent": system.entry_agent,
        "agents": {
            runtime.agent: {
                "arn": runtime.arn,
                "state": states[runtime.agent],
                "callers": "jwt" if runtime.authorizer else "iam",
            }
            for runtime in system.runtimes
        },
        "servers": {
            server.agent: {"arn": server.arn, "state": states[server.agent]} for server in system.servers
        },
        "users": users.describe() if users else None,
        "notices": list(system.notices),
        "switches": policies.switches(),
    }
