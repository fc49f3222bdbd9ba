"""End users, and what an argument of a tool must be for every agent that may call the tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from governance.source import Source

Scalar = str | int | bool

USER_PREFIX = "user."
"""`bind: user.<attribute>`."""

MIN_INTEGER = -(1 << 63)
MAX_INTEGER = (1 << 63) - 1
"""The integers Cedar knows; interceptor and policy engine must read one number alike."""


@dataclass(frozen=True)
class Users:
    """The end users who talk to the entry agent.

    `claims` maps an attribute (`bind: user.<attribute>`) to a claim of the user's access token; the first is
    whom the agents work for. `seed_table` and `seed_attribute` tell the local sign-in whom it knows.
    """

    title: str
    claims: Mapping[str, str]
    seed_table: str
    seed_attribute: str
    source: Source

    @property
    def claim(self) -> str:
        """The claim that says for whom the agents work."""
        return next(iter(self.claims.values()))


class RuleKind(StrEnum):
    """The forms of a rule."""

    USER = "user"
    EQUALS = "equals"
    ONE_OF = "one_of"
    RANGE = "range"


@dataclass(frozen=True)
class ArgumentRule:
    """What one argument must be; of exactly one kind.

    `values` holds the attribute of the users (USER), the constant (EQUALS) or the constants (ONE_OF);
    `least` and `most` bound an integer (RANGE), None being no bound.
    """

    argument: str
    kind: RuleKind
    source: Source
    values: tuple[Scalar, ...] = ()
    least: int | None = None
    most: int | None = None

    @property
    def form(self) -> dict[str, object]:
        """The rule as the interceptor's policy file states it, without its source."""
        if self.kind is RuleKind.USER:
            return {"user": self.values[0]}
        if self.kind is RuleKind.EQUALS:
            return {"equals": self.values[0]}
        if self.kind is RuleKind.ONE_OF:
            return {"one_of": list(self.values)}
        bounds = {"min": self.least, "max": self.most}
        return {name: bound for name, bound in bounds.items() if bound is not None}

    @property
    def example(self) -> Scalar | None:
        """A value that keeps the rule; None for the user's own, which only a token tells."""
        if self.kind is RuleKind.USER:
            return None
        if self.kind is RuleKind.RANGE:
            return self.least if self.least is not None else self.most
        return self.values[0]

    def allows(self, value: object, user: Mapping[str, str] | None = None) -> bool:
        """Whether a value keeps the rule, by type and exactly; `user` holds the verified user's attributes.

        This is the meaning of the declaration: interceptor and policy engine are held against it in tests.
        """
        if self.kind is RuleKind.USER:
            own = (user or {}).get(str(self.values[0]))
            return bool(own) and type(value) is str and value == own
        if self.kind is RuleKind.RANGE:
            if type(value) is not int or not MIN_INTEGER <= value <= MAX_INTEGER:
                return False
            return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)
        return any(type(value) is type(one) and value == one for one in self.values)

    def __str__(self) -> str:
        """For people: `customer_id = user.customer_id`, `adults = 1…9`, `cabin = "A" or "B"`."""
        if self.kind is RuleKind.USER:
            return f"{self.argument} = user.{self.values[0]}"
        if self.kind is RuleKind.RANGE:
            least = "" if self.least is None else str(self.least)
            most = "" if self.most is None else str(self.most)
            return f"{self.argument} = {least}…{most}"
        return f"{self.argument} = " + " or ".join(_literal(value) for value in self.values)


def _literal(value: Scalar) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
