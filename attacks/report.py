"""What came of a run: counts by kind, the breaches, what was left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from attacks.runner import BREACH, REFUSED, SKIPPED, Result


def as_json(results: Sequence[Result], url: str, seconds: float) -> dict[str, Any]:
    """Counts and every attack: name, kind, status, verdict, why, ms."""
    return {
        "url": url,
        "seconds": round(seconds, 1),
        "counts": counts(results),
        "attacks": [
            {
                "name": result.name,
                "kind": result.kind,
                "status": result.status,
                "verdict": result.verdict,
                "why": result.why or None,
                "ms": result.ms,
            }
            for result in results
        ],
    }


def counts(results: Sequence[Result]) -> dict[str, int]:
    """How many attacks were sent, refused, breaches, answered 5xx, and left out."""
    verdicts = Counter(result.verdict for result in results if result.kind != "afterwards")
    return {
        "sent": verdicts[REFUSED] + verdicts[BREACH],
        "refused": verdicts[REFUSED],
        "breaches": sum(result.verdict == BREACH for result in results),
        "server_errors": sum((result.status or 0) >= 500 for result in results),
        "skipped": verdicts[SKIPPED],
    }


def lines(results: Sequence[Result], url: str, seconds: float) -> list[str]:
    """The table, then every breach, then what was left out."""
    shown = [f"{'kind':<14} {'sent':>5} {'refused':>8} {'breach':>7} {'skipped':>8}  {'ms, median':>10}"]
    for kind in dict.fromkeys(result.kind for result in results if result.kind != "afterwards"):
        own = [result for result in results if result.kind == kind]
        by = Counter(result.verdict for result in own)
        times = sorted(result.ms for result in own if result.ms is not None)
        middle = f"{times[len(times) // 2]:.1f}" if times else ""
        sent = by[REFUSED] + by[BREACH]
        shown.append(f"{kind:<14} {sent:>5} {by[REFUSED]:>8} {by[BREACH]:>7} {by[SKIPPED]:>8}  {middle:>10}")
    for result in results:
        if result.verdict == BREACH:
            status = "no answer" if result.status is None else f"HTTP {result.status}"
            shown.append(f"BREACH  {result.name}  ({status}): {result.why}")
    for why, number in Counter(result.why for result in results if result.verdict == SKIPPED).items():
        shown.append(f"skipped {number:>4}: {why}")
    total = counts(results)
    shown.append(
        f"{total['sent']} attacks on {url} in {seconds:.1f} s: {total['refused']} refused, "
        f"{total['breaches']} breaches, {total['server_errors']} server errors; {total['skipped']} skipped"
    )
    return shown
