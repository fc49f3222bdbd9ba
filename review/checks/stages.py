"""Stages of one system, held against each other."""

from __future__ import annotations

from collections.abc import Iterator

from review.findings import CHECKS, Context, Found, Severity
from review.parity import differences


@CHECKS.check(
    "STG-01",
    Severity.ERROR,
    "Stages grant the same",
    fix="Declare the difference for every environment, or undo it where it was made.",
    source="AWS Well-Architected, OPS05-BP08 (multiple environments)",
)
def parity(context: Context) -> Iterator[Found]:
    """What was tried in one stage must be what runs in the next. Only where an assembly with several stages of a system
    is reviewed; what environments are there to set (lifetimes, keys, networks, protections, hosts) does not count."""
    for other in context.beside:
        for change in differences(context.model, other):
            where = context.model.role(change.subject) or context.model.runtime_of(change.subject)
            yield Found(
                f"{other.stage} {change.kind} {change.subject}",
                f"other than in {other.stage}: {change.sentence}",
                where.place if where else change.place,
            )
