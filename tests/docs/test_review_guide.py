"""The reviewer's guide says what the commands print: its examples are run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cli.__main__ import main
from review.reader import read_stage
from review.stage import Stage
from tests.assembly_fixture import ROOT, assembly
from tests.review import planting
from tests.review.plant_kit import BOOKING, CLIENT, GATEWAY, PERMIT, POLICY, STATEMENT, on, put, replaced

__all__ = ["assembly"]

GUIDE = (ROOT / "docs" / "review.md").read_text(encoding="utf-8")
STAGE = "airline-prod"
TOOL = "customer-mcp___create_booking"
LINE = "systems/airline/agents/loyalty.yaml:11"
_BLOCK = re.compile(r"^```text\n(.*?)^```", re.DOTALL | re.MULTILINE)
_PLACE = re.compile(r"  \([^()]*(?:\.template\.json|\.yaml)[^()]*\)$", re.MULTILINE)


def blocks(heading: str) -> list[list[str]]:
    """The lines of each text block below a heading."""
    _, _, below = GUIDE.partition(f"\n## {heading}\n")
    section = below.partition("\n## ")[0]
    return [block.splitlines() for block in _BLOCK.findall(section)]


def holds(printed: str, block: list[str]) -> None:
    """The block's lines are printed in its order; `…` stands for lines left out, and no place is told."""
    lines = iter(_PLACE.sub("", printed).splitlines())
    for wanted in block:
        if wanted.strip() != "…":
            assert any(line == wanted for line in lines), f"not printed, or in another order: {wanted!r}"


@pytest.fixture(scope="module")
def stage(assembly: Path) -> Stage:
    return read_stage(assembly, STAGE)


@pytest.fixture(scope="module")
def granted(assembly: Path, stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The assembly after the guide's change: loyalty may create bookings, in both layers as they are rendered."""
    wider = replaced(STATEMENT, "action in [", f'action in [AgentCore::Action::"{TOOL}", ')
    folder = tmp_path_factory.mktemp("granted") / "cdk.out"
    planting.write(assembly, folder, stage, on(POLICY, wider, **PERMIT)(stage))
    for file in folder.glob("asset.*/gateway_interceptor/policy.json"):
        policy = json.loads(file.read_text(encoding="utf-8"))
        if policy.get("environment") == "prod":
            policy["grants"]["loyalty"][TOOL] = LINE
            file.unlink()
            file.write_text(json.dumps(policy), encoding="utf-8")
    return folder


def test_the_decision_is_not_made_as_the_guide_tells(
    granted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    review, explain = blocks("From a change to a decision")
    words = ["--assembly", str(granted), "--stage", STAGE]
    assert main(["review", *words, "--frozen"]) == 1
    holds(capsys.readouterr().out, review)
    assert main(["explain", *words, "loyalty", TOOL]) == 0
    holds(re.sub(r":\d+ Resources", " Resources", capsys.readouterr().out), explain)
    # Approved, it is as approved.
    (tmp_path / "systems").mkdir()
    assert main(["lock", *words, "--project", str(tmp_path)]) == 0
    assert main(["review", *words, "--project", str(tmp_path), "--frozen"]) in (0, 1)
    assert "as approved: nothing differs" in capsys.readouterr().out


def test_what_a_reviewer_sees_is_not_printed(
    assembly: Path, stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    diff, found = blocks("What a reviewer sees")
    after = on(GATEWAY, put("PolicyEngineConfiguration.Mode", "LOG_ONLY"))(stage)
    after = on(CLIENT, put("AccessTokenValidity", 1440), **BOOKING)(after)
    folder = planting.write(assembly, tmp_path / "cdk.out", stage, after)
    assert main(["diff", str(assembly), str(folder), "--stage", STAGE]) == 1
    holds(capsys.readouterr().out.replace(str(assembly), "main/cdk.out"), diff)
    assert main(["review", "--assembly", str(folder), "--stage", STAGE]) == 1
    holds(capsys.readouterr().out, found)
