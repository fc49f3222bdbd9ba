from __future__ import annotations

import pytest

from localcloud.model import Playbook
from tests.airline_playbook.talk import playbook
from tests.airline_playbook.world import World


@pytest.fixture(scope="session")
def rules() -> Playbook:
    return playbook()


@pytest.fixture
def world() -> World:
    return World()
