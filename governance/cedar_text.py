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
    when = " &&\n  ".join((_badge(scope), *conditions))
    return (
        "permit(\n"
        "  principal is AgentCore::OAuthUser,\n"
        f"  action in [{actions}],\n"
        f'  resource == AgentCore::Gateway::"{gateway_arn}"\n'
        ") when {\n"
        f"  {when}\n"
        "};"
    )


def forbid_agent(scope: str) -> str:
    """Refuses every call of one badge. It names no action, so it may name no gateway (contracts §3.1), and stays
    the same whatever tools there are: a deployment never rewrites it.
    """
    return (
        "forbid(\n"
        "  principal is AgentCore::OAuthUser,\n"
        "  action,\n"
        "  resource is AgentCore::Gateway\n"
        ") when {\n"
        f"  {_badge(scope)}\n"
        "};"
    )


def forbid_tool(tool: str, gateway_arn: str) -> str:
    """Refuses every call of one tool, whoever calls."""
    return _forbid_action(f"== {action(tool)}", gateway_arn)


def forbid_target(target: str, gateway_arn: str) -> str:
    """Refuses every call of a target's tools; the target's name is its action group (contracts §3.1)."""
    return _forbid_action(f"in {action(target)}", gateway_arn)


def _forbid_action(which: str, gateway_arn: str) -> str:
    return f'forbid(\n  principal,\n  action {which},\n  resource == AgentCore::Gateway::"{gateway_arn}"\n);'


def _badge(scope: str) -> str:
    """The badge exactly. Every permit wants the same, so no token it admits escapes a switch."""
    return f'principal.hasTag("scope") && principal.getTag("scope") == {literal(scope)}'


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
