"""For a terminal: findings and changes as short blocks, the gravest first, colour only where there is a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest

from review import words
from review.compare import Change, Direction
from review.effect import Effect
from review.findings import Finding, Severity
from review.model import AccessModel
from review.outputs.result import Part, Result
from review.run import Report

_COLOURS = {"red": 31, "yellow": 33, "green": 32, "dim": 2, "bold": 1}
_MARKS = {
    Severity.ERROR: ("error", "red"),
    Severity.WARNING: ("warning", "yellow"),
    Severity.NOTE: ("note", "dim"),
}
_WAYS = {
    Direction.WIDENING: ("wider", "red"),
    Direction.UNKNOWN: ("unknown", "red"),
    Direction.NARROWING: ("narrower", "green"),
    Direction.NEUTRAL: ("other", "dim"),
}
_Paint = Callable[[str, str], str]
_FOLDED = 5
"""Changes of one direction that are told before the rest are counted, unless they widen: those are told all."""


def render(result: Result, *, colour: bool = False, everything: bool = False) -> str:
    """The text. `everything` unfolds what is narrower, neutral or accepted."""
    paint = _paint if colour else _plain
    lines = [line for part in result.parts for line in _part(part, paint, everything)]
    return "\n".join(lines) + "\n"


def _plain(text: str, name: str) -> str:
    del name
    return text


def _paint(text: str, name: str) -> str:
    return f"\033[{_COLOURS[name]}m{text}\033[0m"


def _part(part: Part, paint: _Paint, everything: bool) -> Iterator[str]:
    yield paint(_clean(part.stage), "bold")
    if part.frozen is True:
        yield "  as approved: nothing differs from " + _clean(part.against)
    elif part.changes is not None:
        yield from _changes(part.changes, _clean(part.against), paint, everything)
    if part.report is not None:
        yield from _report(part.report, paint, everything)
    yield ""


def _changes(changes: Sequence[Change], against: str, paint: _Paint, everything: bool) -> Iterator[str]:
    if not changes:
        yield f"  no difference to {against}"
        return
    yield f"  differences to {against}"
    for direction in Direction:
        found = [change for change in changes if change.direction is direction]
        mark, colour = _WAYS[direction]
        folds = not everything and direction in (Direction.NARROWING, Direction.NEUTRAL)
        shown = found[:_FOLDED] if folds else found
        for change in shown:
            yield f"  {paint(f'{mark:<9}', colour)}{_clean(change.sentence)}{_at(str(change.place))}"
            yield from (f"             {line}" for line in _few(change.detail, everything))
        if len(found) > len(shown):
            yield f"  {paint(f'{mark:<9}', colour)}and {len(found) - len(shown)} more (--all shows them)"


def _few(detail: Sequence[str], everything: bool) -> Iterator[str]:
    limit = len(detail) if everything else 4
    yield from (
        line if len(line) <= 160 or everything else line[:157] + "…" for line in map(_clean, detail[:limit])
    )
    if len(detail) > limit:
        yield f"and {len(detail) - limit} more"


def _at(place: str) -> str:
    return f"  ({_clean(place)})" if place else ""


def _clean(text: str) -> str:
    """Text of an assembly moves no cursor, colours nothing, and reads in the order in which it is written."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(each) in ("Cc", "Cf") else each for each in text
    )


def _report(report: Report, paint: _Paint, everything: bool) -> Iterator[str]:
    for unknown in report.model.unknowns:
        yield f"  {paint('unread', 'red')}   {_clean(unknown)}"
    open_ = report.open
    for finding, following in zip_longest(open_, open_[1:]):
        yield from _finding(finding, paint)
        # One check says the same of each thing it objects to: how to mend them is told once.
        if following is None or (finding.check, finding.fix) != (following.check, following.fix):
            yield f"           fix: {finding.fix}"
    accepted = len(report.findings) - len(report.open)
    if everything:
        for finding in report.findings:
            if finding.waiver:
                waiver = finding.waiver
                accepted_by = f"{finding.subject}: {waiver.reason} ({waiver.owner})"
                yield f"  accepted {finding.check} {_clean(accepted_by)}"
    yield "  " + "; ".join(each for each in (_counted(report, accepted), _access(report.model)) if each)


def _counted(report: Report, accepted: int) -> str:
    said = [
        words.count(sum(finding.severity is severity for finding in report.open), severity.value)
        for severity in Severity
    ]
    return ", ".join(said) + (f", {accepted} accepted" if accepted else "")


def _access(model: AccessModel) -> str:
    """How much there is to call, where there is anything."""
    if not model.gateways:
        return ""
    subjects = {*model.agents, *(cell.subject for cell in model.matrix)}
    callers = words.count(len(subjects), "agent" if subjects <= {*model.agents} else "caller")
    allowed = sum(cell.effect in (Effect.ALLOW, Effect.CONDITIONAL) for cell in model.matrix)
    unknown = sum(cell.effect is Effect.UNKNOWN for cell in model.matrix)
    said = [callers, words.count(len(model.tools), "tool"), words.count(allowed, "grant")]
    return ", ".join(said + ([f"{unknown} nobody can tell"] if unknown else []))


def _finding(finding: Finding, paint: _Paint) -> Iterator[str]:
    mark, colour = _MARKS[finding.severity]
    yield f"  {paint(f'{mark:<8}', colour)} {finding.check}  {_clean(finding.message)}"
    yield f"           {_clean(str(finding.place))}"
