"""Decision lines in CloudWatch Logs as evidence: counted there, by two Logs Insights queries.

Source: Amazon CloudWatch Logs API Reference, StartQuery and GetQueryResults; CloudWatch Logs Insights query
syntax, stats and filter. Field names with an underscore stand in backticks there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cli.outcome import Failure
from cli.shadow_report import Evidence

if TYPE_CHECKING:
    from governance.model import Environment, System

MAX_ROWS = 10_000
"""Rows a query may return; each is one cell, or one reason of a cell."""
PATIENCE_SECONDS = 300.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 10.0
_SHADOWED = 'filter event = "decision" and layer = "interceptor" and effect = "allow" and ispresent(shadow)'
CALLS = (
    f"{_SHADOWED} | stats count(*) as calls, sum(ShadowRefused) as refused, "
    "min(`_aws.Timestamp`) as first, max(`_aws.Timestamp`) as last by agent, tool, shadow"
)
REASONS = f"{_SHADOWED} and ShadowRefused = 1 | stats count(*) as calls by agent, tool, shadow, `would_refuse`, detail"
DECISIONS = 'filter event = "decision" and layer = "interceptor" | stats count(*) as calls'
_WHY = {"calls": "not_granted", "arguments": "argument_not_allowed"}
"""What a shadow's refusals are for, should a row not say."""

Row = Mapping[str, str]


def evidence(
    system: System,
    environment: Environment,
    since: datetime,
    until: datetime,
    *,
    sleep: Callable[[float], None],
    client: Any = None,
) -> Evidence:
    """What the interceptor of this system and environment logged. Raises Failure where it cannot be told.

    Credentials come as in any AWS tool; the region is the environment's. `client` stands in for boto3's.
    """
    from governance.names import INTERCEPTOR, Names

    group = Names(system.name, environment.name).function_log_group(INTERCEPTOR)
    found = Evidence(f"CloudWatch Logs {group} in {environment.region}")
    logs = client or _client(environment.region)
    decisions, calls, reasons = _answers(logs, group, since, until, (DECISIONS, CALLS, REASONS), sleep)
    found.decisions = sum(_number(row, "calls") for row in decisions)
    for row in calls:
        seen = found.cell(row.get("agent", ""), row.get("tool", ""), row.get("shadow", ""))
        seen.add(_number(row, "calls"), _time(row, "first"), _time(row, "last"))
        seen.reasons[_WHY.get(row.get("shadow", ""), "not told"), None] = _number(row, "refused")
    for row in reasons:
        seen = found.cell(row.get("agent", ""), row.get("tool", ""), row.get("shadow", ""))
        total, told = seen.reasons, _number(row, "calls")
        rest = _WHY.get(row.get("shadow", ""), "not told"), None
        # The first query counts all of them; the second says which of them are for what.
        total[rest] -= told
        total[row.get("would_refuse") or rest[0], row.get("detail") or None] += told
    for seen in found.cells.values():
        seen.reasons = +seen.reasons
        # The second query may have met a line more than the first.
        seen.calls = max(seen.calls, seen.refused)
    kept = environment.log_retention_days
    if (until - since).days > kept:
        found.notes.append(f"these logs are kept for {kept} days")
    return found


def _client(region: str) -> Any:
    import boto3
    from botocore.config import Config

    session = boto3.Session(region_name=region)
    return session.client("logs", config=Config(retries={"mode": "standard"}))


def _answers(
    logs: Any,
    group: str,
    since: datetime,
    until: datetime,
    queries: tuple[str, ...],
    sleep: Callable[[float], None],
) -> list[list[Row]]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        started = [
            logs.start_query(
                logGroupName=group,
                startTime=int(since.timestamp()),
                endTime=int(until.timestamp()),
                queryString=query,
                limit=MAX_ROWS,
            )["queryId"]
            for query in queries
        ]
        return [_rows(logs, query, sleep) for query in started]
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "an error")
        hint = "Is the system deployed there, and are these the right credentials?"
        raise Failure(f"CloudWatch Logs answered {code} about {group}. {hint}") from None
    except BotoCoreError as error:
        raise Failure(f"CloudWatch Logs could not be asked ({type(error).__name__}): {error}") from None


def _rows(logs: Any, query: str, sleep: Callable[[float], None]) -> list[Row]:
    """The rows of a finished query: partial ones would count too little."""
    waited, pause = 0.0, FIRST_PAUSE_SECONDS
    while True:
        answer = logs.get_query_results(queryId=query)
        status = answer.get("status")
        if status == "Complete":
            break
        if status not in ("Scheduled", "Running", "Unknown"):
            raise Failure(f"the query in CloudWatch Logs ended as {status}. Ask for less with --since.")
        if waited >= PATIENCE_SECONDS:
            logs.stop_query(queryId=query)
            raise Failure(f"CloudWatch Logs took over {PATIENCE_SECONDS:.0f} s. Ask for less with --since.")
        sleep(pause)
        waited, pause = waited + pause, min(2 * pause, LONGEST_PAUSE_SECONDS)
    rows: list[Row] = [
        {item["field"]: item.get("value", "") for item in row} for row in answer.get("results", ())
    ]
    if len(rows) >= MAX_ROWS:
        raise Failure(
            f"CloudWatch Logs answered {MAX_ROWS} rows and may have more. Ask for less with --since."
        )
    return rows


def _number(row: Row, name: str) -> int:
    try:
        return int(float(row[name]))
    except (KeyError, ValueError, OverflowError):
        raise Failure(f"CloudWatch Logs answered {name} {row.get(name)!r}, which is no number.") from None


def _time(row: Row, name: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(row[name]) / 1000, UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return None
