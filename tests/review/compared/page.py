"""docs/review-compared.md, from what was measured (results.json beside this file)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.assembly_fixture import ROOT

RESULTS = Path(__file__).with_name("results.json")
PAGE = ROOT / "docs" / "review-compared.md"
TOOLS = ("cdk diff", "cdk-nag", "cfn-lint")
AGAIN = "python -m tests.review.compared"

_HEAD = """# The review beside other tools

Every change of the corpus, planted into a synthesized assembly one at a time, and what four tools say that they did
not say before. Written by `{again}`; nothing here was typed.

## How it was measured

- **Changes**: {wide} that widen access and {benign} that do not, in the production stage of the main project
  (`airline`) and in an assembly of plain CDK constructs that this project did not make (`helpdesk`):
  `tests/review/plants.py`, `benign.py`, `foreign.py` and `foreign_benign.py`. Each is written into the templates as
  they were synthesized; all else keeps its bytes.
- **The review**: the checks with a finding that the unchanged stage does not have, and the sentence of the comparison
  with it. No lock, no waiver.
- **cdk diff**: `cdk diff STACK --exclusively --app CHANGED --template UNCHANGED --security-only --fail-on broadening`,
  CLI {aws-cdk}, without an AWS account: a local template stands for the deployed stack. It reports if it shows any
  security-relevant change; the cell names the kind. (`cdk diff` without `--security-only` shows that a property
  changed, for these changes and for every other one; what it means is for the reader to know.)
- **cdk-nag** {cdk-nag}: rules of the AwsSolutions pack that say something about the changed template, read back by
  `CfnInclude`, that they do not say about the unchanged one.
- **cfn-lint** {cfn-lint}: the same, for one Region, informational rules included but I1022, which prefers one spelling
  of a planted value to another.

These tools were made for other questions: cfn-lint asks whether a template is valid, cdk-nag whether each resource
follows good practice, `cdk diff --security-only` whether IAM statements or security groups grew. None of them joins
pools, gateways, interceptors, policies and roles into who may do what, which is what changes here.
"""


def render(results: Mapping[str, Any]) -> str:
    rows: Sequence[Mapping[str, Any]] = results["rows"]
    wide = [row for row in rows if row["widens"]]
    benign = [row for row in rows if not row["widens"]]
    head = _HEAD.format(again=AGAIN, wide=len(wide), benign=len(benign), **results["versions"])
    parts = [
        head,
        "## In short\n\n" + _summary(wide, benign),
        "## Changes that widen access\n\n" + _table(wide),
        "## Changes that do not\n\n" + _table(benign),
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def ours(row: Mapping[str, Any]) -> bool:
    return bool(row["checks"] or row["sentence"])


def _summary(wide: Sequence[Mapping[str, Any]], benign: Sequence[Mapping[str, Any]]) -> str:
    def counted(name: str, reports: Any) -> str:
        found, alarms = (sum(map(reports, rows)) for rows in (wide, benign))
        return f"| {name} | {found} of {len(wide)} | {alarms} of {len(benign)} |"

    lines = ["| tool | reports what widens | reports what does not |", "|---|---|---|"]
    lines.append(counted("the review", ours))
    lines += [counted(tool, lambda row, tool=tool: bool(row[tool])) for tool in TOOLS]
    told = [row["change"] for row in benign if ours(row)]
    lines.append("")
    lines.append(
        f"What the review reports of changes that widen nothing ({', '.join(told)}) is no widening: without a permit "
        "or a target, layers disagree, and what is left points at nothing. Where a resource only moved, others take "
        "it for a new one."
    )
    return "\n".join(lines) + "\n"


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = ["| change | the review | cdk diff | cdk-nag | cfn-lint |", "|---|---|---|---|---|"]
    for row in rows:
        checks = ", ".join(row["checks"])
        said = ": ".join(each for each in (checks, _text(row["sentence"])) if each) or "silent"
        cells = [", ".join(row[tool]) or "silent" for tool in TOOLS]
        lines.append(f"| {_text(row['change'])} | {said} | {' | '.join(map(_text, cells))} |")
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    """In a cell: no bar, nothing that Markdown takes for a format."""
    shown = text if len(text) <= 200 else text[:197] + "…"
    for mark in ("\\", "|", "*", "_", "<", "`", "{", "["):
        shown = shown.replace(mark, f"\\{mark}")
    return shown
