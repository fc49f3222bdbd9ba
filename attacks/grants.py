"""Attacks made from one system's grants: every agent at every tool it may not call, and what lists tell it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attacks.model import FORBIDDEN, MALFORMED, SEARCH, Attack, Context, Sent, post

Build = Callable[[Context], Sent]
SEEN = frozenset((200,))
SEARCHED = frozenset((200, 400, 403, 404))
"""A gateway may have no search tool, or let nobody use it."""
LAYERS = frozenset(("interceptor", "policy"))


def grant_attacks(context: Context) -> list[Attack]:
    """Needs `badges`, `grants` and `arguments` of the context to be those of the whole system."""
    tools = sorted(context.arguments)
    made: list[Attack] = []
    for agent in sorted(context.badges):
        denied = frozenset(tools) - context.grants.get(agent, frozenset())
        made += [
            Attack(f"grant: {agent} calls {tool}", _call(agent, tool), FORBIDDEN, LAYERS)
            for tool in sorted(denied)
        ]
        made += [
            Attack(f"discovery: {agent} {what}", build, expected, LAYERS, untold=denied)
            for what, build, expected in _discoveries(agent, tools)
        ]
        made += [
            Attack(f"cursor: {agent}, {name}", _cursor(agent, cursor), MALFORMED, LAYERS)
            for name, cursor in CURSORS.items()
        ]
    return made


def _as(agent: str, method: str, **params: Any) -> Build:
    body = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}
    return lambda c: post(body, f"Bearer {c.token_of(agent)}")


def _call(agent: str, tool: str) -> Build:
    return lambda c: post(c.call(tool), f"Bearer {c.token_of(agent)}")


def _discoveries(agent: str, tools: list[str]) -> list[tuple[str, Build, frozenset[int]]]:
    words = " ".join(sorted({word for tool in tools for word in tool.replace("_", " ").split()}))
    return [
        ("lists every page", _as(agent, "tools/list"), SEEN),
        *(
            (f"searches {name}", _as(agent, "tools/call", name=SEARCH, arguments={"query": query}), SEARCHED)
            for name, query in (("every word", words), ("one blank", " "), ("a wildcard", "*"))
        ),
    ]


CURSORS: dict[str, Any] = {
    "a number as text": "5",
    "zero": "AAAA",
    "made up": "AAAABQ" + "A" * 22,
    "null byte": "\x00",
    "10,000 characters": "A" * 10_000,
    "a number": 5,
    "a list": [],
    "an object": {"start": 0},
}
"""Places in a list that nobody was told."""


def _cursor(agent: str, cursor: Any) -> Build:
    return _as(agent, "tools/list", cursor=cursor)
