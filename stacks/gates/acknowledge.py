"""Findings of a rule pack that were looked at and accepted, each for one kind of resource and one finding.

Pure: what the pack reported and what is acknowledged go in, what is left and what was used come out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Acknowledgement:
    """One accepted finding.

    Args:
        rule: the rule's id, such as `AwsSolutions-IAM5`.
        path: the construct below its stage; `*` is one name, such as an agent's.
        reason: why it is accepted, so that somebody else can judge it again.
        owner: who answers for it.
        finding: for rules with several findings per resource the one, such as `Resource::*`. In it `{partition}`,
            `{account}`, `{region}`, `{name}` (letters, digits, hyphens, underscores) and `{route}` (a path in
            which `*` is a whole part) stand for what differs.
    """

    rule: str
    path: str
    reason: str
    owner: str
    finding: str = ""

    def covers(self, reported: Reported) -> bool:
        return (
            self.rule == reported.rule
            and bool(re.fullmatch(_path_pattern(self.path), reported.path))
            and bool(re.fullmatch(_finding_pattern(self.finding), reported.finding))
        )


@dataclass(frozen=True, order=True)
class Reported:
    """One finding of a rule pack. `construct` is the whole path; `says` is the rule's sentence."""

    construct: str
    rule: str
    finding: str
    says: str = ""

    @property
    def path(self) -> str:
        """Without the stage's name, and without the number of a stack that is one of several (`stacks.shards`)."""
        stack, slash, rest = self.construct.partition("/")[2].partition("/")
        return f"{_SHARD.sub('', stack)}{slash}{rest}"

    @classmethod
    def of(cls, construct: str, rule_name: str, says: str) -> Reported:
        """`rule_name` has the form `Rule` or `Rule[finding]`."""
        rule, bracket, finding = rule_name.partition("[")
        return cls(construct, rule, finding.removesuffix("]") if bracket else "", says)

    def __str__(self) -> str:
        return f"{self.rule}[{self.finding}]" if self.finding else self.rule


@dataclass(frozen=True)
class Judged:
    """`left` were not acknowledged; `used` pairs each acknowledged finding with what acknowledged it."""

    left: tuple[Reported, ...]
    used: tuple[tuple[Reported, Acknowledgement], ...]


def judge(reported: Iterable[Reported], acknowledged: Iterable[Acknowledgement]) -> Judged:
    """Sorted, so that equal reports give equal results whatever their order."""
    known = tuple(acknowledged)
    left: list[Reported] = []
    used: list[tuple[Reported, Acknowledgement]] = []
    for each in sorted(reported):
        match = next((item for item in known if item.covers(each)), None)
        if match is None:
            left.append(each)
        else:
            used.append((each, match))
    return Judged(tuple(left), tuple(used))


def document(used: Iterable[tuple[Reported, Acknowledgement]]) -> list[dict[str, str]]:
    """What was accepted where, why, and who answers for it, as JSON takes it."""
    return [
        {
            "construct": reported.construct,
            "finding": str(reported),
            "path": acknowledgement.path,
            "reason": acknowledgement.reason,
            "owner": acknowledgement.owner,
        }
        for reported, acknowledgement in used
    ]


_SHARD = re.compile(r"(?:-\d+)?-\d\d$")

_PLACES = {
    "{account}": r"\d{12}",
    "{partition}": r"aws(?:-cn|-us-gov)?",
    "{region}": r"[a-z0-9-]+",
    "{name}": r"[A-Za-z0-9_-]+",
    "{route}": r"(?:[^/*]+|\*)(?:/(?:[^/*]+|\*))*",
}


def _path_pattern(path: str) -> str:
    return re.escape(path).replace(r"\*", "[^/]+")


def _finding_pattern(finding: str) -> str:
    pattern = re.escape(finding)
    for place, expression in _PLACES.items():
        pattern = pattern.replace(re.escape(place), expression)
    return pattern
