"""CloudWatch Logs Insights behind its API: StartQuery, GetQueryResults and StopQuery over JSON 1.1.

It carries out the part of the query language that is asked of it, on the lines it holds, and refuses any other.
As the service does, it answers all values as text, leaves a field out of a row that has none, and shows partial
rows while a query runs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.local.gateway.serving import bound_socket, serving

_STATS = re.compile(r"filter (?P<filter>[^|]+) \| stats (?P<stats>.+?)(?: by (?P<by>.+))?")
_EQUALS = re.compile(r'(?P<field>[A-Za-z]+) = (?:"(?P<text>[^"]*)"|(?P<number>[0-9]+))')
_FUNCTION = re.compile(
    r"(?P<name>count|sum|min|max)\((?P<field>\*|[A-Za-z]+|`[A-Za-z_.]+`)\) as (?P<as>[a-z]+)"
)
_FIELD = re.compile(r"[A-Za-z]+|`[A-Za-z_.]+`")


class LogsInsights:
    """One log group. `statuses` are those a query goes through before it ends as the last of them."""

    def __init__(self, group: str, lines: Sequence[str], statuses: Sequence[str] = ("Complete",)) -> None:
        self.group = group
        self.statuses = tuple(statuses)
        self.queries: list[dict[str, Any]] = []
        self.stopped: list[str] = []
        self._asked: dict[str, int] = {}
        self._lines = [found for line in lines if isinstance(found := _json(line), dict)]

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/", self._answer, methods=["POST"])])

    async def _answer(self, request: Request) -> Response:
        operation = request.headers["x-amz-target"].removeprefix("Logs_20140328.")
        body = json.loads(await request.body())
        if operation == "StartQuery":
            if body["logGroupName"] != self.group:
                return _error("ResourceNotFoundException", "The specified log group does not exist.")
            self.queries.append(body)
            return JSONResponse({"queryId": f"query-{len(self.queries) - 1}"})
        query = str(body["queryId"])
        if operation == "StopQuery":
            self.stopped.append(query)
            return JSONResponse({"success": True})
        assert operation == "GetQueryResults"
        asked = self._asked[query] = self._asked.get(query, -1) + 1
        status = self.statuses[min(asked, len(self.statuses) - 1)]
        rows = self._rows(self.queries[int(query.removeprefix("query-"))])
        results = rows if status == "Complete" else rows[:1] if status == "Running" else []
        return JSONResponse({"status": status, "results": results})

    def _rows(self, query: Mapping[str, Any]) -> list[list[dict[str, str]]]:
        match = _STATS.fullmatch(query["queryString"])
        assert match, query["queryString"]
        chosen = [
            line
            for line in self._lines
            if query["startTime"] <= line["_aws"]["Timestamp"] / 1000 <= query["endTime"]
            and all(_holds(condition, line) for condition in match["filter"].split(" and "))
        ]
        names = match["by"].split(", ") if match["by"] else []
        groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
        for line in chosen:
            groups.setdefault(tuple(_value(name, line) for name in names), []).append(line)
        return [
            [
                *({"field": name.strip("`"), "value": str(value)} for name, value in zip(names, key, strict=True)
                  if value is not None),
                *(_aggregate(function, lines) for function in match["stats"].split(", ")),
            ]
            for key, lines in groups.items()
        ][: query["limit"]]  # fmt: skip


def _json(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _error(code: str, message: str) -> Response:
    return JSONResponse({"__type": code, "message": message}, status_code=400)


def _value(name: str, line: Mapping[str, Any]) -> Any:
    assert _FIELD.fullmatch(name), f"{name} needs backticks"
    found: Any = line
    for part in name.strip("`").split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _holds(condition: str, line: Mapping[str, Any]) -> bool:
    if condition.startswith("ispresent("):
        return _value(condition.removeprefix("ispresent(").removesuffix(")"), line) is not None
    match = _EQUALS.fullmatch(condition)
    assert match, condition
    return str(_value(match["field"], line)) == (
        match["text"] if match["number"] is None else match["number"]
    )


def _aggregate(function: str, lines: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    match = _FUNCTION.fullmatch(function)
    assert match, function
    if match["name"] == "count":
        return {"field": match["as"], "value": str(len(lines))}
    values = [value for line in lines if (value := _value(match["field"], line)) is not None]
    made = sum(values) if match["name"] == "sum" else min(values) if match["name"] == "min" else max(values)
    # Large numbers come as the service writes them.
    return {
        "field": match["as"],
        "value": f"{made:.6E}" if made > 1e9 and made % 1_000_000 == 0 else str(made),
    }


@contextmanager
def insights(logs: LogsInsights) -> Iterator[str]:
    """Serves it; the address is what AWS_ENDPOINT_URL takes."""
    listening = bound_socket()
    with serving(logs.app(), listening):
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
