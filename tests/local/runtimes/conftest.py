"""One running agent: a test's own, or one that the tests of a file share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.local.runtimes import kit


def _booking(folder: Path) -> AbstractAsyncContextManager[kit.World]:
    """The agent `booking`, and a caller `airline_dev_orchestrator` that may invoke it."""
    booking = kit.runtime("booking", folder)
    grants = {"airline_dev_orchestrator": (kit.may_invoke(booking),)}
    return kit.running(kit.system(booking, grants=grants), folder)


@pytest.fixture
async def own_world(tmp_path: Path) -> AsyncIterator[kit.World]:
    """For a test that ends agents or leaves something behind."""
    async with _booking(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
async def shared_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[kit.World]:
    async with _booking(tmp_path_factory.mktemp("runtimes")) as made:
        yield made


@pytest.fixture
async def world(shared_world: kit.World) -> AsyncIterator[kit.World]:
    """For a test after which everything runs on as before, which is checked."""
    async with shared_world.visited() as visit:
        yield visit
