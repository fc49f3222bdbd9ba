"""The search tool's ranking: words that query, tool name and descriptions share, rare words first.

The service ranks by meaning; words alone find less, so an agent that depends on search is tested harder.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from localcloud.gateway.catalog import SEARCH_TOOL, Tool

MAX_FOUND = 10
_WORD = re.compile(r"[^\W_]+")
_NAME_WEIGHT = 3.0


class SearchIndex:
    """The words of every tool but the search tool itself."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._tools = [tool for tool in tools if tool.name != SEARCH_TOOL]
        self._names = [_words(tool.name) for tool in self._tools]
        self._texts = [_words(_text(tool)) for tool in self._tools]
        spread: Counter[str] = Counter()
        for name, text in zip(self._names, self._texts, strict=True):
            spread.update(name | text)
        self._rarity = {word: math.log(1 + len(self._tools) / count) for word, count in spread.items()}

    def find(self, query: str, visible: frozenset[str]) -> list[Tool]:
        """At most `MAX_FOUND` of the `visible` tools that share a word with the query, the best first."""
        words = _words(query)
        scored = [
            (-score, position)
            for position, tool in enumerate(self._tools)
            if tool.name in visible and (score := self._score(words, position)) > 0
        ]
        return [self._tools[position] for _, position in sorted(scored)[:MAX_FOUND]]

    def _score(self, words: frozenset[str], position: int) -> float:
        name, text = self._names[position], self._texts[position]
        return sum(
            self._rarity[word] * (_NAME_WEIGHT if word in name else 1.0) for word in words & (name | text)
        )


def _text(tool: Tool) -> str:
    properties = tool.definition["inputSchema"].get("properties", {})
    described = (
        f"{name} {schema.get('description', '')}" for name, schema in properties.items() if "type" in schema
    )
    return f"{tool.definition['description']} {' '.join(described)}"


def _words(text: str) -> frozenset[str]:
    """Words folded for comparison; a plural `s` is dropped so that `flights` finds `flight`."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return frozenset(
        word[:-1] if len(word) > 3 and word.endswith("s") else word for word in _WORD.findall(folded)
    )
