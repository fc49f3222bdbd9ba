"""Where a rotation stands, read from what AWS holds: no file of ours could be lost or out of date.

The marker is Secrets Manager's own: the version AWSPENDING holds the new value, and beside it the id of the secret it
replaces. It is written before Cognito hears of the value and taken away last, so at every moment in between a later
run knows what was begun.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True)
class Secret:
    """A client secret's value. Its text is nobody's to see."""

    value: str = field(repr=False)


@dataclass(frozen=True)
class Stored:
    """What one version of the secret holds. A value AWS generated replaces nothing and names no client."""

    secret: Secret
    client_id: str = ""
    replaces: str = ""


@dataclass(frozen=True)
class Versions:
    """The secret's version ids by staging label."""

    current: str
    pending: str | None = None
    previous: str | None = None


class Phase(Enum):
    """How far a rotation got."""

    IDLE = "no rotation is in progress"
    BEGUN = "a value is prepared, and Cognito does not know it"
    BOTH_LIVE = "both secrets are live"
    OLD_GONE = "the old secret is deleted, and the rotation was not closed"
    TWO_UNKNOWN = "the client has two secrets, and neither is of a rotation of ours"
    STRANGE = "a prepared value belongs to another client or to other secrets"


@dataclass(frozen=True)
class Seen:
    """One look: the client's secret ids at Cognito, the secret's versions, and the prepared value."""

    client_id: str
    ids: tuple[str, ...]
    versions: Versions
    pending: Stored | None

    @property
    def old(self) -> str | None:
        """The id a rotation in progress replaces, while it lives."""
        return self.pending.replaces if self.pending and self.pending.replaces in self.ids else None

    @property
    def new(self) -> str | None:
        """The id of the prepared value, once Cognito knows it."""
        others = [each for each in self.ids if self.pending and each != self.pending.replaces]
        return others[0] if len(others) == 1 else None

    @property
    def phase(self) -> Phase:
        if self.pending is None:
            return Phase.IDLE if len(self.ids) == 1 else Phase.TWO_UNKNOWN
        if self.pending.client_id != self.client_id:
            return Phase.STRANGE
        if self.old is not None:
            return Phase.BEGUN if len(self.ids) == 1 else Phase.BOTH_LIVE
        return Phase.OLD_GONE if len(self.ids) == 1 else Phase.STRANGE
