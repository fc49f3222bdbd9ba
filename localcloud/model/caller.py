"""Who calls, from the SigV4 credential the platform gave each child process.

A process started for runtime `R` gets the access key id `LOCAL.R`, so `Credential=LOCAL.R/date/region/…`
names it as an AWS principal would be named. The signature is not checked: the platform listens on the
loopback address only, and the point is to know the agent, not to keep strangers out.
"""

from __future__ import annotations

from collections.abc import Mapping

from localcloud.model.errors import BedrockError
from localcloud.signed import caller


def agent_of(authorization: str | None, agents: Mapping[str, str]) -> str:
    """The declared agent behind an Authorization header; `agents` maps runtime name to agent name."""
    if not authorization:
        raise BedrockError("MissingAuthenticationTokenException", "Missing Authentication Token")
    runtime = caller(authorization)
    if runtime is None:
        raise BedrockError(
            "UnrecognizedClientException",
            "The security token included in the request is invalid. The local model answers only processes "
            "the platform started (access key id LOCAL.<runtime name>).",
        )
    agent = agents.get(runtime)
    if agent is None:
        known = ", ".join(sorted(agents)) or "none"
        raise BedrockError(
            "AccessDeniedException", f"No runtime is called {runtime[:64]!r} here. Known runtimes: {known}."
        )
    return agent
