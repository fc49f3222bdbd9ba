"""`./airside rotate`: gives an agent's client a new secret while the old one still works, then deletes the old one."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from cli import options
from cli.nearest import among
from cli.outcome import Failure

if TYPE_CHECKING:
    from cli.rotation.cloud import Cloud
    from governance.model import Environment, System
    from governance.names import Names

AWS_GRACE = 60.0
"""Seconds between update and deletion on AWS, where a change may arrive late."""
MAX_GRACE = 3600.0


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "steps: 1 look, 2 add a second secret, 3 prove it at the token endpoint, 4 update the credential provider,\n"
        "       5 wait, 6 delete the old secret, 7 list again. Both secrets are live from 2 to 6, so no request\n"
        "       is refused. Interrupted at any step: --resume goes on, --undo goes back.\n"
        "exit codes: 0 done, 1 refused or not finished, 2 could not look"
    )
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument(
        "--agent",
        action="append",
        metavar="NAME",
        help="the agent whose client's secret is rotated; repeatable",
    )
    chosen.add_argument("--all", action="store_true", help="every agent, one after the other")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--resume", action="store_true", help="go on with a rotation that was interrupted")
    how.add_argument("--undo", action="store_true", help="go back to the secret that was there before")
    how.add_argument("--dry-run", action="store_true", help="look, and say what would be done")
    parser.add_argument(
        "--grace",
        type=float,
        metavar="SECONDS",
        help=f"wait this long before the old secret is deleted (default: {AWS_GRACE:g} on AWS, else 0)",
    )
    parser.add_argument(
        "--aws",
        action="store_true",
        help="in the environment's AWS account, not on the running local platform",
    )
    options.add_system(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from cli.rotation.run import rotate
    from governance.names import Names

    grace = (AWS_GRACE if arguments.aws else 0.0) if arguments.grace is None else arguments.grace
    if not 0 <= grace <= MAX_GRACE:
        raise Failure(f"--grace {arguments.grace:g}: must be from 0 to {MAX_GRACE:g} seconds.")
    system, environment = options.choose(arguments, options.load(arguments))
    agents = _agents(arguments, system)
    names = Names(system.name, environment.name)
    cloud = _aws(environment) if arguments.aws else _local(arguments, names, environment.region)
    try:
        badges = {agent: system.badge(agent) for agent in agents}
        return rotate(arguments, cloud, names, badges, grace=grace)
    finally:
        cloud.disconnect()


def _agents(arguments: argparse.Namespace, system: System) -> list[str]:
    known = [agent.name for agent in system.agents]
    if arguments.all:
        return known
    for name in arguments.agent:
        if name not in known:
            raise Failure(f"--agent {name}: is no agent of {system.name}. {among(name, known)}")
    return list(dict.fromkeys(arguments.agent))


def _local(arguments: argparse.Namespace, names: Names, region: str) -> Cloud:
    from cli.rotation import connect
    from localcloud.client import OPERATOR, find

    found = find(arguments.project.resolve(), names.stage)
    if found is None:
        raise Failure(
            f"{names.stage} is not running. Start it with ./airside up, or use --aws for the account's."
        )
    return connect.local(found.front, region, OPERATOR)


def _aws(environment: Environment) -> Cloud:
    from cli.aws import WrongAccount
    from cli.rotation import connect

    try:
        return connect.aws(environment.region, environment.account)
    except WrongAccount as problem:
        raise Failure(f"--aws --env {environment.name}: {problem}") from None
