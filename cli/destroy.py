"""`./airside destroy`: deletes a deployed system, once everything that blocks it is out of the way."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cli import options
from cli.outcome import CLEAN, FOUND, show, tell

if TYPE_CHECKING:
    from cli.deploying.account import Account
    from cli.deploying.cdk import Cdk
    from cli.deploying.target import Target


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "First everything is told that blocks the deletion (termination and deletion protection, full buckets,\n"
        "exports that other stacks use) and what outlives it. Where nothing blocks it, the stage's name has to be\n"
        "typed. The account's own stage, its bootstrap and the images in its registry stay.\n"
        "examples:\n"
        "  ./airside destroy --env dev\n"
        "  ./airside destroy --env dev --dry-run          say what blocks it; delete nothing\n"
        "  ./airside destroy --env dev --confirm airline-dev     in a pipeline\n"
        "exit codes: 0 deleted, 1 blocked or not confirmed, 2 could not look, 130 interrupted, else the CDK's own"
    )
    options.add_system(parser)
    parser.add_argument(
        "--assembly",
        type=Path,
        metavar="DIR",
        help="the assembly that names the stacks (default: the declared one)",
    )
    parser.add_argument("--confirm", metavar="STAGE", help="the stage's name, instead of typing it")
    parser.add_argument("--dry-run", action="store_true", help="look only")


def run(arguments: argparse.Namespace) -> int:
    from cli import running, terminal
    from cli.deploying import account, cdk, target
    from cli.placeholders import is_placeholder

    folder, stage, _, _ = running.prepare(arguments)
    found = target.read(folder.resolve(), stage)
    if is_placeholder(found.account):
        show(
            f"refused: account {found.account} is a placeholder, so nothing of {stage} is deployed anywhere."
        )
        return FOUND
    return destroy(
        arguments,
        found,
        account.connect(found.account, found.region, arguments.env),
        cdk.pinned,
        terminal.person(),
    )


def destroy(
    arguments: argparse.Namespace,
    found: Target,
    account: Account,
    cdk: Callable[[], Cdk],
    ask: Callable[[str], str] | None,
) -> int:
    """Looks, asks, deletes. Raises Failure."""
    from cli.deploying import blockers

    seen = blockers.look(account, found.stacks, arguments.env)
    if not seen.there:
        show(f"{account.where} has no stack of {found.stage}: nothing to delete")
        return CLEAN
    for line in seen.blocks:
        show(f"blocks: {line}")
    for line in seen.stays:
        show(f"stays:  {line}")
    show(
        "stays:  log groups that the services made themselves, images in the CDK's registry, the account's own stage"
    )
    if seen.blocks:
        tell(f"{found.stage} was not deleted: {len(seen.blocks)} in the way")
        return FOUND
    if arguments.dry_run:
        tell(f"nothing was deleted (--dry-run); would be: {', '.join(reversed(seen.there))}")
        return CLEAN
    if not _confirmed(arguments, found, account, ask):
        return FOUND
    try:
        code = cdk().run(["destroy", found.pattern, "--force"], found.assembly)
    except KeyboardInterrupt:
        tell(
            "interrupted. What CloudFormation has begun to delete it goes on deleting; look at the stacks' events."
        )
        raise
    if code:
        tell(
            f"{found.stage} is not deleted, or not wholly: the CDK ended with {code}; its output above says why"
        )
        return code if code > 0 else 128 - code
    show(f"deleted: {found.stage}")
    return CLEAN


def _confirmed(
    arguments: argparse.Namespace, found: Target, account: Account, ask: Callable[[str], str] | None
) -> bool:
    typed = arguments.confirm
    if typed is None:
        if ask is None:
            show(f"refused: nobody is there to ask. Say --confirm {found.stage} to delete it.")
            return False
        typed = ask(f"This deletes {found.stage} in {account.where}, with its data. Type its name: ").strip()
    if typed != found.stage:
        show(f"refused: {typed!r} is not {found.stage}. Nothing was deleted.")
        return False
    return True
