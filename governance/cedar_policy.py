"""What every rendered policy has, whatever it is for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from governance.source import Source


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """One policy resource: exactly one statement.

    `origins` are the words of the statement that a line of the declaration caused, the most telling first.
    A policy that is not `active` is deployed, evaluated and logged, and decides nothing (contracts §3.2).
    """

    name: str
    description: str
    statement: str
    origins: tuple[tuple[str, Source], ...] = ()
    active: bool = True

    def origin(self, finding: str) -> Source | None:
        """The line behind a finding: of the first word of the declaration that it names as a whole."""
        return next(
            (
                source
                for word, source in self.origins
                if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", finding)
            ),
            None,
        )
