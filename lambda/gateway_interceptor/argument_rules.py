"""What an argument must be: the end user's own, a constant, one of a few, or within bounds. Pure.

Values are compared as JSON texts differ: by type and by every code point. To Python `1`, `1.0` and `true`
are equal, and to a tool behind the gateway they may mean different things, so none stands for another; text
is not normalised, folded or trimmed for the same reason. A missing argument satisfies no rule.
"""

from __future__ import annotations

from gateway_interceptor.frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Scalar = str | int | bool

MIN_INTEGER = -(1 << 63)
MAX_INTEGER = (1 << 63) - 1
"""The integers Cedar knows. Beyond them two readers of one number disagree, so no rule allows one."""

_SCALARS = (str, int, bool)
_BOUNDS = frozenset(("min", "max"))


class Rule(Frozen):
    """One argument's rule, of exactly one kind.

    `claim` is the claim of the user's token the argument must equal; `values` are the (type, value) pairs
    allowed; without either the argument must be an integer in `low`…`high`. `source` is the declaration's
    line.
    """

    __slots__ = ("argument", "claim", "high", "low", "source", "values")

    argument: str
    source: str
    claim: str | None
    values: frozenset[tuple[type, Scalar]] | None
    low: int
    high: int

    def __init__(
        self,
        argument: str,
        source: str,
        *,
        claim: str | None = None,
        values: frozenset[tuple[type, Scalar]] | None = None,
        low: int = MIN_INTEGER,
        high: int = MAX_INTEGER,
    ) -> None:
        super().__init__(argument=argument, source=source, claim=claim, values=values, low=low, high=high)

    def allows(self, arguments: Mapping[str, Any]) -> bool:
        """Whether these arguments keep the rule; never for a rule of a user, which asks `is_users_own`."""
        # What is missing is None here, and so is JSON's null: no rule allows either.
        value: Any = arguments.get(self.argument)
        kind = type(value)
        if self.values is not None:
            return kind in _SCALARS and (kind, value) in self.values
        return self.claim is None and kind is int and self.low <= value <= self.high

    def is_users_own(self, arguments: Mapping[str, Any], own: str | None) -> bool:
        """Whether the argument is the text `own`, the verified user's; None or empty text is nobody's."""
        value = arguments.get(self.argument)
        return bool(own) and value == own


def parse(argument: str, value: Any, claims: Mapping[str, str]) -> Rule | None:
    """The rule in a member of `arguments`, None if it is not exactly one of the known forms.

    `claims` maps the declared attributes of users to claims. A form that is nearly right is none: a rule
    read leniently is a rule that may not hold.
    """
    if not isinstance(value, dict):
        return None
    form = value.keys() - {"source"}
    source = value.get("source")
    if not isinstance(source, str) or not source:
        return None
    if form == {"user"}:
        attribute = value["user"]
        claim = claims.get(attribute) if isinstance(attribute, str) else None
        return None if claim is None else Rule(argument, source, claim=claim)
    if form == {"equals"}:
        return _constants(argument, source, [value["equals"]])
    if form == {"one_of"}:
        return _constants(argument, source, value["one_of"])
    if form and form <= _BOUNDS:
        low, high = value.get("min", MIN_INTEGER), value.get("max", MAX_INTEGER)
        if type(low) is int and type(high) is int and MIN_INTEGER <= low <= high <= MAX_INTEGER:
            return Rule(argument, source, low=low, high=high)
    return None


def _constants(argument: str, source: str, values: Any) -> Rule | None:
    if not isinstance(values, list) or not all(_is_constant(value) for value in values):
        return None
    found = frozenset((type(value), value) for value in values)
    if not found or len(found) != len(values):
        return None
    return Rule(argument, source, values=found)


def _is_constant(value: Any) -> bool:
    if type(value) is int:
        return MIN_INTEGER <= value <= MAX_INTEGER
    return type(value) in _SCALARS
