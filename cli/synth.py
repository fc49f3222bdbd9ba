"""`./airside synth`: one assembly with a stage per system and environment."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from cli import assembly, assembly_review, options, size_notes
from cli.outcome import CLEAN, Failure, show, show_json, tell


def configure(parser: argparse.ArgumentParser) -> None:
    options.add_project(parser)
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="where to write it (default: cdk.out in the project)"
    )
    parser.add_argument(
        "--validate", action="store_true", help="run the strict template validator and the review too"
    )
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    project = options.load(arguments)
    output = (arguments.output or project.root / "cdk.out").resolve()
    if output.exists() and any(output.iterdir()) and not (output / "manifest.json").is_file():
        raise Failure(f"--output {output}: holds other files. Name an empty folder or an old assembly.")
    systems = ", ".join(system.name for system in project.systems)
    environments = ", ".join(environment.name for environment in project.environments)
    tell(f"synthesizing {systems} for {environments}")
    for note in size_notes.notes(project.systems):
        tell(f"note: {note}")
    started = time.monotonic()
    with assembly.made(project.root, output.parent, strict=arguments.validate) as making:
        if arguments.validate and (found := assembly_review.problems(making, project.root)):
            raise assembly.Invalid(found)
        assembly.put(making, output)
    artifacts = json.loads((output / "manifest.json").read_text(encoding="utf-8"))["artifacts"]
    stages = sorted(
        name.removeprefix("assembly-")
        for name, artifact in artifacts.items()
        if artifact["type"] == "cdk:cloud-assembly"
    )
    if arguments.json:
        show_json({"output": str(output), "stages": stages, "seconds": round(time.monotonic() - started, 2)})
    else:
        show(f"{output}: {', '.join(stages)}")
    return CLEAN
