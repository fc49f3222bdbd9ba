"""The `entities` part of `entities.yaml`: builtin readers, patterns, word lists, and tables of the system."""

from __future__ import annotations

import json
import re
from typing import Any

from localcloud.model.playbook.schema import Entity, Word
from localcloud.model.playbook.source import Value

KINDS = ("date", "ordinal", "count", "pattern", "words", "table")
_NAME = re.compile(r"[a-z][a-z_]*")
Tables = dict[str, dict[str, Any]]


def load_entities(value: Value) -> tuple[tuple[Entity, ...], Tables]:
    """The entities in order of precedence, and the rows of those that come from a file, by their value."""
    entities: list[Entity] = []
    tables: Tables = {}
    for name, entry in value.items():
        if not _NAME.fullmatch(name) or name == "value":
            entry.problem(f"an entity's name is small letters and underscores, and not 'value': {name!r}")
        fields = entry.fields(
            required=("kind",),
            optional=("match", "upper", "words", "file", "value", "codes", "names", "ignore"),
        )
        kind = fields["kind"].one_of(KINDS, "words")
        _check_keys(kind, fields)
        if kind == "pattern":
            entities.append(
                Entity(name, kind, patterns=_regexes(fields["match"]), upper=fields["upper"].flag())
            )
        elif kind == "words":
            words = tuple(
                Word(text, key, exact=False)
                for key, texts in fields["words"].items()
                for text in texts.texts()
            )
            entities.append(Entity(name, kind, words=words, ignore=fields["ignore"].texts()))
        elif kind == "table":
            rows = _rows(fields["file"], fields["value"].text())
            tables[name] = rows
            codes, names = fields["codes"].texts(), fields["names"].texts()
            words = (*_spellings(rows, codes, exact=True), *_spellings(rows, names, exact=False))
            if rows and not words:
                entry.problem("no row has any of the fields given as codes or names")
            entities.append(Entity(name, "words", words=words, ignore=fields["ignore"].texts()))
        else:
            entities.append(Entity(name, kind))
    return tuple(entities), tables


_KEYS = {
    "pattern": {"match", "upper"},
    "words": {"words", "ignore"},
    "table": {"file", "value", "codes", "names", "ignore"},
}
_NEEDED = {"pattern": {"match"}, "words": {"words"}, "table": {"file", "value"}}


def _check_keys(kind: str, fields: dict[str, Value]) -> None:
    for key, field in fields.items():
        if key != "kind" and not field.missing and key not in _KEYS.get(kind, set()):
            field.problem(f"key {key!r} has no meaning for kind {kind}")
        if field.missing and key in _NEEDED.get(kind, set()):
            fields["kind"].problem(f"kind {kind} needs the key {key!r}")


def _regexes(value: Value) -> tuple[re.Pattern[str], ...]:
    patterns = []
    for element in value.elements():
        try:
            patterns.append(re.compile(element.text("(?!)"), re.IGNORECASE))
        except re.error as error:
            element.problem(f"is not a regular expression: {error}")
    return tuple(patterns)


def _rows(file: Value, key: str) -> dict[str, Any]:
    """Rows of a JSON file: a list of objects, or an object holding one such list."""
    name = file.text()
    if not name or not key:
        return {}
    path = (file.path.parent / name).resolve()
    if not path.is_relative_to(file.path.parent.parent):
        file.problem(f"{name} lies outside the system's own folder")
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        file.problem(f"{name} cannot be read: {error}")
        return {}
    if isinstance(document, dict):
        document = next((v for v in document.values() if isinstance(v, list)), None)
    if not isinstance(document, list) or not all(isinstance(row, dict) and row.get(key) for row in document):
        file.problem(f"{name} is not a list of objects that all have {key!r}")
        return {}
    return {str(row[key]): row for row in document}


def _spellings(rows: dict[str, Any], fields: tuple[str, ...], *, exact: bool) -> tuple[Word, ...]:
    words: list[Word] = []
    # Field by field, so that a name proper of a later row comes before an alias of an earlier one.
    for field in fields:
        for key, row in rows.items():
            found = row
            for part in field.split("."):
                found = found.get(part) if isinstance(found, dict) else None
            texts = found if isinstance(found, list) else [found]
            words += (Word(text, key, exact) for text in texts if isinstance(text, str) and text.strip())
    return tuple(words)
