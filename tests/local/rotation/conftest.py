"""One world for all rotations of a worker: each takes an agent of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.local.rotation.world import World, running


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    with running() as made:
        yield made
