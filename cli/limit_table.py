"""The page of the limits that every synth is held to."""

from __future__ import annotations

from stacks.gates.limits import LIMITS, QUOTAS
from stacks.gates.stack_limits import STACK


def page() -> str:
    """Markdown, from the limits themselves."""
    stacks = (
        (rule, f"CloudFormation takes {most:,} {words} a stack.", advice)
        for rule, words, advice, most, _ in STACK
    )
    rows = [*((limit.rule, limit.says, limit.advice) for limit in LIMITS), *stacks]
    quotas = [f"| {words} | {most:,} |" for most, words in QUOTAS.values()]
    return "\n".join(
        [
            "# Limits",
            "",
            "Every synth is held to these, also the ones of `up` and `ask`; what breaks one is no assembly. Written by",
            "`./airside generate`.",
            "",
            "| rule | limit | what to do |",
            "|---|---|---|",
            *(f"| `{rule}` | {says} | {advice} |" for rule, says, advice in rows),
            "",
            "## Quotas",
            "",
            "An account has these per region before AWS raises them. `./airside validate` tells where a stage alone",
            "needs more; it refuses nothing.",
            "",
            "| what | quota |",
            "|---|---|",
            *quotas,
            "",
        ]
    )
