"""One review: a stage in, its model and what the checks found out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from review import checks, words
from review.collect import collect
from review.findings import Check, Context, Finding, Registry, Severity, Waiver
from review.iam.arns import arns
from review.iam.evaluate import Evaluator
from review.model import AccessModel
from review.stage import Stage

WAIVER_CHECK = "WAI-01"
_DEV_LIKE = re.compile(r"(dev|test|sandbox|local)", re.IGNORECASE)

CLEAN, FOUND, COULD_NOT_LOOK = 0, 1, 2


@dataclass(frozen=True)
class Report:
    """The outcome. `findings` are sorted, the gravest first; those with a waiver are kept, as accepted."""

    stage: str
    model: AccessModel
    findings: tuple[Finding, ...]

    @property
    def open(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.waiver is None)

    @property
    def exit_code(self) -> int:
        """2 where something could not be read, else 1 with an open error, else 0."""
        if self.model.unknowns:
            return COULD_NOT_LOOK
        return FOUND if any(finding.severity is Severity.ERROR for finding in self.open) else CLEAN


def review(
    stage: Stage,
    *,
    today: str,
    declared: Mapping[str, Any] | None = None,
    waivers: Sequence[Waiver] = (),
    approved: AccessModel | None = None,
    beside: Sequence[AccessModel] = (),
    registry: Registry | None = None,
) -> Report:
    """Collects the model of a stage and runs every check.

    Args:
        today: 2026-11-21, for waivers that ended.
        declared: the declared matrix, if the declaration is at hand (see `Context`).
        approved: the model of the lock, for the checks that hold the stage against it.
        beside: models of other stages of the same system, for the checks that hold stages against each other.

    Raises:
        Unreadable: what cannot be read is never clean.
    """
    known = registry or checks.load()
    model, names = collect(stage), stage.names
    context = Context(
        stage=stage,
        names=names,
        model=model,
        iam=Evaluator(model, arns(stage, names)),
        today=today,
        production=not _DEV_LIKE.match(stage.environment or stage.name),
        declared=declared,
        waivers=tuple(waivers),
        approved=approved,
        beside=tuple(beside),
    )
    findings = [
        finding for check in known.all() for finding in _look(check, context) if check.id != WAIVER_CHECK
    ]
    findings += _about_waivers(known.get(WAIVER_CHECK), context, findings)
    return Report(stage.name, model, tuple(sorted(findings, key=_order)))


def _look(check: Check, context: Context) -> Iterator[Finding]:
    for found in check.look(context):
        finding = Finding(
            check=check.id,
            severity=check.severity,
            subject=found.subject,
            message=words.told(found.message),
            fix=check.fix,
            source=check.source,
            place=found.place,
        )
        waiver = next(
            (each for each in context.waivers if check.waivable and _accepts(each, finding, context)), None
        )
        yield finding.waived(waiver) if waiver else finding


def _accepts(waiver: Waiver, finding: Finding, context: Context) -> bool:
    # Days as text compare as days do.
    return (
        waiver.check == finding.check
        and waiver.stage in (None, context.stage.name)
        and waiver.subject in ("*", finding.subject)
        and waiver.expires >= context.today
    )


def _about_waivers(check: Check | None, context: Context, findings: Sequence[Finding]) -> list[Finding]:
    """Waivers are looked at last: one that accepts nothing any more hides what comes next."""
    if check is None:
        return []
    used = {finding.waiver for finding in findings if finding.waiver}
    found = list(_look(check, context))
    for waiver in context.waivers:
        # A stage of no system, such as settings of an account or somebody else's assembly, may have nothing to
        # accept: only a waiver that names it is unused there.
        here = waiver.stage == context.stage.name or (
            waiver.stage is None and context.model.system is not None
        )
        if here and waiver not in used and waiver.expires >= context.today:
            found.append(
                Finding(
                    check.id,
                    Severity.WARNING,
                    f"{waiver.check} {waiver.subject}",
                    f"the waiver of {waiver.check} for {waiver.subject} accepts nothing in this stage",
                    "Remove it, or name the subject as the finding does.",
                    check.source,
                    waiver.place,
                )
            )
    return found


_GRAVEST = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


def _order(finding: Finding) -> tuple[Any, ...]:
    return (
        finding.waiver is not None,
        _GRAVEST.index(finding.severity),
        finding.check,
        finding.subject,
        finding.place,
    )
