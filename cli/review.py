"""`./airside review`: who can do what in an assembly, what is wrong with it, and whether it is as approved."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from cli import options, reviewing
from cli.outcome import COULD_NOT_LOOK, Failure, tell

if TYPE_CHECKING:
    from review.model import AccessModel


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        "  ./airside review --env prod                        the declared system, synthesized if needed\n"
        "  ./airside review --assembly cdk.out --frozen       every stage, against the committed locks\n"
        "  ./airside review --format sarif --output r.sarif   for code scanning\n"
        "exit codes: 0 nothing to object to; 1 errors, or not as approved; 2 something could not be read"
    )
    options.add_system(parser)
    reviewing.add_assembly(parser)
    parser.add_argument(
        "--frozen", action="store_true", help="also exit 1 where anything differs from the lock"
    )
    parser.add_argument(
        "--waivers", type=Path, metavar="FILE", help="default: access/waivers.yaml of the project"
    )
    reviewing.add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    from review import lock, waivers
    from review.compare import compare
    from review.errors import Unreadable
    from review.outputs.result import Part, Result
    from review.run import review

    project = options.folder(arguments)
    if arguments.waivers is not None and not arguments.waivers.is_file():
        # The project's own may be missing: then nothing is accepted. One that is named is meant.
        raise Failure(f"--waivers {arguments.waivers}: is no file. Name the file that holds the waivers.")
    try:
        accepted = waivers.load(arguments.waivers or project / lock.FOLDER / lock.WAIVERS, project=project)
        parts: list[Part] = []
        reviewed: list[AccessModel] = []
        for stage in reviewing.stages(arguments):
            file = lock.path(project, stage.system, stage.environment, stage.name)
            approved = lock.read(file) if arguments.frozen else None
            # Each pair of stages once: what differs is told of the later one.
            beside = [model for model in reviewed if model.system and model.system == stage.system]
            report = review(
                stage, today=reviewing.today(), waivers=accepted, approved=approved, beside=beside
            )
            reviewed.append(report.model)
            if approved is None:
                parts.append(Part(stage.name, report))
                continue
            frozen = lock.same(approved, report.model)
            parts.append(
                Part(stage.name, report, compare(approved, report.model), _shown(file, project), frozen)
            )
    except Unreadable as error:
        tell(str(error))
        return COULD_NOT_LOOK
    result = Result(str(arguments.assembly or project.name), tuple(parts))
    reviewing.write(arguments, result)
    return result.exit_code


def _shown(file: Path, project: Path) -> str:
    return str(file.relative_to(project)) if file.is_relative_to(project) else str(file)
