"""The playbook's keys stand in its documentation, and what the documentation names exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.model.playbook import load_agent, load_entities
from localcloud.model.playbook.load import SHARED
from localcloud.model.playbook.schema import MESSAGES

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "fidelity" / "model.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    [
        *SHARED,
        *MESSAGES,
        *load_agent.RECOGNITION,
        *load_agent.STEP_KINDS,
        *(key for key in load_agent.CALL_KEYS if key != "when"),
        *load_entities.KINDS,
    ],
)
def test_a_key_of_a_playbook_is_undocumented(name: str) -> None:
    assert f"`{name}`" in TEXT


def test_a_documented_step_does_not_exist() -> None:
    section = TEXT.split("| Step | Does |")[1].split("\n\n")[0]
    steps = {line.split("`")[1] for line in section.splitlines() if line.startswith("| `")}
    assert steps == set(load_agent.STEP_KINDS)
