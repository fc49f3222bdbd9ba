"""Asks the review and three other tools about every planted change, and writes docs/review-compared.md.

    python -m tests.review.compared [--assembly DIR]

It takes minutes, needs the npm registry once, and is no test: a test only holds the page against the corpus.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from review.reader import read_stage
from review.stage import Stage
from tests.assembly_fixture import ROOT
from tests.review import foreign, planting
from tests.review.compared import others, page
from tests.review.compared.corpus import AIRLINE, FOREIGN, Reviewer, Row, rows

STAGE = "airline-prod"
KEPT = ROOT / ".airside" / "compared"
_Look = Callable[[Path], set[tuple[str, str]]]


class _Once:
    """What a tool says of a template, each template looked at once: also by a later run of the same version."""

    def __init__(self, tool: str, look: _Look) -> None:
        self._look = look
        self._kept = KEPT / f"{tool}-{others.versions()[tool]}"
        self._kept.mkdir(parents=True, exist_ok=True)

    def __call__(self, template: Path) -> set[tuple[str, str]]:
        file = self._kept / f"{hashlib.sha256(template.read_bytes()).hexdigest()}.json"
        if not file.is_file():
            file.write_text(json.dumps(sorted(self._look(template))), encoding="utf-8")
        return {(rule, what) for rule, what in json.loads(file.read_text(encoding="utf-8"))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assembly", type=Path, help="the main project's, if it is synthesized already")
    parser.add_argument(
        "--ours",
        action="store_true",
        help="only what the review says; of the others, what was measured before",
    )
    options = parser.parse_args()
    given = options.assembly
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if given is None:
            from cli import assembly

            given = folder / "cdk.out"
            assembly.synthesize(ROOT, given)
        results = (
            _refreshed(given.resolve()) if options.ours else _results(given.resolve(), folder / "planted")
        )
    page.RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    page.PAGE.write_text(page.render(results), encoding="utf-8")


_Stages = Mapping[str, tuple[Path, Stage]]


def _stages(airline: Path) -> _Stages:
    return {AIRLINE: (airline, read_stage(airline, STAGE)), FOREIGN: (foreign.ASSEMBLY, foreign.stage())}


def _said(stages: _Stages) -> dict[str, dict[str, Any]]:
    """Change → what the review says."""
    reviewers = {name: Reviewer(stage) for name, (_, stage) in stages.items()}
    found = {}
    for row in rows():
        ours = reviewers[row.assembly].look(row)
        found[row.name] = {
            "change": row.name,
            "widens": row.wide,
            "checks": list(ours.checks),
            "sentence": ours.sentence,
        }
    return found


def _refreshed(airline: Path) -> dict[str, Any]:
    results: dict[str, Any] = json.loads(page.RESULTS.read_text(encoding="utf-8"))
    said = _said(_stages(airline))
    measured = {row["change"]: row for row in results["rows"]}
    if missing := sorted(said.keys() - measured.keys()):
        raise SystemExit(f"never measured: {', '.join(missing)}. Run it without --ours.")
    return {**results, "rows": [{**measured[name], **ours} for name, ours in said.items()]}


def _results(airline: Path, scratch: Path) -> dict[str, Any]:
    stages = _stages(airline)
    said = _said(stages)
    every = list(rows())
    jobs = {
        row.name: list(_jobs(row, *stages[row.assembly], scratch / str(n))) for n, row in enumerate(every)
    }
    shown = others.cdk_diff([job for each in jobs.values() for job in each])
    lint, nag = _Once("cfn-lint", others.cfn_lint), _Once("cdk-nag", others.cdk_nag)
    found = []
    for row in every:
        found.append(
            {
                **said[row.name],
                "cdk diff": sorted({kind for job in jobs[row.name] for kind in shown[job.id]}),
                "cdk-nag": _new(jobs[row.name], nag),
                "cfn-lint": _new(jobs[row.name], lint),
            }
        )
        print(f"{len(found)}/{len(every)} {row.name}", flush=True)
    return {"versions": others.versions(), "rows": found}


def _jobs(row: Row, assembly: Path, stage: Stage, scratch: Path) -> Iterator[others.Job]:
    after = row.plant.change(stage)
    changed = planting.templates(assembly, stage, after)
    written = planting.write(assembly, scratch, stage, after)
    manifest = written / Path(next(iter(changed))).parent / "manifest.json"
    artifacts = json.loads(manifest.read_text(encoding="utf-8"))["artifacts"]
    for file in changed:
        artifact = next(
            each
            for each in artifacts.values()
            if each.get("properties", {}).get("templateFile") == Path(file).name
        )
        yield others.Job(
            f"{row.name} {file}", manifest.parent, artifact["displayName"], assembly / file, written / file
        )


def _new(jobs: list[others.Job], look: _Once) -> list[str]:
    """Rules that say something of the changed template that they did not say of the unchanged one."""
    found = {rule.partition("[")[0] for job in jobs for rule, _ in look(job.after) - look(job.before)}
    return sorted(found - others.ABOUT_THE_WRITING)


if __name__ == "__main__":
    main()
