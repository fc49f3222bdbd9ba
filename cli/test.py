"""`./airside test`: every test, on every core; words after it go to pytest."""

from __future__ import annotations

import argparse
import os
import sys

from cli import interruption
from cli.options import ROOT
from cli.outcome import CLEAN, FOUND


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "examples:\n  ./airside test\n  ./airside test tests/governance -k grant"
    parser.add_argument("words", nargs="*", metavar="PYTEST…", help="options and paths, passed on to pytest")


def run(arguments: argparse.Namespace) -> int:
    words = arguments.passed_on
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    # One for each core: with one more a fifth less of the cores is idle, and the same work costs a fifth more.
    workers = (
        []
        if any(word.startswith(("-n", "-p", "--pdb")) for word in words)
        else ["-n", str(os.cpu_count() or 2)]
    )
    command = [sys.executable, "-m", "pytest", "--dist", "loadgroup", *workers, *words]
    code = interruption.run(command, ROOT, environment)
    # pytest's other codes (interrupted, usage, nothing collected) mean that it could not look.
    return code if code in (CLEAN, FOUND) else 2
