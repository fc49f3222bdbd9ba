"""Whether Lambda lets the account reserve what a stage's functions reserve: a new account's quota is too low for any.

Source: AWS Lambda Developer Guide, "Configuring reserved concurrency": 100 stay unreserved. Accounts with low quotas
are told of smaller minimums, so fewer than 100 is a note and fewer than 10 a refusal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.aws import worded
from cli.deploying.account import Account
from cli.outcome import Failure, tell

if TYPE_CHECKING:
    from cli.deploying.target import Target

USUAL, LEAST = 100, 10
"""What has to stay unreserved: as the guide says, and the least that any account was told."""

_ADVICE = "Ask AWS for a higher quota of concurrent executions (docs/runbook.md, Preparing an account)."


def reserved(target: Target) -> dict[str, int]:
    """Functions of a stage that reserve concurrent runs, by name."""
    return {
        str(properties["FunctionName"]): int(properties["ReservedConcurrentExecutions"])
        for stack in target.stacks
        for _, body in stack.resources("AWS::Lambda::Function")
        if "ReservedConcurrentExecutions" in (properties := body.get("Properties", {}))
    }


def refusals(account: Account, target: Target) -> list[str]:
    """Why CloudFormation would stop at a function of the stage; empty where it would not, or nobody may look."""
    wanted = reserved(target)
    if not wanted:
        return []
    try:
        limit = account.call("lambda", "get_account_settings")["AccountLimit"]
        more = sum(max(0, runs - _held(account, name)) for name, runs in wanted.items())
    except Failure as failure:
        tell(f"note: whether Lambda's quota suffices was not looked at: {failure}")
        return []
    free = int(limit["UnreservedConcurrentExecutions"])
    left = free - more
    said = f"{target.stage} reserves {more} more concurrent runs of functions; {account.where} has {free} unreserved"
    if not more or left >= USUAL:
        return []
    if left >= LEAST:
        tell(f"note: {said}, and Lambda usually keeps {USUAL}. {_ADVICE}")
        return []
    return [f"{said}, and Lambda keeps {USUAL}. {_ADVICE}"]


def _held(account: Account, name: str) -> int:
    """What a function of this name reserves already."""
    functions = account.service("lambda")
    with worded(account.where, f"get_function_concurrency {name}", " docs/deploying.md has what it needs."):
        try:
            answer = functions.get_function_concurrency(FunctionName=name)
        except functions.exceptions.ResourceNotFoundException:
            return 0
    return int(answer.get("ReservedConcurrentExecutions", 0))
