"""One running agent for a test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.local.runtimes import kit


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[kit.World]:
    """The agent `booking`, and a caller `airline_dev_orchestrator` that may invoke it."""
    booking = kit.runtime("booking", tmp_path)
    grants = {"airline_dev_orchestrator": (kit.may_invoke(booking),)}
    async with kit.running(kit.system(booking, grants=grants), tmp_path) as made:
        yield made
