"""Findings of the checks, and the registry of the checks themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from review.effect import Effect
from review.stage import Place, Stage

if TYPE_CHECKING:
    from review.identity import Names
    from review.model import AccessModel


class Severity(StrEnum):
    """`error` must not be merged unwaived; `warning` should be looked at; `note` is for information."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Waiver:
    """An accepted finding. `subject` is exact, or `*` for all of a check; `expires` has the form 2027-03-31.

    With `stage` it is for that stage only.
    """

    check: str
    subject: str
    reason: str
    owner: str
    expires: str
    place: Place
    stage: str | None = None


@dataclass(frozen=True)
class Found:
    """What a check yields: the thing it is about (a stable name, no logical id), a sentence, and where."""

    subject: str
    message: str
    place: Place


@dataclass(frozen=True)
class Finding:
    """A result of the review. `waiver` is set if it was accepted."""

    check: str
    severity: Severity
    subject: str
    message: str
    fix: str
    source: str
    place: Place
    waiver: Waiver | None = None

    def waived(self, waiver: Waiver) -> Finding:
        return replace(self, waiver=waiver)


class Grants(Protocol):
    """What the roles of a model may do; `review.iam` implements it."""

    def can(self, role: str, action: str, resource: str) -> Effect: ...


@dataclass(frozen=True)
class Context:
    """What checks look at. Nothing of it is read from AWS, and `declared` only if the declaration is at hand.

    `production` tells whether the stage counts as production: dev-like environments may differ (`dev`, `test`,
    `sandbox`, `local` and names that begin so). `today` (2026-11-21) is given, never read from a clock.
    """

    stage: Stage
    names: Names
    model: AccessModel
    iam: Grants
    today: str
    production: bool
    declared: Mapping[str, Any] | None = None
    waivers: tuple[Waiver, ...] = ()
    approved: AccessModel | None = None
    """The model of the lock, if the stage is held against one."""
    beside: tuple[AccessModel, ...] = ()
    """Other stages of the same system, for the checks that hold stages against each other."""


Look = Callable[[Context], Iterable[Found]]


@dataclass(frozen=True)
class Check:
    """One check. `source` names the rule behind it (OWASP, Well-Architected, the Developer Guide)."""

    id: str
    severity: Severity
    title: str
    fix: str
    source: str
    look: Look = field(compare=False)
    waivable: bool = True

    @property
    def page(self) -> str:
        """The documentation page, relative to the project."""
        return f"docs/checks/{self.id}.md"


class Registry:
    """The checks by id. Modules of `review.checks` fill it when they are imported."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def check(
        self, id_: str, severity: Severity, title: str, *, fix: str, source: str, waivable: bool = True
    ) -> Callable[[Look], Look]:
        """A decorator: the function yields what it found."""

        def register(look: Look) -> Look:
            if id_ in self._checks:
                raise ValueError(f"check {id_} is there twice")
            self._checks[id_] = Check(id_, severity, title, fix, source, look, waivable)
            return look

        return register

    def all(self) -> tuple[Check, ...]:
        return tuple(self._checks[id_] for id_ in sorted(self._checks))

    def get(self, id_: str) -> Check | None:
        return self._checks.get(id_)


CHECKS = Registry()
