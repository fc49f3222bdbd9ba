from __future__ import annotations

from collections.abc import Iterator

import pytest

from localcloud.model import ModelApp, create_model, load_playbook
from tests.local.model.support import AGENTS, MODEL, Events, serving, write_library


@pytest.fixture(scope="module")
def events() -> Events:
    return Events()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, events: Events) -> ModelApp:
    playbook = load_playbook(write_library(tmp_path_factory.mktemp("library")))
    return create_model(playbook, None, events, agents=AGENTS, models={MODEL})


@pytest.fixture(scope="module")
def url(app: ModelApp) -> Iterator[str]:
    with serving(app) as address:
        yield address
