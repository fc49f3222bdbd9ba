"""The model says what the declaration says, for every cell, and survives its own document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from governance.access import AccessMatrix
from governance.load import load_project
from review.collect import collect
from review.document import from_document, to_document
from review.effect import Effect
from review.errors import Unreadable
from review.model import AccessModel
from review.reader import read_assembly
from tests.assembly_fixture import ROOT


@pytest.fixture(scope="module")
def models(assembly: Path) -> tuple[AccessModel, ...]:
    return tuple(collect(stage) for stage in read_assembly(assembly) if stage.system)


def test_everything_of_the_main_project_is_understood(models: tuple[AccessModel, ...]) -> None:
    assert len(models) == 3
    assert [model.unknowns for model in models] == [()] * 3


def test_the_synthesized_matrix_is_the_declared_one(models: tuple[AccessModel, ...]) -> None:
    project = load_project(ROOT)
    for model in models:
        assert model.system
        system = project.system(model.system)
        declared = AccessMatrix.of(system)
        cells = {(cell.subject, cell.tool): cell for cell in model.matrix}
        for agent in system.agents:
            for tool in system.tools:
                cell = cells.pop((agent.name, tool.full_name), None)
                if not declared.decision(agent.name, tool.full_name).allowed:
                    assert cell is None
                    continue
                assert cell is not None
                assert cell.effect is (Effect.CONDITIONAL if tool.rules else Effect.ALLOW)
                assert cell.interceptor.place.declared == str(
                    declared.decision(agent.name, tool.full_name).source
                )
        assert cells == {}


def test_delegation_is_what_the_roles_allow(models: tuple[AccessModel, ...]) -> None:
    project = load_project(ROOT)
    for model in models:
        assert model.system
        declared = {
            agent.name: tuple(sorted(each.agent for each in agent.delegates))
            for agent in project.system(model.system).agents
        }
        assert dict(model.delegation()) == declared


@pytest.mark.parametrize("places", [False, True])
def test_a_model_survives_its_document(models: tuple[AccessModel, ...], places: bool) -> None:
    for model in models:
        document = json.loads(json.dumps(to_document(model, places=places)))
        assert from_document(document) == model


def test_a_document_without_places_names_no_file_and_no_logical_id(models: tuple[AccessModel, ...]) -> None:
    text = json.dumps([to_document(model) for model in models])
    assert "template.json" not in text
    assert "Resources." not in text


SPOILED: dict[str, dict[str, Any]] = {
    "another version": {"version": 2},
    "another format": {"format": "x"},
    "unknown member": {"extra": 1},
    "missing member": {"matrix": None},
    "wrong type": {"pools": {}},
    "wrong item": {"tools": [1]},
}


@pytest.mark.parametrize("name", SPOILED)
def test_a_document_that_is_not_understood_is_refused(models: tuple[AccessModel, ...], name: str) -> None:
    document = {**to_document(models[0]), **SPOILED[name]}
    if name == "missing member":
        del document["matrix"]
    with pytest.raises(Unreadable):
        from_document(document)
