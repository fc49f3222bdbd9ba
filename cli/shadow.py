"""`./airside shadow`: what grants in shadow mode let through, and which of them can be enforced."""

from __future__ import annotations

import argparse
import re
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cli import options
from cli.outcome import CLEAN, FOUND, Failure, show, show_json, tell

if TYPE_CHECKING:
    from cli.shadow_report import Evidence
    from governance.model import Environment, System

AWS_DAYS = 14
_AGO = re.compile(r"([1-9][0-9]{0,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        "  ./airside shadow\n"
        "  ./airside shadow --from decisions.jsonl --env prod --json\n"
        "  ./airside shadow --aws --env prod --since 30d\n"
        "Without --from and --aws the events of the running platform are looked at. --aws asks CloudWatch Logs\n"
        "Insights with the credentials of your environment, which AWS charges for; it was not verified live.\n"
        "exit codes: 0 nothing would be refused, 1 something would, 2 could not look"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--from", dest="file", metavar="FILE", help="read decision lines from this file; - is standard input"
    )
    where.add_argument(
        "--aws", action="store_true", help="ask the interceptor's log group in CloudWatch Logs"
    )
    parser.add_argument(
        "--since",
        metavar="WHEN",
        help=f"only what was decided since: 30m, 24h, 7d, or a date or time in UTC (default: all; "
        f"with --aws {AWS_DAYS}d)",
    )
    options.add_system(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from cli.shadow_report import WOULD_REFUSE, document, lines, rows

    now = datetime.now(UTC)
    since = _since(arguments.since, now)
    system, environment = options.choose(arguments, options.load(arguments))
    if arguments.aws and since is None:
        since = now - timedelta(days=AWS_DAYS)
    evidence = _evidence(arguments, system, environment, since, now)
    if not evidence.decisions:
        raise Failure(
            f"no decision of {system.name} {environment.name} in {evidence.source}: nothing to judge by."
        )
    found = rows(system, evidence)
    if arguments.json:
        show_json(document(system.name, environment.name, since, evidence, found))
    else:
        began = f" since {since.strftime('%Y-%m-%d %H:%M UTC')}" if since else ""
        show(f"{system.name} {environment.name}: {evidence.decisions} decisions{began} in {evidence.source}")
        for line in lines(found):
            show(line)
        for note in evidence.notes:
            tell(note)
    return FOUND if any(row.verdict == WOULD_REFUSE for row in found) else CLEAN


def _evidence(
    arguments: argparse.Namespace,
    system: System,
    environment: Environment,
    since: datetime | None,
    now: datetime,
) -> Evidence:
    from cli import shadow_lines
    from governance.names import Names

    names = Names(system.name, environment.name)
    if arguments.aws and since is not None:
        from cli import shadow_insights

        return shadow_insights.evidence(system, environment, since, now, sleep=time.sleep)
    if arguments.file:
        try:
            if arguments.file == "-":
                return shadow_lines.of_file("standard input", sys.stdin, names.metric_namespace, since)
            with Path(arguments.file).open(encoding="utf-8") as file:
                return shadow_lines.of_file(arguments.file, file, names.metric_namespace, since)
        except OSError as error:
            raise Failure(f"--from {arguments.file}: cannot be read ({error.strerror}).") from None
        except UnicodeError:
            raise Failure(f"--from {arguments.file}: is not UTF-8.") from None
    folder = options.folder(arguments).resolve()
    return shadow_lines.of_platform(folder, names.stage, names.metric_namespace, since)


def _since(text: str | None, now: datetime) -> datetime | None:
    """`24h` ago, or a date or time; UTC where it says nothing else."""
    if text is None:
        return None
    ago = _AGO.fullmatch(text)
    try:
        if ago:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise Failure(f"--since {text}: give 30m, 24h, 7d, 2026-11-01 or 2026-11-01T09:00.") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if at > now:
        raise Failure(f"--since {text}: is in the future.")
    return at
