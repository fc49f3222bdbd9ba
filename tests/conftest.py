"""What every test shares."""

from __future__ import annotations

import pytest
from hypothesis import settings

# How long an example takes is the machine's business: a test that fails on a busy one teaches nothing.
settings.register_profile("airside", deadline=None)
settings.load_profile("airside")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio, as the platform does."""
    return "asyncio"
