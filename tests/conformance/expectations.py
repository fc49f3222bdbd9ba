"""What is expected of the suite, and how an outcome differs from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.suite import Verdicts

FILE = Path(__file__).with_name("expected.json")


@dataclass(frozen=True)
class Group:
    """Scenarios that do not apply for one reason, each with the checks it fails."""

    reason: str
    scenarios: Mapping[str, list[str]]


@dataclass(frozen=True)
class Expected:
    """One side ("server" or "client"): scenarios that pass, groups that do not apply, checks not judged."""

    passes: tuple[str, ...]
    fails: tuple[Group, ...]
    not_judged: Mapping[str, str]

    def differences(self, verdicts: Verdicts) -> list[str]:
        """One line for each scenario whose outcome is not the expected one, in either direction."""
        wanted: Verdicts = {name: [] for name in self.passes}
        for group in self.fails:
            wanted |= group.scenarios
        found = {
            name: [check for check in checks if check not in self.not_judged]
            for name, checks in verdicts.items()
        }
        return [
            f"{name}: expected {_words(wanted.get(name))}, found {_words(found.get(name))}"
            for name in sorted(wanted.keys() | found.keys())
            if wanted.get(name) != found.get(name)
        ]


def expected(side: str) -> Expected:
    """What the committed list says of one side."""
    stated = json.loads(FILE.read_text(encoding="utf-8"))[side]
    groups = tuple(Group(each["reason"], each["scenarios"]) for each in stated["fails"])
    return Expected(tuple(stated["passes"]), groups, stated["not_judged"])


def _words(failed: list[str] | None) -> str:
    if failed is None:
        return "no such scenario"
    return f"failed {', '.join(failed)}" if failed else "a pass"
