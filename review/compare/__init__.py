"""Two access models compared: what widened first, in plain words, with the direction of each change."""

from __future__ import annotations

from review.compare.cells import cells
from review.compare.change import Change as Change
from review.compare.change import Direction as Direction
from review.compare.change import Subject
from review.compare.gates import gates
from review.compare.grants import grants
from review.compare.platform import platform
from review.compare.policies import policies
from review.compare.settings import settings
from review.gates import NOWHERE
from review.model import AccessModel

_ORDER = (Direction.WIDENING, Direction.UNKNOWN, Direction.NARROWING, Direction.NEUTRAL)
_KINDS = (
    "cell",
    "conditions",
    "layer",
    "delegation",
    "gateway",
    "client",
    "pool",
    "role",
    "tool",
    "policy",
    "setting",
)


def compare(before: AccessModel, after: AccessModel) -> tuple[Change, ...]:
    """Every difference of meaning, widening first. Equal models give none."""
    found: list[Change] = []
    for side in (cells, gates, policies, grants, platform, settings):
        found += side(before, after)
    subject = Subject("assembly", after.stage, NOWHERE)
    found += subject.value(before.entry_agent, after.entry_agent, "entry agent")
    found += subject.value(before.system, after.system, "system")
    if before.stage == after.stage:
        # Which environment it is decides what is asked of it; of two stages it differs, of one it does not.
        found += subject.value(before.environment, after.environment, "environment")
    for unknown in sorted({*after.unknowns} - {*before.unknowns}):
        found.append(subject.make(Direction.UNKNOWN, f"holds something that cannot be read: {unknown}"))
    return tuple(sorted(found, key=_order))


def _order(change: Change) -> tuple[int, int, str, str]:
    kind = _KINDS.index(change.kind) if change.kind in _KINDS else len(_KINDS)
    return _ORDER.index(change.direction), kind, change.subject, change.sentence
