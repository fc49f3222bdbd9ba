"""`./airside mutate`: changes the decision code one mistake at a time; some test must notice each."""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import TYPE_CHECKING

from cli import options
from cli.nearest import among
from cli.outcome import CLEAN, FOUND, Failure, show, show_json, tell

if TYPE_CHECKING:
    from mutation.mutants import Mutant
    from mutation.targets import Project


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        "  ./airside mutate\n"
        "  ./airside mutate --module decide --module policy\n"
        "  ./airside mutate --since main\n"
        "A mutant that no test notices is a mistake that no test would notice. Mutants that change nothing anybody\n"
        "could see are named in mutation/equivalents.yaml, each with its reason. docs/mutation.md tells more.\n"
        "exit codes: 0 every mutant was noticed, 1 one survived or an entry holds no longer, 2 could not look"
    )
    parser.add_argument(
        "--module", action="append", metavar="NAME", help="only this module's mutants; may be repeated"
    )
    parser.add_argument("--since", metavar="REVISION", help="only mutants of lines changed since that commit")
    parser.add_argument(
        "--sample", type=int, metavar="N", help="only N mutants of each module, spread evenly over it"
    )
    parser.add_argument(
        "--equivalents",
        action="store_true",
        help="run those named as equivalent too: no test may notice them",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count() or 2,
        metavar="N",
        help="mutants at a time, 1 to 16 (default: as many as there are processors)",
    )
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    if not 1 <= arguments.jobs <= 16:
        raise Failure(f"--jobs {arguments.jobs}: takes 1 to 16.")
    if arguments.sample is not None and arguments.sample < 1:
        raise Failure(f"--sample {arguments.sample}: takes 1 or more.")
    try:
        import hypothesis
        import pytest
    except ImportError:
        raise Failure("the test tools are not installed. Start it as ./airside mutate.") from None
    del hypothesis, pytest
    from mutation.targets import DECISION

    return _mutate(arguments, DECISION)


def _mutate(arguments: argparse.Namespace, project: Project) -> int:
    from mutation import equivalents, runner
    from mutation.mutants import mutants
    from mutation.report import Report

    modules = _modules(arguments, project)
    everything = [
        each
        for module in modules
        for each in mutants(module, project.sources[module], project.source(module))
    ]
    try:
        entries = [each for each in equivalents.load() if each.name[0] in modules]
    except (OSError, ValueError) as error:
        raise Failure(f"{error}.") from None
    chosen = _chosen(arguments, project, everything)
    names = {entry.name for entry in entries}
    listed = [mutant for mutant in chosen if mutant.name in names]
    started = time.monotonic()
    try:
        results = list(
            runner.run(
                project,
                chosen if arguments.equivalents else [each for each in chosen if each.name not in names],
                jobs=arguments.jobs,
                progress=_Progress(len(chosen) - (0 if arguments.equivalents else len(listed))),
            )
        )
    except runner.CouldNotLook as error:
        raise Failure(str(error)) from None
    report = Report(
        project=project,
        results=[each for each in results if each.mutant.name not in names],
        listed=listed,
        stale=equivalents.stale(entries, everything),
        noticed=[
            each for each in results if each.mutant.name in names and each.outcome is runner.Outcome.KILLED
        ],
        seconds=time.monotonic() - started,
    )
    if arguments.json:
        show_json(report.as_json())
    else:
        show("\n".join(report.lines()))
    return CLEAN if report.clean else FOUND


def _modules(arguments: argparse.Namespace, project: Project) -> list[str]:
    """Import names, by the last part of each that was asked for."""
    known = {module.rpartition(".")[2]: module for module in project.sources}
    for name in arguments.module or ():
        if name not in known:
            raise Failure(f"--module {name}: is not mutated. {among(name, known)}")
    return [module for name, module in known.items() if not arguments.module or name in arguments.module]


def _chosen(arguments: argparse.Namespace, project: Project, everything: list[Mutant]) -> list[Mutant]:
    from mutation.changed import UnknownRevision, lines_since

    if arguments.since is not None:
        try:
            changed = {
                path: lines_since(project.root, arguments.since, path)
                for path in {mutant.path for mutant in everything}
            }
        except UnknownRevision as error:
            raise Failure(f"--since {arguments.since}: {error}.") from None
        everything = [
            each for each in everything if changed[each.path] & set(range(each.first, each.last + 1))
        ]
    if arguments.sample is not None:
        of_module = [[each for each in everything if each.module == module] for module in project.sources]
        everything = [
            each for mutants in of_module for each in mutants[:: max(1, -(-len(mutants) // arguments.sample))]
        ]
    return everything


class _Progress:
    """A line that changes in place for a person; one line in a hundred mutants for a log."""

    def __init__(self, total: int) -> None:
        self._total = total

    def __call__(self, done: int, survived: int) -> None:
        text = f"{done} of {self._total} mutants, {survived} survived"
        if sys.stderr.isatty():
            print(f"\rairside: {text}", end="\n" if done == self._total else "", file=sys.stderr, flush=True)
        elif done % 100 == 0 or done == self._total:
            tell(text)
