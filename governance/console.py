"""What the console shows of a system, as declared; and which answers of tools the agents may show to the user.

A card is a permission: without one, nothing a tool answers leaves the agents but in their own words. It is rendered
twice: for the page, which fills in its templates, and for the agents, which let through exactly the members that
the templates name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from governance.source import Source

if TYPE_CHECKING:
    from governance.model import System

NUMBER = "/#"
"""The pointer to an item's number among those shown, from 1: agents add it, as people refer to it."""
_PLACE = re.compile(r"\{(/[^{}]*)\}")

Text = Mapping[str, str]
"""A text or template by language."""


@dataclass(frozen=True)
class Card:
    """How items of one tool's answer are shown. `only` maps pointers to the text an item must have there."""

    tool: str
    items: str
    most: int
    title: Text
    source: Source
    only: Mapping[str, str] = field(default_factory=dict, hash=False)
    lines: tuple[Text, ...] = ()
    price: Mapping[str, str] | None = field(default=None, hash=False)
    action: Mapping[str, Text] | None = field(default=None, hash=False)

    @property
    def members(self) -> tuple[str, ...]:
        """Every pointer into an item that the page or the agents need, but for its number."""
        templates = [self.title, *self.lines, *(self.action or {}).values()]
        named = {pointer for text in templates for each in text.values() for pointer in pointers(each)}
        return tuple(sorted({*named, *self.only, *(self.price or {}).values()} - {NUMBER}))

    def document(self) -> dict[str, Any]:
        """The card as the page takes it. What is left out of an answer is the agents' to know."""
        found: dict[str, Any] = {"items": self.items, "title": dict(self.title)}
        if self.lines:
            found["lines"] = [dict(line) for line in self.lines]
        if self.price:
            found["price"] = dict(self.price)
        if self.action:
            found["action"] = {key: dict(text) for key, text in self.action.items()}
        return found


@dataclass(frozen=True)
class Console:
    """What the page shows of a system; nothing of it where nothing is declared."""

    title: Text = field(default_factory=dict, hash=False)
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    cards: tuple[Card, ...] = ()


def pointers(template: str) -> list[str]:
    """The JSON pointers of a template."""
    return _PLACE.findall(template)


def build(value: Mapping[str, Any] | None, sources: Mapping[str, Source]) -> Console:
    """The declared console; `sources` are those of its cards, by tool."""
    value = value or {}
    return Console(
        title=dict(value.get("title", {})),
        examples={language: tuple(texts) for language, texts in value.get("examples", {}).items()},
        cards=tuple(
            Card(
                tool=tool,
                items=card["items"],
                most=card["most"],
                title=dict(card["title"]),
                source=sources[tool],
                only=dict(card.get("only", {})),
                lines=tuple(dict(line) for line in card.get("lines", ())),
                price=card.get("price"),
                action=card.get("action"),
            )
            for tool, card in value.get("cards", {}).items()
        ),
    )


def document(system: System) -> dict[str, Any]:
    """The part of the page's `config.json` that is the same wherever the system runs."""
    console = system.console
    return {
        "title": dict(console.title) or system.title,
        "languages": list(system.languages),
        "examples": {language: list(texts) for language, texts in console.examples.items()},
        "cards": {card.tool: card.document() for card in console.cards},
    }


def shown_results(system: System, agent: str) -> str | None:
    """What an agent may let through, as the text of its variable: its own tools' and its delegates' answers.

    None where that is nothing.
    """
    tools = {grant.tool for name in _reach(system, agent) for grant in system.agent(name).grants}
    found = {
        card.tool: {
            "items": card.items,
            "members": list(card.members),
            "most": card.most,
            "only": dict(card.only),
        }
        for card in system.console.cards
        if card.tool in tools
    }
    return json.dumps(found, ensure_ascii=True, separators=(",", ":"), sort_keys=True) if found else None


def _reach(system: System, agent: str) -> set[str]:
    """The agent and everybody it may have asked."""
    seen, pending = set[str](), [agent]
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            pending += [delegation.agent for delegation in system.agent(name).delegates]
    return seen
