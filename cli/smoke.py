"""`./airside smoke`: asks the deployed entry agent, and sees that strangers are refused."""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import TYPE_CHECKING

from cli import options
from cli.outcome import CLEAN, FOUND, Failure, show, show_json, tell

if TYPE_CHECKING:
    from cli.deploying.account import Account
    from cli.smoking import Deployed
    from governance.names import Names

TOKEN = "AIRSIDE_USER_TOKEN"  # noqa: S105  a variable's name
QUESTION = "Hello. What can you do for me?"
_SECONDS = 300.0


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        f"Where the system has end users, the entry agent takes the access token of one: in {TOKEN}, or the\n"
        "variable that --token-env names. Without users it is asked with your AWS credentials. Then the entry agent\n"
        "and the gateway are asked without any credentials, and must refuse.\n"
        "examples:\n"
        "  ./airside smoke --env dev\n"
        '  ./airside smoke --env prod "What is the status of my booking?"\n'
        "exit codes: 0 answered, and strangers are refused; 1 no answer, or a stranger was let in; 2 could not look"
    )
    parser.add_argument(
        "question", nargs="?", default=QUESTION, metavar="QUESTION", help=f"what to ask (default: {QUESTION})"
    )
    options.add_system(parser)
    parser.add_argument(
        "--token-env",
        default=TOKEN,
        metavar="NAME",
        help=f"the variable with a user's token (default: {TOKEN})",
    )
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from cli.deploying.account import connect
    from governance.names import Names

    if not arguments.question.strip():
        raise Failure("QUESTION is empty. Write what to ask.")
    system, environment = options.choose(arguments, options.load(arguments))
    token = None
    if system.users is not None:
        token = os.environ.get(arguments.token_env, "").strip()
        if not token or not token.isascii() or not token.isprintable():
            raise Failure(
                f"the entry agent of {system.name} answers signed-in users: put the access token of one into "
                f"{arguments.token_env}. docs/deploying.md says how to get one."
            )
    account = connect(environment.account, environment.region, environment.name)
    return smoke(arguments, _deployed(account, Names(system.name, environment.name)), token)


def smoke(arguments: argparse.Namespace, deployed: Deployed, token: str | None) -> int:
    """Asks; the exit code says what came of it. Raises Failure."""
    from localcloud.client import new_session_id

    started = time.monotonic()
    write = len if arguments.json else sys.stdout.write
    answer = deployed.ask(arguments.question, new_session_id(), token, write)
    seconds = time.monotonic() - started
    strangers = list(deployed.strangers(new_session_id()))
    answered = answer.finished and answer.error is None and bool(answer.text.strip())
    ok = answered and all(each.refused for each in strangers)
    if arguments.json:
        show_json(
            {
                "answer": answer.text,
                "answered": answered,
                "error": answer.error,
                "agents": answer.agents,
                "tools": [use.__dict__ for use in answer.tools],
                "seconds": round(seconds, 3),
                "strangers": [{**each.__dict__, "refused": each.refused} for each in strangers],
            }
        )
        return CLEAN if ok else FOUND
    if answer.text and not answer.text.endswith("\n"):
        show()
    for use in answer.tools:
        show(f"  {use.agent:<13} {use.tool:<40} {use.status}")
    show(f"{'answered' if answered else 'NOT ANSWERED'} after {seconds:.1f} s")
    if answer.error is not None:
        tell(f"the answer ended with {answer.error.get('code')}: {answer.error.get('message')}")
    for each in strangers:
        show(f"{'refused' if each.refused else 'LET IN'}: {each.what}: HTTP {each.status}")
    return CLEAN if ok else FOUND


def _deployed(account: Account, names: Names) -> Deployed:
    import httpx

    from cli.smoking import Deployed

    found = {}
    for key in ("runtime-arn", "runtime-qualifier", "gateway-url"):
        value = account.parameter(names.parameter(key))
        if value is None:
            raise Failure(
                f"{account.where} has no parameter {names.parameter(key)}: {names.stage} is not deployed there. "
                "Check --system and --env, or deploy it."
            )
        found[key] = value
    return Deployed(
        account.where,
        core=account.service("bedrock-agentcore"),
        http=httpx.Client(timeout=_SECONDS, follow_redirects=False),
        runtime=found["runtime-arn"],
        qualifier=found["runtime-qualifier"],
        gateway=found["gateway-url"],
    )
