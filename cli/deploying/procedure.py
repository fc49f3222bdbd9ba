"""A deployment, step by step: look, compare, ask, deploy, write down. What acts is given; the order is decided here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from cli.deploying import checks, quota, record
from cli.deploying.account import Account
from cli.deploying.cdk import Cdk
from cli.deploying.order import Order, order
from cli.deploying.target import Target, digest
from cli.outcome import CLEAN, COULD_NOT_LOOK, FOUND, show, tell

if TYPE_CHECKING:
    from review.model import AccessModel
    from review.outputs.result import Part


class Approval(StrEnum):
    """When a person is asked."""

    ANY_CHANGE = "any-change"
    BROADENING = "broadening"
    NEVER = "never"


@dataclass(frozen=True)
class Job:
    """What is to be deployed and how.

    `targets` are of one account and Region, the account's own stage first. `ask` puts a question to a person and
    returns the answer; None where there is nobody. `connect` and `cdk` are called when they are needed.
    """

    targets: tuple[Target, ...]
    project: Path
    environment: str
    connect: Callable[[], Account]
    cdk: Callable[[], Cdk]
    ask: Callable[[str], str] | None
    now: Callable[[], datetime]
    approval: Approval = Approval.ANY_CHANGE
    yes: bool = False
    dry_run: bool = False
    wanted_digest: str | None = None
    digest: str = field(default="", compare=False)

    @property
    def assembly(self) -> Path:
        return self.targets[0].assembly

    @property
    def title(self) -> str:
        last = self.targets[-1]
        return f"{' and '.join(each.stage for each in self.targets)} to {last.account} in {last.region}"


def deploy(job: Job) -> int:
    """Returns the command's exit code: 1 refused, else the CDK's own. Raises Failure, Unreadable."""
    before = digest(job.assembly)
    tell(f"assembly {job.assembly}, sha256 {before}")
    if job.wanted_digest and not before.startswith(job.wanted_digest.lower()):
        show(f"refused: the assembly's digest is {before}, and --digest asks for {job.wanted_digest}.")
        return FOUND
    refused = [line for target in job.targets for line in checks.refusals(target, job.environment)]
    if refused:
        return _refuse(list(dict.fromkeys(refused)))
    result = checks.reviewed(job.assembly, [target.stage for target in job.targets], job.project)
    _print(result.parts)
    if result.exit_code:
        tell(
            "not deployed: the review objects, or it is not as approved. Mend it, or approve it with ./airside lock."
        )
        return result.exit_code
    account = job.connect()
    for target in job.targets:
        checks.builder(target)
        account.bootstrapped(target, job.environment)
    if short := [line for target in job.targets for line in quota.refusals(account, target)]:
        return _refuse(short)
    orders = {target.stage: order(target.stacks, account.deployed(target.stacks)) for target in job.targets}
    blocked = [line for found in orders.values() for line in found.blocked]
    if blocked:
        return _refuse(blocked)
    models = {part.stage: part.report.model for part in result.parts if part.report is not None}
    broader = _compare(job, models)
    cdk = job.cdk()
    for target in job.targets:
        tell(f"what deploying {target.stage} changes, as the CDK sees it:")
        if code := cdk.run(["diff", target.pattern, "--method", "template"], job.assembly):
            return _passed_on(code, "the CDK could not compare")
    _announce(job, orders)
    if job.dry_run:
        tell("nothing was deployed (--dry-run)")
        return CLEAN
    if not _approved(job, broader=broader):
        return FOUND
    if digest(job.assembly) != before:
        tell(f"{job.assembly} has changed since it was reviewed. Nothing was deployed: start again.")
        return COULD_NOT_LOOK
    return _run(job, cdk, orders, models, before)


def _refuse(lines: Sequence[str]) -> int:
    for line in lines:
        show(f"refused: {line}")
    tell(f"not deployed: {len(lines)} {'reason' if len(lines) == 1 else 'reasons'}")
    return FOUND


def _print(parts: Sequence[Part]) -> None:
    from cli.reviewing import printer
    from review.outputs.result import Result

    show(printer("text")(Result("", tuple(parts))).rstrip("\n"))


def _compare(job: Job, models: dict[str, AccessModel]) -> bool:
    """Shows what access changes; True where something widens, or nobody can say."""
    from review.compare import compare
    from review.outputs.result import Part

    broader = False
    for target in job.targets:
        last = record.read(job.project, target)
        if last is None:
            tell(
                f"{target.stage}: no deployment of it is on record here, so access is compared with its lock only"
            )
            broader = True
            continue
        changes = compare(last[1], models[target.stage])
        part = Part(target.stage, None, changes, f"the deployment of {last[0]}")
        broader = broader or bool(part.widening)
        _print([part])
    return broader


def _announce(job: Job, orders: dict[str, Order]) -> None:
    for target in job.targets:
        for note in checks.notes(target):
            tell(f"note: {target.stage}: {note}")
        if first := orders[target.stage].first:
            names = ", ".join(stack.name for stack in first)
            tell(f"{names} first: they use what is dropped ({len(orders[target.stage].dropped)} exports)")


def _approved(job: Job, *, broader: bool) -> bool:
    if job.yes or job.approval is Approval.NEVER or (job.approval is Approval.BROADENING and not broader):
        return True
    if job.ask is None:
        show(
            "refused: a deployment needs a person's approval, and nobody is there to ask. Say --yes to approve it."
        )
        return False
    answer = job.ask(f"Deploy {job.title}? Type yes: ")
    if answer.strip().lower() == "yes":
        return True
    tell("not deployed")
    return False


def _run(job: Job, cdk: Cdk, orders: dict[str, Order], models: dict[str, AccessModel], deployed: str) -> int:
    asked = ["--require-approval", "never", "--progress", "events"]
    try:
        for target in job.targets:
            for stack in orders[target.stage].first:
                tell(f"deploying {stack.name}, which lets go of what is dropped")
                if code := cdk.run(["deploy", stack.id, "--exclusively", *asked], job.assembly):
                    return _passed_on(code, f"{stack.name} is not deployed")
            tell(f"deploying {target.stage}: {', '.join(stack.name for stack in target.stacks)}")
            if code := cdk.run(["deploy", target.pattern, *asked], job.assembly):
                return _passed_on(code, f"{target.stage} is not deployed, or not wholly")
            try:
                record.write(job.project, target, deployed, models[target.stage], job.now())
            except OSError as error:
                tell(f"{target.stage} is deployed, but that could not be written down ({error.strerror})")
    except KeyboardInterrupt:
        tell(
            "interrupted. What CloudFormation has begun it goes on with by itself: look at the stacks' events, and "
            "deploy again when they are at rest."
        )
        raise
    show(f"deployed: {job.title}")
    tell(
        "after a first deployment, or one with a new agent: ./airside rotate --all --aws, seed and smoke, each with "
        f"--env {job.environment}"
    )
    return CLEAN


def _passed_on(code: int, what: str) -> int:
    """The CDK's exit code, that of a signal as a shell tells it."""
    shown = code if code > 0 else 128 - code
    tell(f"{what}: the CDK ended with {shown}; its output above says why")
    return shown
