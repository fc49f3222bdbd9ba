"""Documents that cannot be honoured, and APIs nobody stands in for."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.local.gateway.flights import DOCUMENT, TEXT, target
from tests.local.gateway.kit import World
from tests.local.gateway.parts import gateway


@pytest.mark.parametrize(
    "hosts",
    [
        {},
        {"https://other.example.com": "http://127.0.0.1:1"},
        {"https://flights.example.co": "http://127.0.0.1:1"},
        {"https://flights.example.com": "https://93.184.216.34"},
        {"https://flights.example.com": "http://127.0.0.1.evil.example"},
    ],
)
def test_a_gateway_would_call_out_of_this_computer(hosts: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="no local stand-in"):
        World(gateway(targets=(target(),)), hosts=hosts)


def _changed(path: str, value: Any) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    node: Any = document
    *parents, last = path.split(">")
    for part in parents:
        node = node[int(part)] if isinstance(node, list) else node[part]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return document


GET = "paths>/offers>get"
SCHEMA = "components>schemas>Change"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (_changed("openapi", "2.0"), "3.0.x or 3.1.x"),
        (_changed("servers", []), "exactly one"),
        (_changed("servers", [{"url": "https://{region}.example.com"}]), "literal"),
        (_changed(f"{GET}>operationId", None), "GET /offers: has no operationId"),
        (_changed(f"{GET}>summary", None), "has no description"),
        (_changed(f"{GET}>parameters>5>name", "Authorization"), "belongs to the gateway"),
        (_changed(f"{GET}>parameters>0>in", "cookie"), "path, query or header"),
        (_changed(f"{GET}>parameters>0>style", "deepObject"), "deepObject"),
        (_changed(f"{GET}>parameters>0>name", "adults"), "adults is declared twice"),
        (_changed(f"{GET}>parameters>0>schema", {"oneOf": [TEXT]}), "oneOf"),
        (_changed(f"{GET}>callbacks", {}), "callbacks"),
        (_changed(SCHEMA, {"type": "array"}), "object with properties"),
        (_changed(f"{SCHEMA}>properties>note", {"$ref": "https://evil.example/x"}), "outside the document"),
        (_changed(f"{SCHEMA}>properties>note", {"$ref": "#/components/schemas/Change"}), "circular"),
        (_changed(f"{SCHEMA}>properties>note", {"$ref": "#/components/schemas/None"}), "leads nowhere"),
        (_changed(f"{SCHEMA}>properties>order", TEXT), "order is declared twice"),
        (_changed("paths>/orders/{order}/items/{item}>parameters", []), "placeholders"),
    ],
)
def test_a_document_that_cannot_be_honoured_is_served(document: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        World(
            gateway(targets=(target(document),)), hosts={"https://flights.example.com": "http://127.0.0.1:1"}
        )
