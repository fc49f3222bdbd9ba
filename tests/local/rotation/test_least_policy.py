"""The operator's policy in the runbook: exactly the operations a rotation and its undoing ask for."""

from __future__ import annotations

import json
import re

import pytest

from cli.rotation.cloud import CallFailed
from tests.assembly_fixture import ROOT
from tests.local.rotation.interleaved import break_at, rotation
from tests.local.rotation.world import World


def test_the_operator_needs_more_or_less_than_the_runbook_says(world: World) -> None:
    agent = world.take()
    world.asked.clear()
    one = rotation(world, agent, break_at("after", "update"))
    with pytest.raises(CallFailed):
        one.rotate(one.look())
    one = rotation(world, agent)
    one.undo(one.look())
    one.rotate(one.look())
    asked = set(world.asked)
    text = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    section = text.split("## Rotating an agent's client secret")[1].split("\n## ")[0]
    block = re.search(r"```json\n(.*?)```", section, re.DOTALL)
    assert block
    statements = json.loads(block[1])["Statement"]
    assert {action for statement in statements for action in statement["Action"]} == asked
    assert not [statement for statement in statements if statement["Resource"] == "*"]
