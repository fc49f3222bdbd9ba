"""`./airside trace`: one request as a waterfall, with the decisions on every call, for a terminal."""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cli import options, running
from cli.answer import decision_layers
from cli.outcome import CLEAN, FOUND, Failure, show, show_json, tell

if TYPE_CHECKING:
    from localcloud.client import PlatformClient

LAST = "last"
PATIENCE = 3.0
"""Seconds that are waited for what agents still have to say."""
WIDTH = 24
"""Columns of the bar."""
_REQUESTS = ("invoke", "tools/call")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        "  ./airside trace\n"
        "  ./airside trace --list\n"
        "  ./airside trace 0af7651916cd43dd8448eb211c80319c --json\n"
        "`ask` and `call` tell the id. Only `./airside up` keeps traces; it must be running.\n"
        "exit codes: 0 all went through, 1 something was refused or failed, 2 could not look"
    )
    parser.add_argument(
        "trace", nargs="?", default=LAST, metavar="TRACE_ID", help="a trace's id (default: last, the latest)"
    )
    parser.add_argument("--list", action="store_true", help="list the latest traces instead")
    options.add_system(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from localcloud.client import NoSuchTrace, PlatformUnreachable, find

    if arguments.trace != LAST and not re.fullmatch(r"(?!0{32})[0-9a-f]{32}", arguments.trace):
        raise Failure(f"TRACE_ID {arguments.trace}: must be 32 lower-case hexadecimal digits, or `last`.")
    stage = f"{running.system_name(arguments)}-{arguments.env}"
    client = find(arguments.project.resolve(), stage)
    if client is None:
        raise Failure(
            f"{stage} is not running, and only a running platform keeps traces. Start ./airside up."
        )
    try:
        if arguments.list:
            return _list(client, as_json=arguments.json)
        return _show(client, arguments.trace, as_json=arguments.json)
    except (NoSuchTrace, PlatformUnreachable) as error:
        raise Failure(str(error)) from None


def _list(client: PlatformClient, *, as_json: bool) -> int:
    traces = client.traces()
    if as_json:
        show_json({"traces": traces})
        return CLEAN
    for trace in traces:
        counts = f"{trace['allowed']} allowed, {trace['refused']} refused"
        started = trace["started"][11:23]
        show(
            f"{trace['trace_id']}  {started}  {trace['ms']:9.1f} ms  {trace['status']:<8} {counts:<24} {trace['name']}"
        )
    if not traces:
        tell("nothing has been asked yet")
    return CLEAN


def _show(client: PlatformClient, wanted: str, *, as_json: bool) -> int:
    trace_id = _latest(client) if wanted == LAST else wanted
    trace = client.trace(trace_id)
    deadline = time.monotonic() + PATIENCE
    while not trace["complete"] and trace["status"] != "running" and time.monotonic() < deadline:
        time.sleep(0.1)
        trace = client.trace(trace_id)
    if as_json:
        show_json(trace)
    else:
        for line in lines(trace):
            show(line)
    return FOUND if trace["status"] in ("refused", "error") else CLEAN


def _latest(client: PlatformClient) -> str:
    """The latest request. What agents do by themselves, as opening a session, counts only where nothing else is."""
    traces = client.traces()
    asked = [trace for trace in traces if str(trace["name"]).startswith(_REQUESTS)]
    found = next(iter((*asked, *traces)), None)
    if found is None:
        raise Failure('nothing has been asked yet. Ask: ./airside ask "…"')
    return str(found["trace_id"])


def lines(trace: Mapping[str, Any]) -> Iterator[str]:
    """The waterfall: a bar for when, how long, what, and what was decided on it."""
    yield f"{trace['name']}  {trace['status']}, {trace['ms']:.1f} ms, at {trace['started']}"
    whole = max(trace["ms"], 0.001)
    names = [(span, f"{'  ' * depth}{span['name']}") for span, depth in _tree(trace["spans"])]
    wide = max((len(name) for _, name in names), default=0)
    for span, name in names:
        bar = _bar(span["start_us"] / 1000 / whole, span["ms"] / whole)
        yield f"{bar} {span['ms']:9.1f} ms  {name:<{wide}}  {_told(span)}".rstrip()
    if trace["dropped"]:
        yield f"{trace['dropped']} more spans or decisions were one too many"
    if not trace["complete"]:
        yield "not complete: more may come"
    yield f"trace {trace['trace_id']}: {trace['allowed']} allowed, {trace['refused']} refused"


def _tree(spans: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], int]]:
    """Every span with its depth, below its parent, in the order they began."""
    children: dict[str | None, list[dict[str, Any]]] = {}
    for span in spans:
        children.setdefault(span["parent_id"], []).append(span)
    waiting = [(span, 0) for span in reversed(children.pop(None, []))]
    while waiting:
        span, depth = waiting.pop()
        yield span, depth
        waiting += [(child, depth + 1) for child in reversed(children.pop(span["span_id"], []))]


def _bar(begin: float, part: float) -> str:
    first = min(WIDTH - 1, max(0, int(begin * WIDTH)))
    length = max(1, min(WIDTH - first, round(part * WIDTH)))
    return "·" * first + "█" * length + "·" * (WIDTH - first - length)


def _told(span: Mapping[str, Any]) -> str:
    """Whose span it is and how it ended; of a call through the gateway, what every layer decided."""
    decision = span.get("decision")
    if decision is None:
        ended = "" if span["status"] == "ok" else span["status"]
        reason = span["attributes"].get("airside.reason") if ended else None
        return " ".join(filter(None, (ended, reason)))
    refused = decision["effect"] != "allow"
    layers = decision_layers((layer, told["effect"]) for layer, told in decision["layers"].items())
    why = " ".join(filter(None, (decision["reason"] if refused else None, decision["source"])))
    shadow = f"  would be refused: {decision['would_refuse']}" if decision["would_refuse"] else ""
    return f"{'refused' if refused else 'allowed'} {layers}  {why}{shadow}".rstrip()
