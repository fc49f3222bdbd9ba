"""Rules about the console: every text in every language, and no card of what no user may see."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from governance.console import NUMBER, pointers
from governance.document import KeyPath
from governance.errors import Problem
from governance.schema_console import POINTER

if TYPE_CHECKING:
    from governance.check import Join

_CARDS = ("console", "cards")


def problems_of(join: Join) -> Iterator[Problem]:
    """Every problem of the declared console."""
    value = join.system.value.get("console")
    if value is None:
        return
    yield from _languages(join, ("console", "title"), value["title"])
    if "examples" in value:
        yield from _languages(join, ("console", "examples"), value["examples"])
    for tool, card in value.get("cards", {}).items():
        yield from _tool(join, tool)
        for path, template in _templates((*_CARDS, tool), card):
            yield from _languages(join, path, template)
            for language, text in template.items():
                yield from _pointers(join, (*path, language), text)


def _languages(join: Join, path: KeyPath, given: Mapping[str, Any]) -> Iterator[Problem]:
    wanted = list(join.system.value["languages"])
    if set(given) != set(wanted):
        message = f"is given in {', '.join(given) or 'no language'}."
        yield join.system.problem(path, message, f"The system's languages are {', '.join(wanted)}.")


def _tool(join: Join, name: str) -> Iterator[Problem]:
    path = (*_CARDS, name)
    target, _, tool = name.partition("___")
    labels = next(
        (each.value["tools"].get(tool) for each in join.targets if each.value["target"] == target), None
    )
    if labels is None:
        known = ", ".join(f"{each}___{one}" for each, tools in join.tools.items() for one in tools)
        yield join.system.problem(path, "is no tool.", f"Known: {known}.")
    elif labels["data"] == "internal":
        yield join.system.problem(
            path,
            "returns internal data, which is for no user.",
            "Remove the card, or correct the tool's label.",
        )


def _templates(path: KeyPath, card: Mapping[str, Any]) -> Iterator[tuple[KeyPath, Mapping[str, str]]]:
    yield (*path, "title"), card["title"]
    for index, line in enumerate(card.get("lines", ())):
        yield (*path, "lines", index), line
    for key, text in card.get("action", {}).items():
        yield (*path, "action", key), text


def _pointers(join: Join, path: KeyPath, text: str) -> Iterator[Problem]:
    """A brace that begins no pointer would be shown to users as it is."""
    found = pointers(text)
    for pointer in found:
        if pointer != NUMBER and not re.fullmatch(POINTER, pointer):
            yield join.system.problem(path, f"has {{{pointer}}}, which is no JSON pointer.", "See RFC 6901.")
    if text.count("{") != len(found) or text.count("}") != len(found):
        yield join.system.problem(path, "has a brace that belongs to no {/pointer}.", "Remove it.")
