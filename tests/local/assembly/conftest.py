"""The main project's own assembly, and its development stage with one thing changed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from localcloud.assembly.files import StackFiles, read_stage
from localcloud.assembly.load import resolve
from localcloud.spec import LocalSystem
from tests.assembly_fixture import assembly, library_assembly
from tests.local.assembly.build import ADDRESSES, STAGE

__all__ = ["assembly", "library_assembly"]

Change = Callable[[dict[str, Any]], None]


class Stage:
    """The stage as synthesized; each `load` may change its resources first."""

    def __init__(self, stacks: tuple[StackFiles, ...]) -> None:
        self.stacks = stacks

    def load(
        self, kind: str | None = None, change: Change = lambda _: None, *, every: bool = False
    ) -> LocalSystem:
        """Resolves the stage after `change` was made to the first (or every) resource of a type."""
        changed, done = [], False
        for stack in self.stacks:
            template = copy.deepcopy(dict(stack.template))
            for node in template["Resources"].values():
                if node["Type"] == kind and (every or not done):
                    change(node)
                    done = True
            changed.append(replace(stack, template=template))
        assert done or kind is None, f"the stage has no {kind}"
        return resolve(tuple(changed), STAGE, ADDRESSES)


@pytest.fixture(scope="session")
def airline(assembly: Path) -> Stage:
    return Stage(read_stage(assembly, STAGE))


@pytest.fixture(scope="session")
def system(airline: Stage) -> LocalSystem:
    return airline.load()
