"""The procedure itself. At every moment the secret the provider uses is live at Cognito, whichever of the two that is.

Each step may be done twice, so a run that was interrupted is gone through again from the beginning (`resume`); until
the old secret is deleted it can be taken back as well (`undo`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cli.rotation.cloud import CallFailed, Cloud, Provider
from cli.rotation.state import Phase, Secret, Seen, Stored

STEPS = ("look", "add", "prove", "update", "wait", "delete", "list")
TRIES = 30
"""How often something is looked at that AWS may show late, a second apart."""

Tell = Callable[[str, str], None]
"""Told a step's name and what was done in it, as it happens."""


class Refused(Exception):
    """The procedure does not go on, and nothing was changed by that. The message says why and what to do."""


@dataclass(frozen=True)
class Outcome:
    """What was done, and the client's secret ids after it."""

    result: str
    ids: tuple[str, ...]


class Rotation:
    """One client's rotation. `scope` is the agent's badge; `grace` seconds are waited between update and deletion.

    `sleep` waits, `tell` reports.
    """

    def __init__(
        self,
        cloud: Cloud,
        *,
        provider: str,
        scope: str,
        grace: float,
        tell: Tell,
        sleep: Callable[[float], None],
    ) -> None:
        self._cloud = cloud
        self.provider = provider
        self._scope = scope
        self._grace = grace
        self._tell = tell
        self._sleep = sleep

    def look(self) -> Seen:
        """What is there; changes nothing. Raises CallFailed, NotOurs."""
        self._found = self._cloud.provider(self.provider)
        seen = self._see()
        self._tell("look", f"client {seen.client_id}: {_named(seen.ids)}; {seen.phase.value}")
        return seen

    def plan(self, seen: Seen) -> str:
        """Whether the secret the provider reads gets a token, and what would be done. Raises CallFailed, NotOurs."""
        current = self._cloud.stored(self._found, seen.versions.current)
        works = self._cloud.accepted(self._found, current.secret, self._scope)
        found = "gets a token" if works else "gets no token, as before the first rotation"
        return (
            f"the secret {self.provider} reads {found}; a rotation adds a second one, has {self.provider} read it, "
            f"waits {self._grace:g} s and deletes {', '.join(seen.ids)}"
        )

    def check(self, seen: Seen) -> None:
        """Raises Refused where a rotation can neither begin nor go on."""
        if seen.phase is Phase.TWO_UNKNOWN:
            raise Refused(
                f"the client has {_named(seen.ids)}, and no rotation of ours is in progress. Delete the one that "
                "is not in use (cognito-idp DeleteUserPoolClientSecret), then rotate."
            )
        if seen.phase is Phase.STRANGE:
            raise Refused(f"{seen.phase.value}. Take it away with --undo, then rotate.")

    def rotate(self, seen: Seen) -> Outcome:
        """Goes through all steps from wherever `seen` says a rotation stands. Raises CallFailed, NotOurs, Refused."""
        pending, version = self._added(seen)
        if not self._is(pending.secret, accepted=True):
            raise Refused(
                "the token endpoint does not take the new secret; both are left as they are. If --resume does not "
                "help, delete the newer one by hand (cognito-idp DeleteUserPoolClientSecret) and --resume then."
            )
        self._tell("prove", "the new secret gets a token")
        self._use(version)
        seen = self._see()
        new = seen.new
        if seen.pending != pending or seen.versions.current != version or new is None:
            raise Refused("something else changes this client's secrets. Look again, and then use --resume.")
        if seen.old is not None:
            self._cloud.delete(self._found, seen.old)
        self._tell("delete", f"the old secret {pending.replaces}")
        return self._closed(version, (new,), refused=seen.versions.previous)

    def undo(self, seen: Seen) -> Outcome:
        """Back to the secret that was there before. Raises CallFailed, NotOurs, Refused."""
        version = seen.versions.pending
        if seen.pending is None or version is None:
            raise Refused(f"there is nothing to undo: {seen.phase.value}.")
        if seen.phase is Phase.BEGUN:
            if self._cloud.accepted(self._found, seen.pending.secret, self._scope):
                raise Refused("the new secret has just become live. Look again.")
        elif seen.phase is not Phase.STRANGE:
            self._back(seen, seen.pending, version)
        self._cloud.unmark(self._found, version)
        ids = self._cloud.secret_ids(self._found)
        self._tell("list", _named(ids))
        return Outcome("undone", ids)

    def _see(self) -> Seen:
        versions = self._cloud.versions(self._found)
        pending = self._cloud.stored(self._found, versions.pending) if versions.pending else None
        return Seen(self._found.client_id, self._cloud.secret_ids(self._found), versions, pending)

    def _added(self, seen: Seen) -> tuple[Stored, str]:
        """The prepared value and its version, live at Cognito."""
        self.check(seen)
        if seen.phase is Phase.IDLE:
            # Kept before Cognito hears of it: a value that only Cognito knew would be lost with this process.
            self._cloud.prepare(self._found, seen.ids[0])
            seen = self._see()
        version = seen.versions.pending
        if seen.pending is None or version is None:
            raise Refused("the prepared value was taken away. Look again.")
        if seen.phase is Phase.BEGUN:
            self._tell("add", f"a second secret {self._cloud.add(self._found, seen.pending.secret)}")
        else:
            self._tell("add", f"the new secret {seen.new} is there already")
        return seen.pending, version

    def _use(self, version: str) -> None:
        """Has the provider use a version, and waits until it does, as far as the API tells."""
        versions = self._cloud.versions(self._found)
        if versions.current != version:
            self._cloud.make_current(self._found, version=version, instead_of=versions.current)
        since = self._cloud.update(self._found)
        self._tell("update", f"{self.provider} reads the secret again")
        # Tokens in the vault stay good, they are not bound to a secret; new ones it may still ask for with the old.
        if self._grace:
            self._tell("wait", f"{self._grace:g} s, for whatever still uses the old secret")
            self._sleep(self._grace)
        for _ in range(TRIES):
            told = self._cloud.provider(self.provider)
            if told.status == "READY" and told.updated >= since:
                break
            self._sleep(1)
        else:
            raise Refused(f"{self.provider} is {told.status} and not READY. Both secrets are live.")
        if not self._accepted(self._cloud.versions(self._found).current):
            raise Refused(
                f"the secret {self.provider} reads gets no token. Both secrets are left as they are."
            )
        self._tell("wait", f"{self.provider} is {told.status}, and the secret it reads gets a token")

    def _is(self, secret: Secret, *, accepted: bool) -> bool:
        """Whether the token endpoint takes, or refuses, a secret; it may be late to learn of a change."""
        for left in reversed(range(TRIES)):
            if self._cloud.accepted(self._found, secret, self._scope) is accepted:
                return True
            if left:
                self._sleep(1)
        return False

    def _closed(self, version: str, expected: tuple[str, ...], *, refused: str | None) -> Outcome:
        for _ in range(TRIES):
            ids = self._cloud.secret_ids(self._found)
            if ids == expected:
                break
            self._sleep(1)
        else:
            raise Refused(f"the client should have {_named(expected)} and has {_named(ids)}. Use --resume.")
        text = _named(ids)
        if refused is not None:
            if not self._is(self._cloud.stored(self._found, refused).secret, accepted=False):
                raise Refused("the old secret still gets tokens. Try --resume in a while.")
            text += "; the old one gets no token"
        self._cloud.unmark(self._found, version)
        self._tell("list", text)
        return Outcome("rotated", ids)

    def _back(self, seen: Seen, pending: Stored, version: str) -> None:
        """Has the provider use what it used before, and then deletes the new secret, if it is ours."""
        live = self._is(pending.secret, accepted=True)
        if seen.old is None and live:
            raise Refused("the old secret is deleted, so there is nothing to go back to. Use --resume.")
        if seen.versions.current == version:
            before = seen.versions.previous
            if before is None or not self._accepted(before):
                raise Refused("the secret that was read before gets no token any more. Use --resume.")
            self._use(before)
        elif self._accepted(seen.versions.current):
            # An undo that was interrupted may have left the provider with the new one.
            self._use(seen.versions.current)
        if live and seen.new is not None:
            self._cloud.delete(self._found, seen.new)
            self._tell("delete", f"the new secret {seen.new}")
        else:
            self._tell("delete", "nothing: the prepared value is no live secret")

    def _accepted(self, version: str) -> bool:
        return self._is(self._cloud.stored(self._found, version).secret, accepted=True)


def _named(ids: tuple[str, ...]) -> str:
    """The client's secrets for a reader: ids are no secrets."""
    words = {0: "no secret", 1: "one secret"}.get(len(ids), f"{len(ids)} secrets")
    return f"{words} {', '.join(ids)}".rstrip()


__all__ = ["STEPS", "CallFailed", "Outcome", "Provider", "Refused", "Rotation"]
