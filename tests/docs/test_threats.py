"""The threat model names tests; a name that leads nowhere would be a control that nobody checks."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
REFERENCE = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
IDS = {f"MCP{number:02}" for number in range(1, 11)} | {f"ASI{number:02}" for number in range(1, 11)}


def rows() -> list[list[str]]:
    """The cells of the table of threats."""
    table = PAGE.partition("| threat | ids | control | tests |")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:] if line]


def missing(references: list[tuple[str, str]]) -> list[str]:
    """References to tests that do not exist, or that pytest would not collect."""
    known: dict[str, set[str]] = {}
    for file, _ in references:
        path = ROOT / file
        tree = ast.parse(path.read_bytes()) if path.is_file() else ast.Module([], [])
        functions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
        known[file] = {node.name for node in functions if node.name.startswith("test_")}
    return [f"{file}::{name}" for file, name in references if name not in known[file]]


def test_a_threat_is_covered_by_a_test_that_does_not_exist() -> None:
    assert missing(REFERENCE.findall(PAGE)) == []


def test_a_made_up_test_would_go_unnoticed() -> None:
    here = "tests/docs/test_threats.py"
    assert missing([(here, "test_nobody_wrote"), ("tests/none.py", "test_x"), (here, "missing")]) == [
        f"{here}::test_nobody_wrote",
        "tests/none.py::test_x",
        f"{here}::missing",
    ]


def test_a_threat_has_no_control_or_no_test() -> None:
    found = rows()
    assert len(found) >= 25
    for threat, ids, control, tests in found:
        assert threat
        assert control
        assert set(ids.split()) <= IDS, ids
        assert REFERENCE.findall(tests), threat
        assert REFERENCE.sub("", tests).strip() == "", f"{threat}: something that is no test"


def test_an_owasp_risk_is_left_out() -> None:
    assert {name for row in rows() for name in row[1].split()} == IDS
