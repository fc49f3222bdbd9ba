"""One signing key of a kind per session: making one costs more than all the tests that use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.functions.interceptor.tokens import Signer
from tests.functions.interceptor.user_world import UserWorld
from tests.functions.interceptor.world import World


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer("trusted+key/1=")


@pytest.fixture(scope="session")
def stranger() -> Signer:
    """A key the issuer does not publish."""
    return Signer("stranger")


@pytest.fixture(scope="session")
def users_signer() -> Signer:
    """The key of the users' pool."""
    return Signer("users+key/1=")


@pytest.fixture
def world(tmp_path: Path, signer: Signer) -> World:
    return World(tmp_path, signer)


@pytest.fixture
def user_world(tmp_path: Path, signer: Signer, users_signer: Signer) -> UserWorld:
    return UserWorld(tmp_path, signer, users_signer)
