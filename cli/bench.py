"""`./airside bench`: speed, each figure beside a yardstick measured in the same run."""

from __future__ import annotations

import argparse
import os
import sys

from cli import interruption
from cli.nearest import among
from cli.options import ROOT
from cli.outcome import COULD_NOT_LOOK, Failure


def configure(parser: argparse.ArgumentParser) -> None:
    known = ", ".join(sorted(path.stem for path in (ROOT / "bench").glob("[a-z]*.py")))
    parser.add_argument("name", nargs="?", metavar="NAME", help=f"one of: {known}; all of them if left out")
    parser.add_argument("words", nargs="*", metavar="…", help="passed on to the benchmark")


def run(arguments: argparse.Namespace) -> int:
    known = sorted(path.stem for path in (ROOT / "bench").glob("[a-z]*.py"))
    name, *words = arguments.passed_on or [None]
    if name is not None and name not in known:
        raise Failure(f"bench {name!r}: is no benchmark. {among(name, known)}")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("", "lambda", "agent_src")),
    }
    code = 0
    for chosen in [name] if name else known:
        command = [sys.executable, str(ROOT / "bench" / f"{chosen}.py"), *words]
        code = max(code, interruption.run(command, ROOT, environment))
    return COULD_NOT_LOOK if code else 0
