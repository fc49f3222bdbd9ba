"""What a gate found."""

from __future__ import annotations

from dataclasses import dataclass

from stacks.gates.templates import Resource


@dataclass(frozen=True)
class Finding:
    """One broken limit: of which resource, at which property, with the value, and what to do next.

    `resource` is None for a whole template; `template` is its path then.
    """

    rule: str
    what: str
    advice: str
    resource: Resource | None = None
    where: str = ""
    template: str = ""

    def __str__(self) -> str:
        place = f"{self.resource.logical_id} {self.where}" if self.resource else self.template
        return f"{place.strip()}: {self.what} {self.advice} [{self.rule}]"
