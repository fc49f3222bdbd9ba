"""Who can sign in to the users' pool: the people of the system's own data, and a guest."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

GUEST = "guest"
"""Signed in, and nobody the system's data knows."""


class Directory:
    """The users' names. `GUEST` is always among them."""

    def __init__(self, names: Iterable[str]) -> None:
        known = [*names, GUEST]
        self._names = frozenset(known)
        self.first = known[0]
        """A name to try: the data's first, or the guest's."""

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __len__(self) -> int:
        return len(self._names)


def subject(issuer: str, name: str) -> str:
    """A user's `sub`: a UUID as Cognito's, the same at every start and another in every pool."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{issuer}#{name}"))
