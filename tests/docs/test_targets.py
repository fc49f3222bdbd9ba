"""The page about targets says what the declaration takes, kind by kind."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import yaml

from governance.model import TargetKind
from governance.outbound import ProviderKind
from governance.target_kinds import OUTBOUND

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "targets.md").read_text(encoding="utf-8")


def table(heading: str) -> list[list[str]]:
    lines = PAGE.partition(heading)[2].partition("\n\n")[0].splitlines()
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines[1:] if line]


def test_a_kind_is_left_out_of_the_page() -> None:
    kinds = [
        row[0] for row in table("| kind | behind it | its tools come from | keys of its own | locally |\n")
    ]
    assert set(kinds) == {str(kind) for kind in TargetKind}


def test_the_matrix_of_the_page_is_not_the_loaders() -> None:
    head = "| target kind | `oauth2` | `api_key` | `iam` | `none` |\n"
    said = {row[0]: row[1:] for row in table(head)}
    assert said == {
        kind: ["yes" if provider in allowed else "no" for provider in ProviderKind]
        for kind, allowed in OUTBOUND.items()
    }


def test_an_example_of_the_page_cannot_be_read() -> None:
    blocks = re.findall(r"```(yaml|python)\n(.*?)```", PAGE, flags=re.DOTALL)
    assert [kind for kind, _ in blocks] == ["yaml", "yaml", "python"]
    for kind, text in blocks:
        assert yaml.safe_load(text) if kind == "yaml" else ast.parse(text)
