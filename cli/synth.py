"""`./airside synth`: one assembly with a stage per system and environment."""

from __future__ import annotations

import argparse
import json
import shutil
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
    tell(f"synthesizing {len(project.systems) * len(project.environments)} stages")
    for note in size_notes.notes(project.systems):
        tell(f"note: {note}")
    started = time.monotonic()
    making = output.with_name(f".{output.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    try:
        assembly.synthesize(project.root, making, strict=arguments.validate)
        if arguments.validate and (found := assembly_review.problems(making, project.root)):
            raise assembly.Invalid(found)
        shutil.rmtree(output, ignore_errors=True)
        making.replace(output)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    artifacts = json.loads((output / "manifest.json").read_text(encoding="utf-8"))["artifacts"]
    stages = sorted(
        artifact.get("displayName", name)
        for name, artifact in artifacts.items()
        if artifact["type"] == "cdk:cloud-assembly"
    )
    if arguments.json:
        show_json({"output": str(output), "stages": stages, "seconds": round(time.monotonic() - started, 2)})
    else:
        show(f"{output}: {', '.join(stages)}")
    return CLEAN
