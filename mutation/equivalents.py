"""Mutants that change nothing anybody could see: named in a committed file, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mutation.mutants import Mutant

FILE = Path(__file__).with_name("equivalents.yaml")
_MEMBERS = {"module", "in", "change", "reason"}


class MalformedEquivalents(ValueError):
    """The file is not a list of entries with their four members. The message names the entry."""


@dataclass(frozen=True)
class Equivalent:
    """One entry. `name` is as `Mutant.name`; `number` is 1 unless the change is there several times."""

    name: tuple[str, str, str, int]
    reason: str


def load(path: Path = FILE) -> list[Equivalent]:
    """The entries of a file, in its order.

    Raises MalformedEquivalents.
    """
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    except yaml.YAMLError as error:
        raise MalformedEquivalents(f"{path.name}: is no YAML ({error})") from None
    if not isinstance(entries, list):
        raise MalformedEquivalents(f"{path.name}: must be a list")
    found = [_entry(path.name, number, entry) for number, entry in enumerate(entries, start=1)]
    names = [each.name for each in found]
    for number, each in enumerate(names, start=1):
        if each in names[: number - 1]:
            raise MalformedEquivalents(f"{path.name}: entry {number} repeats an earlier one")
    return found


def _entry(file: str, number: int, entry: Any) -> Equivalent:
    if not isinstance(entry, dict) or not _MEMBERS <= entry.keys() <= _MEMBERS | {"number"}:
        raise MalformedEquivalents(f"{file}: entry {number} must have {', '.join(sorted(_MEMBERS))}")
    for member in sorted(_MEMBERS):
        if not isinstance(entry[member], str) or not entry[member].strip():
            raise MalformedEquivalents(f"{file}: entry {number}: {member} must be text")
    which = entry.get("number", 1)
    if type(which) is not int or which < 1:
        raise MalformedEquivalents(f"{file}: entry {number}: number must be a whole number from 1")
    name = (entry["module"], entry["in"], " ".join(entry["change"].split()), which)
    return Equivalent(name, " ".join(entry["reason"].split()))


def stale(equivalents: Iterable[Equivalent], mutants: Iterable[Mutant]) -> list[Equivalent]:
    """Entries that no mutant answers to: the code has changed, and the reason may hold no longer."""
    known = {mutant.name for mutant in mutants}
    return [each for each in equivalents if each.name not in known]
