"""What can be wrong with a declaration, collected so that one run tells everything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One defect of the declaration: file (relative to the project), 1-based line, key, what, what next."""

    file: str
    line: int
    key: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        key = f" {self.key}:" if self.key else ""
        hint = f" {self.hint}" if self.hint else ""
        return f"{where}:{key} {self.message}{hint}"


class DeclarationErrors(Exception):
    """The declaration cannot be loaded. `problems` holds every defect found, sorted by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        count = len(self.problems)
        noun = "problem" if count == 1 else "problems"
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"{count} {noun} in the declaration:\n{lines}")


class CedarErrors(Exception):
    """Rendered Cedar does not hold. `problems` name the policy, Cedar's finding, and the declared line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"Cedar refuses the rendered policies:\n{lines}")
