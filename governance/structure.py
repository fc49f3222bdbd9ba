"""Checks a document against its JSON Schema and words what is wrong for the person who wrote it."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from governance.document import Document, KeyPath
from governance.errors import Problem
from governance.schemas import DOCUMENTS

_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


@cache
def _validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(DOCUMENTS[kind])


def problems_of(document: Document, kind: str) -> list[Problem]:
    """Every structural defect of a document of this kind (`system`, `agent`, `target`, `environment`)."""
    found = [
        problem
        for error in _validator(kind).iter_errors(dict(document.value))
        for problem in _worded(document, error)
    ]
    found.extend(_hidden_characters(document, document.value, ()))
    return found


def _worded(document: Document, error: ValidationError) -> Iterator[Problem]:
    path: KeyPath = tuple(error.absolute_path)
    expected: Any = error.validator_value
    if error.validator == "additionalProperties" and expected is False:
        known = sorted(error.schema.get("properties", {})) if isinstance(error.schema, dict) else []
        instance: Any = error.instance
        for key in sorted(set(instance) - set(known)):
            yield document.problem((*path, key), "is not a known key.", _did_you_mean(key, known))
    elif error.validator == "required":
        missing = next(key for key in expected if f"{key!r} is a required" in error.message)
        yield document.problem((*path, missing), "is missing.", "Add it.")
    elif "propertyNames" in error.schema_path:
        yield document.problem(
            (*path, str(error.instance)), "is not a valid name.", f"It must match {expected}."
        )
    elif error.validator == "enum":
        values = list(expected)
        hint = "One of: " + ", ".join(str(value) for value in values) + "."
        yield document.problem(path, f"is {error.instance!r}.", hint)
    elif error.validator == "oneOf" and (deeper := _deeper(error)) is not None:
        yield from _worded(document, deeper)
    elif error.validator == "oneOf":
        yield document.problem(
            path, f"is {_shown(error.instance)}.", 'Write "*" or the granted names, each once.'
        )
    elif error.validator == "pattern":
        yield document.problem(path, f"is {_shown(error.instance)}.", f"It must match {expected}.")
    elif error.validator == "type":
        yield document.problem(path, f"is {_shown(error.instance)}.", f"It must be of type {expected}.")
    else:
        yield document.problem(path, f"{error.message}.")


def _deeper(error: ValidationError) -> ValidationError | None:
    """The alternative that came furthest: it is what the writer meant, so its error is the one to tell."""
    furthest = max(error.context or (), key=lambda inner: len(inner.absolute_path), default=None)
    deep = furthest is not None and len(furthest.absolute_path) > len(error.absolute_path)
    return furthest if deep else None


def _did_you_mean(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else "Known keys: " + ", ".join(known) + "."


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _hidden_characters(document: Document, value: Any, path: KeyPath) -> Iterator[Problem]:
    """Invisible and direction-changing characters hide instructions from a reviewer: no text may hold one."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _hidden_characters(document, child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _hidden_characters(document, child, (*path, index))
    elif isinstance(value, str):
        hidden = next(
            (char for char in value if unicodedata.category(char) in _HIDDEN and char != "\n"), None
        )
        if hidden is not None:
            yield document.problem(path, f"holds the invisible character U+{ord(hidden):04X}.", "Remove it.")
