"""A stand-in for each test."""

from __future__ import annotations

import pytest

from tests.providers.client import Provider


@pytest.fixture
def provider() -> Provider:
    return Provider()
