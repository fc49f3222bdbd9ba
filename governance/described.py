"""Documents that describe a target's tools: OpenAPI of an API, a Smithy model of a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from governance import openapi, smithy

KEYS: Mapping[str, str] = {"openapi": "spec", "smithy": "model"}
"""Target kind → the key that names its document in the system's `api/`."""


class Described(Protocol):
    """An operation of a document, as a tool."""

    @property
    def description(self) -> str: ...

    @property
    def input_schema(self) -> Mapping[str, Any]: ...


def operations(kind: str, document: Mapping[str, Any]) -> Mapping[str, Described]:
    """The operations of a target's document by name; none where the document cannot be read."""
    if kind == "openapi":
        return openapi.operations(document)
    try:
        return smithy.operations(document)
    except ValueError:
        return {}
