"""For a pull request's comment: Markdown of at most 60,000 characters, what widened first, the rest folded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from review import words
from review.compare import Change, Direction
from review.findings import Finding, Severity
from review.outputs.result import Part, Result

MAX_CHARACTERS = 60_000
_CUT = "\n\n… cut: the whole report is in the other formats.\n"
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~&$!])")
_CALLS = re.compile(r"[@#](?=\S)|:(?=//)|\bwww(?=\.)", re.IGNORECASE)
_INVISIBLE = "&#8203;"
"""A space of no width: what GitHub makes of `@name`, `#12` and bare addresses, it makes after escapes are gone."""


def render(result: Result) -> str:
    lines: list[str] = []
    for part in result.parts:
        lines += [f"### Access of {_code(part.stage)}", "", *_verdict(part), ""]
        if part.changes:
            lines += _changes(part.changes)
        if part.report:
            lines += _findings(part.report.open)
            lines += _accepted(part.report.findings)
    text = "\n".join(lines) + "\n"
    if len(text) <= MAX_CHARACTERS:
        return text
    # Cut at a line, outside of a folded block that would swallow the rest of the page.
    kept = text[: MAX_CHARACTERS - len(_CUT) - 20].rpartition("\n")[0]
    closing = "\n</details>" if kept.count("<details>") > kept.count("</details>") else ""
    return kept + closing + _CUT


def _verdict(part: Part) -> Iterator[str]:
    if part.report and part.report.model.unknowns:
        yield f"**Could not be read whole**: {_text(part.report.model.unknowns[0])}"
    if part.frozen is True:
        yield f"As approved in {_code(part.against)}."
    elif part.changes is not None:
        wide = len(part.widening)
        if wide:
            widen = words.count(wide, "change widens", "changes widen")
            yield f"**{widen} access**, or may, against {_code(part.against)}."
        elif part.changes:
            yield f"Nothing widens against {_code(part.against)}."
        else:
            yield f"No difference to {_code(part.against)}."
    if part.report:
        errors = sum(finding.severity is Severity.ERROR for finding in part.report.open)
        others = len(part.report.open) - errors
        yield f"{words.count(errors, 'open error')}, {words.count(others, 'warning or note', 'warnings and notes')}."


def _changes(changes: Sequence[Change]) -> Iterator[str]:
    wide = [change for change in changes if change.widens]
    for change in wide:
        mark = "wider" if change.direction is Direction.WIDENING else "direction unknown"
        yield f"* **{mark}**: {_text(change.sentence)}{_at(str(change.place))}"
        yield from (f"  * {_text(line)}" for line in change.detail[:5])
        if len(change.detail) > 5:
            yield f"  * and {len(change.detail) - 5} more"
    others = [change for change in changes if not change.widens]
    if others:
        yield from ("", f"<details><summary>{words.count(len(others), 'other change')}</summary>", "")
        yield from (f"* {change.direction.value}: {_text(change.sentence)}" for change in others)
        yield from ("", "</details>")
    yield ""


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    errors = [each for each in findings if each.severity is Severity.ERROR]
    others = [each for each in findings if each.severity is not Severity.ERROR]
    yield from map(_finding, errors)
    if others:
        yield from (
            "",
            f"<details><summary>{words.count(len(others), 'warning or note', 'warnings and notes')}</summary>",
            "",
        )
        yield from map(_finding, others)
        yield from ("", "</details>")
    yield ""


def _finding(finding: Finding) -> str:
    said = f"{_text(finding.message)}{_at(str(finding.place))}. {_advice(finding.fix)}"
    return f"* **{finding.check}** {finding.severity.value}: {said}"


def _accepted(findings: Sequence[Finding]) -> Iterator[str]:
    accepted = [each for each in findings if each.waiver]
    if accepted:
        yield from (f"<details><summary>{words.count(len(accepted), 'accepted finding')}</summary>", "")
        for each in accepted:
            waiver = each.waiver
            if waiver:
                said = f"{waiver.reason} ({waiver.owner}, until {waiver.expires})"
                yield f"* {each.check} {_text(each.subject)}: {_text(said)}"
        yield from ("", "</details>", "")


def _at(place: str) -> str:
    return f" ({_code(place)})" if place else ""


def _code(text: str) -> str:
    """In a code span nothing formats, links or mentions; only its end and the line's end must be kept out."""
    return f"`{' '.join(text.replace('`', ' ').split()) or '?'}`"


def _advice(text: str) -> str:
    """What a check advises, with what it writes in backticks as code."""
    parts = text.split("`")
    return "".join(_code(part) if number % 2 else _escaped(part) for number, part in enumerate(parts))


def _text(text: str) -> str:
    """Text of an assembly is text: it neither formats, links, mentions nor breaks the line."""
    return _escaped(" ".join(text.split()))


def _escaped(text: str) -> str:
    return _CALLS.sub(lambda match: match[0] + _INVISIBLE, _SPECIAL.sub(r"\\\1", text))
