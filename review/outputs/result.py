"""What there is to print: a review of some stages, differences, or both."""

from __future__ import annotations

from dataclasses import dataclass

from review.compare import Change
from review.run import CLEAN, COULD_NOT_LOOK, FOUND, Report


@dataclass(frozen=True)
class Part:
    """One stage. `changes` is None where nothing was compared; `against` says with what in words.

    `frozen` is None where no lock was asked for, else whether the stage is as approved.
    """

    stage: str
    report: Report | None = None
    changes: tuple[Change, ...] | None = None
    against: str = ""
    frozen: bool | None = None

    @property
    def widening(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes or () if change.widens)

    @property
    def exit_code(self) -> int:
        """2 where something could not be read; 1 with open errors, with a difference to the lock, with widening."""
        code = self.report.exit_code if self.report else CLEAN
        if code == COULD_NOT_LOOK:
            return code
        if self.frozen is False or (self.frozen is None and self.widening):
            return FOUND
        return code


@dataclass(frozen=True)
class Result:
    """All of it. `title` names what was looked at, for instance the assembly's folder."""

    title: str
    parts: tuple[Part, ...]

    @property
    def exit_code(self) -> int:
        return max((part.exit_code for part in self.parts), default=COULD_NOT_LOOK)
