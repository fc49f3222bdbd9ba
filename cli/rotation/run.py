"""One rotation after the other, each step told as it happens, and what to do when one cannot be finished."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cli.outcome import CLEAN, COULD_NOT_LOOK, FOUND, show, show_json, tell
from cli.rotation.cloud import CallFailed, Cloud, NotOurs
from cli.rotation.procedure import STEPS, Refused, Rotation
from cli.rotation.state import Seen
from governance.names import Names


@dataclass
class Report:
    """What was done for one agent, step by step. `begun`: there is something to go on with or to take back."""

    agent: str
    json: bool
    begun: bool = False
    result: str = "stopped"
    secret_ids: tuple[str, ...] = ()
    steps: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None

    def step(self, name: str, text: str) -> None:
        """Says a step as it happens: the result itself, or for a reader of JSON what goes on meanwhile."""
        number = STEPS.index(name) + 1
        self.steps.append({"step": number, "name": name, "text": text})
        (tell if self.json else show)(f"{self.agent}  {number}/{len(STEPS)} {name:<6}  {text}")

    def as_json(self) -> dict[str, Any]:
        return {
            "agent": self.agent,
            "result": self.result,
            "secret_ids": list(self.secret_ids),
            "steps": self.steps,
            "error": self.error,
        }


def rotate(
    arguments: argparse.Namespace,
    cloud: Cloud,
    names: Names,
    badges: Mapping[str, str],
    *,
    grace: float,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Rotates one agent of `badges` after the other and stops at the first that cannot be finished."""
    agents = list(badges)
    reports: list[Report] = []
    code = CLEAN
    for agent in agents:
        report = Report(agent, arguments.json)
        reports.append(report)
        one = Rotation(
            cloud,
            provider=names.agent_provider(agent),
            scope=badges[agent],
            grace=grace,
            tell=report.step,
            sleep=sleep,
        )
        try:
            code = _one(arguments, one, report)
        except KeyboardInterrupt:
            report.error = "interrupted"
            _advise(arguments, report, agents)
            raise
        if code != CLEAN:
            _advise(arguments, report, agents)
            break
    if arguments.json:
        show_json({"agents": [report.as_json() for report in reports]})
    return code


def _one(arguments: argparse.Namespace, one: Rotation, report: Report) -> int:
    try:
        seen = one.look()
        report.secret_ids = seen.ids
        if arguments.dry_run:
            report.step("look", one.plan(seen))
    except (CallFailed, NotOurs) as problem:
        report.error = str(problem)
        return COULD_NOT_LOOK
    try:
        _go(arguments, one, seen, report)
    except (CallFailed, NotOurs, Refused) as problem:
        report.error = str(problem)
        report.result = "refused" if isinstance(problem, Refused) else "stopped"
        return FOUND
    return CLEAN


def _go(arguments: argparse.Namespace, one: Rotation, seen: Seen, report: Report) -> None:
    if not arguments.undo:
        one.check(seen)
    report.begun = seen.pending is not None
    if not report.begun and (arguments.resume or arguments.undo):
        report.result = "nothing"
    elif report.begun and not (arguments.resume or arguments.undo):
        raise Refused(f"a rotation is in progress: {seen.phase.value}.")
    elif arguments.dry_run:
        report.result = "planned"
    else:
        report.begun = True
        done = one.undo(seen) if arguments.undo else one.rotate(seen)
        report.result, report.secret_ids = done.result, done.ids


def _advise(arguments: argparse.Namespace, report: Report, agents: list[str]) -> None:
    """What went wrong with one agent, what to do about it, and which others were not reached."""
    tell(f"{report.agent}: {report.error}")
    if report.begun:
        where = f" --system {arguments.system}" if arguments.system else ""
        where += f" --env {arguments.env}" if arguments.env != "dev" else ""
        where += " --aws" if arguments.aws else ""
        again = f"./airside rotate --agent {report.agent}{where}"
        tell(f"the secret in use is live. To go on: {again} --resume; to go back: {again} --undo")
    left = agents[agents.index(report.agent) + 1 :]
    if left:
        tell(f"not reached: {', '.join(left)}")
