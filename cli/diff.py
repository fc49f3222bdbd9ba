"""`./airside diff`: what one assembly lets people do that the other does not, widening first."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from cli import options, reviewing
from cli.outcome import COULD_NOT_LOOK, tell

if TYPE_CHECKING:
    from review.model import AccessModel


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "BEFORE and AFTER are folders of assemblies, or lock files. Without AFTER, the declared system is\n"
        "synthesized; without both, it is held against its lock.\n"
        "examples:\n"
        "  ./airside diff --env prod\n"
        "  ./airside diff main/cdk.out cdk.out --format md\n"
        "exit codes: 0 nothing widened; 1 something did, or nobody can say; 2 something could not be read"
    )
    parser.add_argument("before", nargs="?", type=Path, metavar="BEFORE", help="an assembly or a lock")
    parser.add_argument("after", nargs="?", type=Path, metavar="AFTER", help="an assembly or a lock")
    options.add_system(parser)
    parser.add_argument("--stage", metavar="NAME", help="only this stage (default: all that both have)")
    reviewing.add_output(parser)
    parser.set_defaults(assembly=None)


def run(arguments: argparse.Namespace) -> int:
    from review import lock
    from review.compare import compare
    from review.errors import Unreadable
    from review.outputs.result import Part, Result

    project = options.folder(arguments)
    try:
        after = _models(arguments.after, arguments) if arguments.after else _declared(arguments)
        if arguments.before:
            before = _models(arguments.before, arguments)
        else:
            before = [
                lock.read(lock.path(project, model.system, model.environment, model.stage)) for model in after
            ]
        old = {model.stage: model for model in before}
        if len(before) == len(after) == 1:
            old = {after[0].stage: before[0]}
        missing = [model.stage for model in after if model.stage not in old]
        if missing:
            raise Unreadable(f"{arguments.before}: has no stage {missing[0]!r}; there: {', '.join(old)}.")
    except Unreadable as error:
        tell(str(error))
        return COULD_NOT_LOOK
    against = str(arguments.before or lock.FOLDER)
    parts = tuple(Part(model.stage, None, compare(old[model.stage], model), against) for model in after)
    result = Result(str(arguments.after or project.name), parts)
    reviewing.write(arguments, result)
    return result.exit_code


def _models(path: Path, arguments: argparse.Namespace) -> list[AccessModel]:
    from review import lock
    from review.collect import collect
    from review.reader import read_assembly, read_stage

    if path.is_file():
        return [lock.read(path)]
    found = (read_stage(path, arguments.stage),) if arguments.stage else read_assembly(path)
    return [collect(stage) for stage in found]


def _declared(arguments: argparse.Namespace) -> list[AccessModel]:
    from review.collect import collect

    named = argparse.Namespace(**{**vars(arguments), "stage": None})
    return [collect(stage) for stage in reviewing.stages(named)]
