"""The document the gateway makes a tool of, and that the stand-in keeps to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml

from governance import openapi
from tests.providers.client import AIRLINE, SEARCH, Provider

DOCUMENT: dict[str, Any] = json.loads((AIRLINE / "api" / "flights.openapi.json").read_text(encoding="utf-8"))
OPERATION = DOCUMENT["paths"][SEARCH]["get"]


def members(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield name, one
            yield from members(one)
    elif isinstance(value, list):
        for one in value:
            yield from members(one)


def test_the_gateways_rules_for_documents_hold() -> None:
    assert DOCUMENT["openapi"].startswith("3.0.")
    assert list(openapi.problems(DOCUMENT)) == []
    names = {name for name, _ in members(DOCUMENT)}
    forbidden = {
        "oneOf",
        "anyOf",
        "allOf",
        "security",
        "securitySchemes",
        "callbacks",
        "webhooks",
        "links",
        "discriminator",
    }
    assert names & forbidden == set()
    assert DOCUMENT["servers"] == [{"url": "https://provider.invalid"}]
    assert len(json.dumps(DOCUMENT)) < 1_000_000


def test_the_only_operation_is_the_declared_tool() -> None:
    declared = yaml.safe_load((AIRLINE / "targets" / "flights-api.yaml").read_text(encoding="utf-8"))
    assert declared["spec"] == "flights.openapi.json"
    assert [OPERATION["operationId"]] == list(declared["tools"])
    assert [(path, list(methods)) for path, methods in DOCUMENT["paths"].items()] == [(SEARCH, ["get"])]


def test_the_parameters_are_the_four_and_each_is_required_and_described() -> None:
    types = {
        one["name"]: (one["in"], one["required"], one["schema"]["type"]) for one in OPERATION["parameters"]
    }
    assert types == {
        "originLocationCode": ("query", True, "string"),
        "destinationLocationCode": ("query", True, "string"),
        "departureDate": ("query", True, "string"),
        "adults": ("query", True, "integer"),
    }
    assert all(len(one["description"]) > 20 for one in OPERATION["parameters"])


def test_every_reference_leads_somewhere_and_nothing_is_left_over() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    used = {str(target) for name, target in members(DOCUMENT) if name == "$ref"}
    assert used == {f"#/components/schemas/{name}" for name in schemas}


def validator(status: str) -> jsonschema.Draft7Validator:
    schema = OPERATION["responses"][status]["content"]["application/json"]["schema"]
    return jsonschema.Draft7Validator(schema | {"components": DOCUMENT["components"]})


@pytest.mark.parametrize(("origin", "destination"), [("ICN", "NRT"), ("NRT", "LAX"), ("ICN", "GMP")])
def test_the_stand_ins_answers_are_of_the_described_form(
    provider: Provider, origin: str, destination: str
) -> None:
    answer = provider.search(originLocationCode=origin, destinationLocationCode=destination)
    # A reference beside other members is ignored in draft 7, so the schema is reached through it.
    root = {"$ref": "#/components/schemas/FlightOffers", "components": DOCUMENT["components"]}
    assert list(jsonschema.Draft7Validator(root).iter_errors(answer.json())) == []


def test_the_stand_ins_errors_are_of_the_described_form(provider: Provider) -> None:
    for status, answer in (("400", provider.search(adults="0")), ("401", provider.request("GET", SEARCH))):
        assert answer.status_code == int(status)
        assert list(validator(status).iter_errors(answer.json())) == []


def test_the_description_can_be_violated() -> None:
    assert list(validator("200").iter_errors({"data": [{"type": "flight-offer"}]}))
    assert list(validator("400").iter_errors({"error": "x"}))
