"""What review, diff and lock share: which stages are looked at, and how the result is written."""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cli import options
from cli.outcome import Failure, show, tell

if TYPE_CHECKING:
    from review.outputs.result import Result
    from review.stage import Stage

FORMATS = ("text", "md", "json", "sarif", "junit", "html")


def add_assembly(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--assembly",
        type=Path,
        metavar="DIR",
        help="any synthesized assembly, instead of the declared system",
    )
    parser.add_argument(
        "--stage", metavar="NAME", help="only this stage of --assembly (default: all of them)"
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=FORMATS, default="text", help="how to write it (default: text)")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write it to a file instead of the terminal"
    )
    parser.add_argument("--all", action="store_true", help="also what is folded: narrower, neutral, accepted")


def today() -> str:
    """The day on which waivers end. The only clock the review has."""
    return datetime.datetime.now(tz=datetime.UTC).date().isoformat()


def stages(arguments: argparse.Namespace) -> tuple[Stage, ...]:
    """The stages that the words name. Raises Unreadable, Failure."""
    from review.reader import read_assembly, read_stage

    if arguments.assembly is not None:
        if arguments.stage:
            return (read_stage(arguments.assembly, arguments.stage),)
        return read_assembly(arguments.assembly)
    if arguments.stage:
        raise Failure(
            "--stage names a stage of --assembly DIR. Use --system and --env for the declared system."
        )
    from cli import assembly
    from governance.names import Names

    system, environment = options.choose(arguments, options.load(arguments))
    folder = assembly.ensure(arguments.project.resolve(), system.name, environment.name)
    return (read_stage(folder, Names(system.name, environment.name).stage),)


def printer(name: str) -> Callable[..., str]:
    import importlib

    render: Callable[..., str] = importlib.import_module(f"review.outputs.{name}").render
    return render


def write(arguments: argparse.Namespace, result: Result) -> None:
    if arguments.format == "text":
        colour = arguments.output is None and sys.stdout.isatty()
        text = printer("text")(result, colour=colour, everything=arguments.all)
    else:
        text = printer(arguments.format)(result)
    if arguments.output is None:
        show(text.rstrip("\n"))
        return
    try:
        arguments.output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(f"--output {arguments.output}: cannot be written ({error.strerror}).") from None
    tell(f"written: {arguments.output}")
