"""`config.json`: what the page must know of the stage it runs over. Public, so no secret is in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from localcloud.server.users import Users
from localcloud.spec import LocalSystem, Runtime

VERSION = 1
CONTROL = "/_airside/"


def config(system: LocalSystem, users: Users | None, host: str) -> Mapping[str, Any]:
    """The document for a page that was asked for under `host`, which is one of the front door's own."""
    (entry,) = (runtime for runtime in system.runtimes if runtime.agent == system.entry_agent)
    path, qualifier = entrance(entry)
    return {
        "version": VERSION,
        "system": system.system,
        "title": system.console.get("title", system.system),
        "environment": system.environment,
        "region": system.region,
        "local": True,
        "languages": system.console.get("languages", []),
        "entry": {
            "agent": entry.agent,
            "invocations": f"{path}?qualifier={qualifier}",
        },
        "users": None if users is None else users.sign_in(f"http://{host}/"),
        "guests": True,
        "examples": system.console.get("examples", {}),
        "cards": system.console.get("cards", {}),
        "control": CONTROL,
    }


def entrance(runtime: Runtime) -> tuple[str, str]:
    """The path at which a runtime is invoked, and the qualifier: its declared endpoint. Both are quoted."""
    qualifier = runtime.endpoints[0] if runtime.endpoints else "DEFAULT"
    return f"/runtimes/{quote(runtime.arn, safe='')}/invocations", quote(qualifier, safe="")
