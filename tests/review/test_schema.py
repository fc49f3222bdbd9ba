"""The committed schema of the access model holds what this release writes, and nothing that it does not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from review.collect import collect
from review.document import VERSION, to_document
from review.reader import read_assembly
from tests.assembly_fixture import ROOT
from tests.review import foreign

COMMITTED = ROOT / "docs" / "generated" / "schemas" / "access-model.schema.json"
LOCKS = sorted((ROOT / "access").glob("*.lock.json"))


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(COMMITTED.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def _wrong(validator: jsonschema.Draft202012Validator, document: Mapping[str, Any]) -> list[str]:
    return [f"{error.json_path}: {error.message[:120]}" for error in validator.iter_errors(document)]


@pytest.mark.parametrize("places", [False, True])
def test_what_is_written_is_not_what_the_schema_says(
    validator: jsonschema.Draft202012Validator, assembly: Path, library_assembly: Path, places: bool
) -> None:
    checked = 0
    for folder in (assembly, library_assembly, foreign.ASSEMBLY):
        for stage in read_assembly(folder):
            document = json.loads(json.dumps(to_document(collect(stage), places=places)))
            assert _wrong(validator, document) == [], stage.name
            checked += 1
    assert checked >= 5


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_committed_lock_is_not_what_the_schema_says(
    validator: jsonschema.Draft202012Validator, lock: Path
) -> None:
    assert _wrong(validator, json.loads(lock.read_text(encoding="utf-8"))) == []


SPOILED: dict[str, dict[str, Any]] = {
    "another version": {"version": VERSION + 1},
    "a member more": {"extra": 1},
    "a wrong effect": {"matrix": [{"effect": "perhaps"}]},
    "a wrong type": {"tools": {}},
    "a text too few": {"gateways": [{"interceptors": [{"environment": [["KEY"]]}]}]},
}


@pytest.mark.parametrize("name", SPOILED)
def test_the_schema_takes_anything(validator: jsonschema.Draft202012Validator, name: str) -> None:
    document = to_document(collect(foreign.stage()))
    assert _wrong(validator, json.loads(json.dumps(document))) == []
    assert _wrong(validator, {**document, **SPOILED[name]})


def test_every_member_is_asked_for(validator: jsonschema.Draft202012Validator) -> None:
    document = to_document(collect(foreign.stage()))
    for member in document:
        assert _wrong(validator, {key: value for key, value in document.items() if key != member}), member
