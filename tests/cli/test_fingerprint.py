"""What makes an assembly another one: every file that is copied into it, also the console's as built."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.assembly import fingerprint


@pytest.mark.parametrize(
    "name",
    ["systems/shop/system.yaml", "lambda/tool_stock/handler.py", "agent_src/clerk/agent.py", "console/dist/index.html"],
)  # fmt: skip
def test_a_stale_assembly_is_taken_for_a_current_one(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True)
    file.write_text("before", encoding="utf-8")
    before = fingerprint(tmp_path)
    assert fingerprint(tmp_path) == before
    file.write_text("after", encoding="utf-8")
    assert fingerprint(tmp_path) != before


@pytest.mark.parametrize("name", ["systems/shop/data/goods.json", "console/src/main.tsx"])
def test_what_reaches_no_template_makes_no_new_assembly(tmp_path: Path, name: str) -> None:
    before = fingerprint(tmp_path)
    file = tmp_path / name
    file.parent.mkdir(parents=True)
    file.write_text("x", encoding="utf-8")
    assert fingerprint(tmp_path) == before
