"""`./airside lock`: approves what is synthesized now, by writing it down for review."""

from __future__ import annotations

import argparse
from pathlib import Path

from cli import options, reviewing
from cli.outcome import CLEAN, COULD_NOT_LOOK, show, tell


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "The lock of a stage is access/<system>.<environment>.lock.json. Commit it: who changes it changes who may\n"
        "do what, and your code owners see that. `./airside review --frozen` holds an assembly against it.\n"
        "examples:\n"
        "  ./airside lock --env prod\n"
        "  ./airside lock --assembly cdk.out"
    )
    options.add_system(parser)
    reviewing.add_assembly(parser)


def run(arguments: argparse.Namespace) -> int:
    from review import lock
    from review.collect import collect
    from review.errors import Unreadable

    project = options.folder(arguments)
    locks: list[tuple[Path, str]] = []
    try:
        for stage in reviewing.stages(arguments):
            model = collect(stage)
            if model.unknowns:
                raise Unreadable(
                    f"{stage.name}: {model.unknowns[0]} What is not understood cannot be approved."
                )
            file = lock.path(project, model.system, model.environment, model.stage)
            locks.append((file, lock.render(model)))
    except Unreadable as error:
        tell(str(error))
        return COULD_NOT_LOOK
    # All of them or none; and told at the end, so that who stops reading leaves no half behind.
    told = []
    for file, text in locks:
        known = file.is_file() and file.read_text(encoding="utf-8") == text
        if not known:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        told.append(f"{'unchanged' if known else 'written'}: {file}")
    for line in told:
        show(line)
    return CLEAN
