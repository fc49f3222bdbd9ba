"""The Model Context Protocol's own conformance suite: installs it as pinned, runs it, reads its verdicts.

The suite is an npm package; `package.json` names it and `package-lock.json` pins it and all it needs by
hash. It runs on the pinned Node.js of the Python requirements, never on the machine's own.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from cli import npm
from stacks.node import use_pinned_node

ROOT = Path(__file__).resolve().parents[2]
PINS = (Path(__file__).with_name("package.json"), Path(__file__).with_name("package-lock.json"))
INSTALLED = ROOT / ".airside" / "conformance"
ENTRY = Path("node_modules", "@modelcontextprotocol", "conformance", "dist", "index.js")
RUN_SECONDS = 300
_TIME = re.compile(r"-\d{4}-\d\d-\d\dT[\d-]+Z$")

Verdicts = dict[str, list[str]]
"""Scenario → the ids of its checks that failed, sorted. An empty list is a pass."""


class SuiteUnavailable(Exception):
    """The suite could not be installed or did not run: says what to do."""


def install(folder: Path = INSTALLED, settings: Mapping[str, str] | None = None) -> Path:
    """The suite's program, installed from the lock where that has not been done; one worker at a time.

    `settings` are environment variables for npm beside the user's own, which say how the registry is reached.
    """
    try:
        return npm.install(PINS, folder, ENTRY, settings)
    except npm.NotInstalled as problem:
        raise SuiteUnavailable(_advice(folder, str(problem))) from None


def _advice(folder: Path, problem: str) -> str:
    return (
        f"the MCP conformance suite is not installed in {folder} and npm could not install it: {problem}\n"
        "Nothing is skipped: let this machine reach the npm registry (`npm config get registry`) once, or copy "
        "that folder from a machine that did, and run the test again."
    )


def run(words: list[str], results: Path, environment: Mapping[str, str] | None = None) -> Verdicts:
    """Runs the suite's program, `words` being its command; it leaves one folder per scenario in `results`."""
    node = use_pinned_node()
    process = subprocess.run(
        [node, install(), *words, "--output-dir", results],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    verdicts = read(results)
    if not verdicts:
        raise SuiteUnavailable(
            f"the conformance suite left no result (exit {process.returncode}); its last words:\n"
            f"{process.stdout[-1500:]}\n{process.stderr[-1500:]}"
        )
    return verdicts


def read(results: Path) -> Verdicts:
    """The verdicts in the suite's result folders, `[server-]SCENARIO-TIME`. Nothing checked is a failure."""
    verdicts: Verdicts = {}
    for file in sorted(results.glob("**/checks.json")):
        folder = file.parent.relative_to(results).as_posix()
        checks = json.loads(file.read_text(encoding="utf-8"))
        judged = [check for check in checks if check["status"] != "INFO"]
        failed = sorted({check["id"] for check in judged if check["status"] != "SUCCESS"})
        verdicts[_TIME.sub("", folder)] = failed if judged else ["nothing-was-checked"]
    return verdicts
