"""`./airside deploy`: deploys one very assembly: reviewed, compared with what is there, approved by a person."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cli import options
from cli.outcome import COULD_NOT_LOOK, FOUND, Failure, show, tell

if TYPE_CHECKING:
    from cli.deploying.procedure import Job
    from cli.deploying.target import Target

APPROVALS = ("any-change", "broadening", "never")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Without --assembly the declared project is synthesized and validated once, and that folder is deployed.\n"
        "Every check comes first: placeholders, the review against the lock, credentials of the environment's\n"
        "account, the CDK's bootstrap. Then what changes is shown, and a person asked. See docs/deploying.md.\n"
        "examples:\n"
        "  ./airside deploy --env dev\n"
        "  ./airside deploy --env prod --assembly cdk.out --yes     in a pipeline\n"
        "  ./airside deploy --env dev --dry-run                     compare only\n"
        "exit codes: 0 deployed, 1 refused or not approved, 2 could not look, 130 interrupted, else the CDK's own"
    )
    options.add_system(parser)
    parser.add_argument(
        "--assembly", type=Path, metavar="DIR", help="deploy these very bytes; they must be validated"
    )
    parser.add_argument("--digest", metavar="SHA256", help="refuse an assembly with another digest")
    parser.add_argument(
        "--require-approval",
        choices=APPROVALS,
        default="any-change",
        help="ask before any deployment, only where access widens, or never (default: any-change)",
    )
    parser.add_argument(
        "--yes", action="store_true", help="approve it here; needed where nobody can be asked"
    )
    parser.add_argument("--dry-run", action="store_true", help="check and compare; deploy nothing")
    parser.add_argument(
        "--skip-account", action="store_true", help="leave the account's own stage (account-ENV) alone"
    )
    parser.add_argument(
        "--bootstrap", action="store_true", help="make the CDK's own stack in the account instead; once"
    )


def run(arguments: argparse.Namespace) -> int:
    from cli.deploying import procedure
    from review.errors import Unreadable

    project = options.folder(arguments).resolve()
    targets = _targets(arguments, project)
    job = _job(arguments, project, targets)
    if arguments.bootstrap:
        return bootstrap(job)
    try:
        return procedure.deploy(job)
    except Unreadable as error:
        tell(str(error))
        return COULD_NOT_LOOK


def _job(arguments: argparse.Namespace, project: Path, targets: tuple[Target, ...]) -> Job:
    from cli import terminal
    from cli.deploying import account, cdk, procedure

    last = targets[-1]
    return procedure.Job(
        targets=targets,
        project=project,
        environment=arguments.env,
        connect=lambda: account.connect(last.account, last.region, arguments.env),
        cdk=cdk.pinned,
        ask=terminal.person(),
        now=lambda: datetime.now(tz=UTC),
        approval=procedure.Approval(arguments.require_approval),
        yes=arguments.yes,
        dry_run=arguments.dry_run,
        wanted_digest=arguments.digest,
    )


def bootstrap(job: Job) -> int:
    """Runs `cdk bootstrap` in the environment's own account, once somebody has said yes."""
    from cli.placeholders import is_placeholder

    last = job.targets[-1]
    if is_placeholder(last.account):
        show(f"refused: account {last.account} is a placeholder (environments/{job.environment}.yaml).")
        return FOUND
    job.connect()
    place = f"aws://{last.account}/{last.region}"
    if not job.yes and (
        job.ask is None or job.ask(f"Bootstrap {place}? Type yes: ").strip().lower() != "yes"
    ):
        show("refused: nobody approved it. Say --yes to.")
        return FOUND
    code = job.cdk().run(["bootstrap", place], job.assembly)
    return code if code >= 0 else 128 - code


def _targets(arguments: argparse.Namespace, project: Path) -> tuple[Target, ...]:
    from cli import running
    from cli.deploying import target
    from governance.names import Names, account_stage

    if arguments.assembly is None:
        system, environment = options.choose(arguments, options.load(arguments))
        folder, name = _synthesized(project), system.name
        assert environment.name == arguments.env  # noqa: S101  `choose` raises otherwise
    else:
        folder, name = arguments.assembly.resolve(), running.system_name(arguments)
        if not (folder / "manifest.json").is_file():
            raise Failure(
                f"--assembly {arguments.assembly}: holds no manifest.json. Name a synthesized cdk.out."
            )
    own = target.read(folder, Names(name, arguments.env).stage)
    account = account_stage(arguments.env)
    if arguments.skip_account or not target.has(folder, account):
        return (own,)
    first = target.read(folder, account)
    if (first.account, first.region) != (own.account, own.region):
        raise Failure(f"{folder}: {account} and {own.stage} are of different accounts. Use --skip-account.")
    return (first, own)


def _synthesized(project: Path) -> Path:
    """The declared project, synthesized with every validator on, in a folder that stays as it is."""
    from cli import assembly

    tell("synthesizing with every validator on")
    folder = project / ".airside" / "deploy"
    with assembly.made(project, folder.parent, strict=True) as making:
        assembly.put(making, folder)
    return folder
