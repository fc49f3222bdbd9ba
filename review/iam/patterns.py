"""IAM's wildcards on texts with tokens: matches, does not, or depends on what a token becomes.

Source: IAM User Guide, "IAM JSON policy elements: Resource" and "Action" (`*` any characters, `?` one).
"""

from __future__ import annotations

import re
from functools import lru_cache

_ATOM = re.compile(r"\$\{[^}]*\}|.", re.DOTALL)
_FIXED = re.compile(r"\$\{AWS::(AccountId|Partition|Region|URLSuffix)\}")
"""Tokens that stand for the same text everywhere in a stage and that hold no separator."""


def covers(pattern: str, text: str) -> bool | None:
    """Whether a pattern covers a text whatever their tokens become; None where that depends on them."""
    return True if surely_covers(pattern, text) else None if overlap(pattern, text) else False


def surely_covers(pattern: str, text: str) -> bool:
    """Whether it does even if tokens match themselves only."""
    pattern, text = _partitioned(pattern), _partitioned(text)
    if "*" not in pattern and "?" not in pattern:
        return pattern == text
    # Nearly all pairs differ early; the walk over both is for those that do not.
    return not _apart(pattern, text) and _strict(pattern).fullmatch(_opaque(text)) is not None


@lru_cache(maxsize=65536)
def action_covers(pattern: str, action: str) -> bool:
    """Actions have no tokens and no case."""
    return _strict(pattern.lower()).fullmatch(action.lower()) is not None


def actions_overlap(one: str, other: str) -> bool:
    """Whether two action patterns have an action in common."""
    return overlap(one.lower(), other.lower())


def overlap(one: str, other: str) -> bool:
    """Whether two patterns have a text in common, tokens being any text."""
    one, other = _partitioned(one), _partitioned(other)
    return not _apart(one, other) and _loose(one, other)


def _apart(one: str, other: str) -> bool:
    """Whether what both begin with, up to their first wildcard or open token, already differs."""
    left, right = _beginning(one), _beginning(other)
    return not (left.startswith(right) or right.startswith(left))


@lru_cache(maxsize=65536)
def _beginning(text: str) -> str:
    found = ""
    for atom in _ATOM.findall(text):
        if atom in "*?" or (atom.startswith("${") and not _FIXED.fullmatch(atom)):
            break
        found += atom
    return found


def _partitioned(text: str) -> str:
    """One spelling of the partition: templates write `aws` and `${AWS::Partition}` for the same."""
    return "arn:${AWS::Partition}:" + text[8:] if text.startswith("arn:aws:") else text


@lru_cache(maxsize=4096)
def _strict(pattern: str) -> re.Pattern[str]:
    """Tokens match themselves only."""
    parts = []
    for atom in _ATOM.findall(pattern):
        parts.append(".*" if atom == "*" else "." if atom == "?" else re.escape(_opaque(atom)))
    return re.compile("".join(parts), re.DOTALL)


@lru_cache(maxsize=8192)
def _opaque(text: str) -> str:
    """A wildcard in what is asked about is a character like any other, which only a wildcard covers."""
    return text.replace("?", "\x00").replace("*", "\x01") if not text.startswith("${") else text


@lru_cache(maxsize=8192)
def _loose(one: str, other: str) -> bool:
    """Two patterns, open tokens being `*`, meet: the classic walk over both, with what is reached as states."""
    left, right = _atoms(one), _atoms(other)
    reached = _closed({(0, 0)}, left, right)
    seen = set(reached)
    while reached:
        if (len(left), len(right)) in reached:
            return True
        following = set()
        for i, j in reached:
            if i < len(left) and j < len(right) and _meet(left[i], right[j]):
                for ahead in (i + 1, i) if left[i] == "*" else (i + 1,):
                    for behind in (j + 1, j) if right[j] == "*" else (j + 1,):
                        following.add((ahead, behind))
        reached = _closed(following, left, right) - seen
        seen |= reached
    return (len(left), len(right)) in seen


def _meet(one: str, other: str) -> bool:
    return one == other or "*" in (one, other) or (one == "?" or other == "?")


def _closed(states: set[tuple[int, int]], left: list[str], right: list[str]) -> set[tuple[int, int]]:
    """With what is reached by a `*` that stands for nothing."""
    found, open_ = set(states), list(states)
    while open_:
        i, j = open_.pop()
        nexts = []
        if i < len(left) and left[i] == "*":
            nexts.append((i + 1, j))
        if j < len(right) and right[j] == "*":
            nexts.append((i, j + 1))
        for state in nexts:
            if state not in found:
                found.add(state)
                open_.append(state)
    return found


def _atoms(text: str) -> list[str]:
    atoms: list[str] = []
    for atom in _ATOM.findall(text):
        kept = "*" if atom.startswith("${") and not _FIXED.fullmatch(atom) else atom
        if not (kept == "*" and atoms[-1:] == ["*"]):
            atoms.append(kept)
    return atoms
