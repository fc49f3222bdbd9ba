"""One difference between two access models, in plain words, with its direction."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from review import words as plain
from review.gates import NOWHERE
from review.stage import Place


class Direction(StrEnum):
    """Where a change leads. UNKNOWN counts as widening: nobody could show that it is not."""

    WIDENING = "widening"
    UNKNOWN = "unknown"
    NARROWING = "narrowing"
    NEUTRAL = "neutral"


@dataclass(frozen=True)
class Change:
    """`kind` is a stable word such as `cell`, `client` or `role`; `subject` what changed; `detail` more of it."""

    kind: str
    subject: str
    direction: Direction
    sentence: str
    detail: tuple[str, ...] = ()
    place: Place = NOWHERE

    @property
    def widens(self) -> bool:
        return self.direction in (Direction.WIDENING, Direction.UNKNOWN)


T = TypeVar("T")


def paired(
    before: Sequence[T], after: Sequence[T], key: Callable[[T], Hashable]
) -> Iterator[tuple[T | None, T | None]]:
    """Items of both sides by their key; None where one side has none."""
    old, new = {key(item): item for item in before}, {key(item): item for item in after}
    for name in [*old, *(name for name in new if name not in old)]:
        yield old.get(name), new.get(name)


class Subject:
    """Changes about one thing, each with its words: `client:x`, `the gateway y`."""

    def __init__(self, kind: str, name: str, place: Place, said: str | None = None) -> None:
        self._kind = kind
        self._name = name
        self._place = place
        self._said = said or f"{kind} {name}"

    def make(self, direction: Direction, words: str, detail: Iterable[str] = ()) -> Change:
        said = plain.told(f"{self._said} {words}")
        return Change(self._kind, self._name, direction, said, tuple(map(plain.told, detail)), self._place)

    def flag(self, old: bool, new: bool, *, on: str, off: str, wider: bool) -> Iterator[Change]:
        """A switch; `wider` tells which position is the wider one."""
        if old != new:
            yield self.make(Direction.WIDENING if new == wider else Direction.NARROWING, on if new else off)

    def value(self, old: Any, new: Any, what: str) -> Iterator[Change]:
        """A value whose direction nobody can know."""
        if old != new:
            yield self.make(Direction.UNKNOWN, f"has another {what}: {_shown(new)} instead of {_shown(old)}")

    def number(
        self, old: int | None, new: int | None, say: Callable[[int | None], str], what: str
    ) -> Iterator[Change]:
        """More is wider; one that is not there is unknown."""
        if old == new:
            return
        words = f"{what} {say(new)} instead of {say(old)}"
        if old is None or new is None:
            yield self.make(Direction.UNKNOWN, words)
        else:
            yield self.make(Direction.WIDENING if new > old else Direction.NARROWING, words)

    def members(
        self, old: Sequence[str], new: Sequence[str], *, gained: str, lost: str, wider: bool = True
    ) -> Iterator[Change]:
        """Members of a set; `wider` tells whether one more is wider."""
        more, less = sorted(set(new) - set(old)), sorted(set(old) - set(new))
        if more:
            yield self.make(
                Direction.WIDENING if wider else Direction.NARROWING, f"{gained} {', '.join(more)}"
            )
        if less:
            yield self.make(Direction.NARROWING if wider else Direction.WIDENING, f"{lost} {', '.join(less)}")

    def ranked(self, old: str, new: str, ranks: Sequence[str], what: str) -> Iterator[Change]:
        """One of some words, the narrowest first; a word that is not among them has no direction."""
        if old == new:
            return
        words = f"has {what} {new} instead of {old}"
        if old in ranks and new in ranks:
            wider = ranks.index(new) > ranks.index(old)
            yield self.make(Direction.WIDENING if wider else Direction.NARROWING, words)
        else:
            yield self.make(Direction.UNKNOWN, words)


def _shown(value: Any) -> str:
    listed = value if isinstance(value, tuple) else (value,)
    text = "none" if value is None else ", ".join(plain.resource(str(each)) for each in listed)
    return text if len(text) <= 120 else text[:117] + "…"


def minutes(value: int | None) -> str:
    """15 min, 24 h, 30 days."""
    if value is None:
        return "an unknown time"
    if value % 1440 == 0 and value > 1440:
        return f"{value // 1440} days"
    return f"{value // 60} h" if value % 60 == 0 else f"{value} min"
