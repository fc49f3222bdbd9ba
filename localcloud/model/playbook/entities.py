"""Finds entities in a text and writes the text again with each replaced by a mark.

Rules are written over the annotated text: `{airport}` in a pattern stands for any airport, however spelt, so
`from {airport}` needs no list of cities. A mark is `⟦airport:3⟧`, its number the mention's index.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from localcloud.model.playbook.dates import find_dates
from localcloud.model.playbook.numbers import find_counts, find_ordinals
from localcloud.model.playbook.schema import Entity, Word

TEXT_LIMIT = 4_000
"""Characters of a request that are read: rules look for short phrases, and time per request stays bounded."""
_MARKS = re.compile("[⟦⟧]")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Mention:
    """One entity in a text. `value` is canonical (an ISO date, a code, a number), `text` what was written."""

    index: int
    entity: str
    value: Any
    text: str


@dataclass(frozen=True)
class Annotated:
    """A text with marks, and the mentions they number."""

    text: str
    mentions: tuple[Mention, ...]

    def values(self) -> dict[str, list[Any]]:
        """Values by entity in order of mention."""
        grouped: dict[str, list[Any]] = {}
        for mention in self.mentions:
            grouped.setdefault(mention.entity, []).append(mention.value)
        return grouped


def compile_pattern(source: str, entities: frozenset[str], own: str | None = None) -> re.Pattern[str]:
    """A rule's pattern; `{value}` captures a mention of `own`. Raises ValueError for an unknown name."""

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        if name == "value" and own is not None:
            return rf"⟦{own}:(?P<value>\d+)⟧"
        if name not in entities:
            known = ", ".join(sorted(entities))
            raise ValueError(f"{{{name}}} is no entity (known: {known})")
        return rf"⟦{name}:\d+⟧"

    try:
        return re.compile(_PLACEHOLDER.sub(replace, source), re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None


def annotate(text: str, entities: Sequence[Entity], today: date | None) -> Annotated:
    """Longer mentions win over shorter ones they overlap; of equal ones, the entity declared first."""
    text = _MARKS.sub("", text)[:TEXT_LIMIT]
    candidates: list[tuple[int, int, int, str, Any]] = []
    for order, entity in enumerate(entities):
        for start, end, value in _find(text, entity, today):
            candidates.append((start - end, order, start, entity.name, value))
    taken: list[tuple[int, int, str, Any]] = []
    for negative_length, _, start, name, value in sorted(candidates, key=lambda c: c[:3]):
        end = start - negative_length
        if all(end <= s or e <= start for s, e, _, _ in taken):
            taken.append((start, end, name, value))
    pieces: list[str] = []
    mentions: list[Mention] = []
    at = 0
    for start, end, name, value in sorted(taken, key=lambda t: t[0]):
        pieces += (text[at:start], f"⟦{name}:{len(mentions)}⟧")
        mentions.append(Mention(len(mentions), name, value, text[start:end]))
        at = end
    return Annotated("".join((*pieces, text[at:])), tuple(mentions))


def _find(text: str, entity: Entity, today: date | None) -> list[tuple[int, int, Any]]:
    if entity.kind == "date":
        return [(s, e, day.isoformat()) for s, e, day in find_dates(text, today)] if today else []
    if entity.kind == "ordinal":
        return list(find_ordinals(text))
    if entity.kind == "count":
        return list(find_counts(text))
    if entity.kind == "pattern":
        return [
            (*match.span(), _written(match, entity))
            for pattern in entity.patterns
            for match in pattern.finditer(text)
        ]
    return _find_words(text, entity)


def _written(match: re.Match[str], entity: Entity) -> str:
    """The first group that took part, or all that matched."""
    text = next((group for group in match.groups() if group is not None), match[0])
    return text.upper() if entity.upper else text


def _find_words(text: str, entity: Entity) -> list[tuple[int, int, Any]]:
    pattern, values = _compiled(entity.words, entity.ignore)
    found: list[tuple[int, int, Any]] = []
    for match in pattern.finditer(text):
        word = match[0]
        exact = values.get((word, True))
        # A code spelt all in lower case counts too ("icn to nrt"); words such as "can" are in `ignore`.
        value = exact or values.get((word.lower(), False))
        if value is None and word.islower():
            value = values.get((word.upper(), True))
        if value is not None and word not in entity.ignore:
            found.append((*match.span(), value))
    return found


@lru_cache(maxsize=64)
def _compiled(
    words: tuple[Word, ...], ignore: tuple[str, ...]
) -> tuple[re.Pattern[str], dict[tuple[str, bool], str]]:
    values: dict[tuple[str, bool], str] = {}
    for word in words:
        # The first entry wins, so a city's main airport is the one listed first.
        values.setdefault((word.text if word.exact else word.text.lower(), word.exact), word.value)
    spellings = sorted({word.text for word in words} | set(ignore), key=len, reverse=True)
    alternatives = "|".join(_bounded(spelling) for spelling in spellings) or r"(?!)"
    return re.compile(alternatives, re.IGNORECASE), values


def _bounded(spelling: str) -> str:
    """Latin spellings stand alone; a Korean one may be followed by a particle."""
    before = r"(?<![A-Za-z0-9])" if re.match(r"[A-Za-z0-9]", spelling) else ""
    after = r"(?![A-Za-z0-9])" if re.search(r"[A-Za-z0-9]\Z", spelling) else ""
    return before + re.escape(spelling).replace(r"\ ", r"\s+") + after
