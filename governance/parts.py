"""What of AgentCore an agent has beside its runtime: a memory, a code interpreter, a browser. Each is optional.

None of them goes through the gateway: no policy decides on a single use. Whether an agent has one at all is
decided here, in its declaration, and bounded by its own role.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from governance.source import Source

PREFERENCES = "preferences"
"""The name of the one long-term strategy; a memory names its strategies by itself."""

PREFERENCES_NAMESPACE = f"/{PREFERENCES}/{{actorId}}/"
"""Where a user's preferences are. The slash at the end keeps a user apart from one whose id begins alike
(contracts §7)."""

USER_ACTORS = "user-"
"""What the actor of a signed-in user's memory begins with; the rest tells the users apart."""

SESSION_ACTORS = "session-"
"""The same in a system without users, where a memory belongs to its session alone."""

MAX_TURNS = 49
"""An exchange is kept as one event, or not at all. An event holds 100 messages: the request, and for each model
turn what the model said and what its tools answered."""


class MemoryKind(StrEnum):
    """`short_term` keeps what was said, by session; `preferences` also what a user likes, across sessions."""

    SHORT_TERM = "short_term"
    PREFERENCES = "preferences"


class BrowserNetwork(StrEnum):
    """From where a browser looks: the service's own network, or the environment's subnets."""

    PUBLIC = "public"
    VPC = "vpc"


@dataclass(frozen=True)
class Memory:
    """`days` is how long an event is kept."""

    kind: MemoryKind
    days: int


@dataclass(frozen=True)
class Parts:
    """An agent's parts; None and False where it has none. A code interpreter is a sandbox without a network.

    `sources` tells the line of each that it has, by its key.
    """

    memory: Memory | None = None
    code_interpreter: bool = False
    browser: BrowserNetwork | None = None
    sources: Mapping[str, Source] = field(default_factory=dict, compare=False, hash=False)

    @classmethod
    def build(cls, value: Mapping[str, Any], source: Callable[[str], Source]) -> Parts:
        """From a checked agent document; `source` gives the line of a key."""
        kind, browser = value.get("memory", _NONE), value.get("browser", _NONE)
        return cls(
            memory=None if kind == _NONE else Memory(MemoryKind(kind), value["memory_days"]),
            code_interpreter=value.get("code_interpreter", _NONE) != _NONE,
            browser=None if browser == _NONE else BrowserNetwork(browser),
            sources={key: source(key) for key in _KEYS if value.get(key, _NONE) != _NONE},
        )

    @property
    def described(self) -> Mapping[str, str]:
        """What it has, in words, by its key."""
        words = {
            "memory": f"{self.memory.kind}, {self.memory.days} days" if self.memory else "",
            "code_interpreter": "sandbox" if self.code_interpreter else "",
            "browser": str(self.browser or ""),
        }
        return {key: words[key] for key in self.sources}

    def __bool__(self) -> bool:
        """Whether there is any."""
        return self != Parts()


_NONE = "none"
_KEYS = ("memory", "code_interpreter", "browser")


def actors(*, users: bool) -> str:
    """The pattern of the actors a memory is of, in a system with users or without."""
    return f"{USER_ACTORS if users else SESSION_ACTORS}*"
