"""Waivers themselves."""

from __future__ import annotations

from collections.abc import Iterator

from review.findings import CHECKS, Context, Found, Severity

_LONGEST_YEARS = 1


@CHECKS.check(
    "WAI-01",
    Severity.ERROR,
    "Every waiver is about something, by somebody, until some day",
    fix="Mend what was waived, or waive it again with a reason; some checks cannot be waived.",
    source="AGENTSEC05; this project's rule that every acknowledgement has reason, owner and expiry",
    waivable=False,
)
def sound(context: Context) -> Iterator[Found]:
    """A waiver that ended, one for a check that cannot be waived or does not exist, or one longer than a year."""
    for waiver in context.waivers:
        subject = f"{waiver.check} {waiver.subject}"
        check = CHECKS.get(waiver.check)
        if check is None:
            yield Found(subject, f"there is no check {waiver.check}", waiver.place)
        elif not check.waivable:
            yield Found(subject, f"{waiver.check} cannot be waived", waiver.place)
        elif waiver.expires < context.today:
            yield Found(subject, f"the waiver of {subject} ended on {waiver.expires}", waiver.place)
        elif waiver.expires > f"{int(context.today[:4]) + _LONGEST_YEARS}{context.today[4:]}":
            yield Found(subject, f"the waiver of {subject} is for more than a year", waiver.place)
