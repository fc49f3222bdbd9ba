"""Cedar's words: statements, conditions on arguments, literals."""

from __future__ import annotations

import re
from collections.abc import Iterable

from governance.binding import ArgumentRule, RuleKind, Scalar

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = frozenset(("true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar"))


def action(tool: str) -> str:
    return f'AgentCore::Action::"{tool}"'


def permit(scope: str, tools: tuple[str, ...], gateway_arn: str, conditions: Iterable[str] = ()) -> str:
    """One permit: the badge exactly, the tools by name, the one gateway, and all `conditions`."""
    actions = ", ".join(action(tool) for tool in tools)
    badge = f'principal.hasTag("scope") && principal.getTag("scope") == {literal(scope)}'
    when = " &&\n  ".join((badge, *conditions))
    return (
        "permit(\n"
        "  principal is AgentCore::OAuthUser,\n"
        f"  action in [{actions}],\n"
        f'  resource == AgentCore::Gateway::"{gateway_arn}"\n'
        ") when {\n"
        f"  {when}\n"
        "};"
    )


def condition(rule: ArgumentRule) -> str | None:
    """The rule as a condition that cannot error; None for the user's own, as Cedar does not see the user.

    The principal of a call is the agent's client: only the interceptor reads the user's token.
    """
    if rule.kind is RuleKind.USER:
        return None
    name = rule.argument
    plain = _IDENTIFIER.fullmatch(name) is not None and name not in _RESERVED
    value = f"context.input.{name}" if plain else f"context.input[{literal(name)}]"
    parts = [f"context.input has {name if plain else literal(name)}"]
    if rule.kind is RuleKind.EQUALS:
        parts.append(f"{value} == {literal(rule.values[0])}")
    elif rule.kind is RuleKind.ONE_OF:
        parts.append(f"[{', '.join(literal(one) for one in rule.values)}].contains({value})")
    else:
        if rule.least is not None:
            parts.append(f"{value} >= {literal(rule.least)}")
        if rule.most is not None:
            parts.append(f"{value} <= {literal(rule.most)}")
    return " && ".join(parts)


def literal(value: Scalar) -> str:
    """A Cedar literal of the same type; text keeps every code point."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return '"' + "".join(_escaped(character) for character in value) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\u{{{ord(character):x}}}"
