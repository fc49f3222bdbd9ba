"""What has to hold of an assembly before it may be deployed; nothing here asks AWS."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli import feature_flags, reviewing
from cli.deploying.target import Target
from cli.options import ROOT
from cli.outcome import Failure
from cli.placeholders import EXAMPLE, UNSET, is_placeholder

if TYPE_CHECKING:
    from review.outputs.result import Result


def refusals(target: Target, environment: str) -> list[str]:
    """Why it may not be deployed as it is; empty where it may."""
    found = []
    if is_placeholder(target.account):
        found.append(
            f"account {target.account} is a placeholder. Put your account's id in environments/{environment}.yaml "
            "(account), and deploy again."
        )
    found += [
        f"{text!r} is a placeholder. Put the real value in environments/{environment}.yaml."
        for text in _said(target, UNSET)
    ]
    found += unvalidated(target.assembly)
    return found


def unvalidated(assembly: Path) -> list[str]:
    """An assembly that the validators have not seen, or whose feature flags are not as approved."""
    from stacks.synthesize import ACKNOWLEDGED_FILE

    if not (assembly / ACKNOWLEDGED_FILE).is_file():
        return [
            f"{assembly} was synthesized without validation. Make it with ./airside synth --validate --output DIR."
        ]
    return feature_flags.problems(assembly, ROOT / feature_flags.LOCK)


def notes(target: Target) -> list[str]:
    """What can be deployed and is hardly meant."""
    return [f"{text} is a name of documentation's: nobody is behind it" for text in _said(target, EXAMPLE)]


def _said(target: Target, pattern: re.Pattern[str]) -> list[str]:
    """What of the templates' texts matches, each once."""
    texts = (text for stack in target.stacks for text in _strings(stack.template))
    return sorted({found for text in texts for found in pattern.findall(text)})


def reviewed(assembly: Path, stages: Sequence[str], project: Path) -> Result:
    """The review of these stages against their locks, as `./airside review --frozen` does it.

    Raises:
        review.errors.Unreadable: if a stage, a lock or the waivers cannot be read.
    """
    from review import lock, waivers
    from review.compare import compare
    from review.outputs.result import Part, Result
    from review.reader import read_stage
    from review.run import review

    accepted = waivers.load(project / lock.FOLDER / lock.WAIVERS, project=project)
    parts = []
    for name in stages:
        stage = read_stage(assembly, name)
        file = lock.path(project, stage.system, stage.environment, stage.name)
        approved = lock.read(file)
        report = review(stage, today=reviewing.today(), waivers=accepted, approved=approved)
        against = str(file.relative_to(project))
        changes = compare(approved, report.model)
        parts.append(Part(stage.name, report, changes, against, lock.same(approved, report.model)))
    return Result(str(assembly), tuple(parts))


def builder(target: Target, which: Callable[[str], str | None] = shutil.which) -> None:
    """Raises Failure where images have to be built and nothing here builds any."""
    if not target.images:
        return
    program = os.environ.get("CDK_DOCKER", "docker")
    if which(program) is None:
        raise Failure(
            f"{target.stage} has {target.images} container images, and there is no {program} to build them. Install "
            "Docker or a compatible builder for linux/arm64 (CDK_DOCKER names another one)."
        )


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
