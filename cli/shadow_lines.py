"""Decision lines of the interceptor as evidence: from a file, or from the running platform's events."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from cli.outcome import Failure
from cli.shadow_report import Evidence

KINDS = ("calls", "arguments")
MAX_LINE = 1 << 20
MAX_NAME = 256
_NAME = re.compile(r"[A-Za-z0-9_.:/-]{1,256}")


def collect(
    evidence: Evidence, lines: Iterable[Mapping[str, Any]], namespace: str, since: datetime | None
) -> None:
    """Counts the decisions among `lines`; those of another metric namespace are left out, and told."""
    foreign = early = 0
    for line in lines:
        if line.get("event") != "decision" or line.get("layer") != "interceptor":
            continue
        at = _time(line)
        if _namespace(line) not in (None, namespace):
            foreign += 1
        elif since is not None and (at is None or at < since):
            early += 1
        else:
            evidence.decisions += 1
            _count(evidence, line, at)
    if foreign:
        evidence.notes.append(f"{foreign} decisions of another system or environment were left out")
    if early:
        evidence.notes.append(f"{early} decisions before the time asked for, or of no time, were left out")


def _count(evidence: Evidence, line: Mapping[str, Any], at: datetime | None) -> None:
    agent, tool, kind = (line.get(key) for key in ("agent", "tool", "shadow"))
    if line.get("effect") != "allow" or kind not in KINDS or not (_is_name(agent) and _is_name(tool)):
        return
    seen = evidence.cell(str(agent), str(tool), str(kind))
    seen.add(1, at, at)
    if _is_name(line.get("would_refuse")):
        argument = line.get("detail")
        told = argument if isinstance(argument, str) and argument.isprintable() else None
        seen.reasons[line["would_refuse"], told and told[:MAX_NAME]] += 1


def _is_name(value: Any) -> bool:
    """A file is anybody's: what is shown of it is plainly a name."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _namespace(line: Mapping[str, Any]) -> str | None:
    try:
        return str(line["_aws"]["CloudWatchMetrics"][0]["Namespace"])
    except (KeyError, IndexError, TypeError):
        return None


def _time(line: Mapping[str, Any]) -> datetime | None:
    """When it was decided: the metric's own time, else the time of an event."""
    try:
        return datetime.fromtimestamp(line["_aws"]["Timestamp"] / 1000, UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        pass
    try:
        at = datetime.fromisoformat(line["time"])
    except (KeyError, TypeError, ValueError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def of_file(name: str, lines: Iterable[str], namespace: str, since: datetime | None) -> Evidence:
    """The lines of a log; before the JSON of a line there may be its time, as in an export."""
    evidence = Evidence(name)
    collect(evidence, (found for line in lines if (found := _object(line)) is not None), namespace, since)
    return evidence


def _object(line: str) -> dict[str, Any] | None:
    start = line.find("{")
    if start < 0 or len(line) > MAX_LINE:
        return None
    try:
        found = json.loads(line[start:])
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def of_platform(project: Any, stage: str, namespace: str, since: datetime | None) -> Evidence:
    """The events of the platform that runs this stage. Raises Failure where none does."""
    from localcloud.client import PlatformUnreachable, find

    client = find(project, stage)
    if client is None:
        raise Failure(
            f"{stage} does not run here. Start ./airside up and use it, or name a source with --from or --aws."
        )
    try:
        events = client.events()
    except PlatformUnreachable as error:
        raise Failure(str(error)) from None
    evidence = Evidence(f"the platform that runs {stage}")
    collect(evidence, events, namespace, since)
    if events and events[0].get("seq", 1) > 1:
        evidence.notes.append("the platform has dropped older events; what they told is not counted")
    return evidence
