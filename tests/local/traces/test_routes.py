"""`/_airside/traces…` on the wire: who may ask, for what, and how arguments are kept and forgotten."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from localcloud.control import Control, create_control
from localcloud.control.traces import routes
from localcloud.telemetry.events import EventLog
from localcloud.traces import Arguments, Recorder, TraceStore
from tests.local.traces.test_view import TRACE, decision, span

KEY = {"X-Airside-Key": "right"}
SPAN = span("gw")
CALL = {"method": "tools/call", "params": {"name": "a___b", "arguments": {"고객": "C1"}, "_meta": {"x": 1}}}


class Desk:
    """The control interface over a store that holds one call."""

    def __init__(self, arguments: Arguments | None = None) -> None:
        self.recorder = Recorder()
        self.arguments = arguments or Arguments()
        self.store = store = TraceStore(self.recorder, arguments=self.arguments)
        self.recorder.add(SPAN)
        self.recorder.add(span("t", "gw", "target", at=0.5, ms=0.1, attributes={"airside.result_bytes": 42}))
        self.recorder.event(decision("authorizer", "gw"))
        self.app = create_control(
            Control(
                key="right",
                status=dict,
                events=EventLog(),
                token=lambda _: None,
                more=routes(store),
            )
        )

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                return await client.get(f"/_airside/{path}", headers=KEY if headers is None else headers)

        return asyncio.run(run())

    def keep(self, body: Any, span_id: str = SPAN.span_id) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.arguments.keep(TRACE, span_id, raw)


WHAT = f"traces/{TRACE}/arguments/{SPAN.span_id}"


@pytest.mark.parametrize("path", ["traces", f"traces/{TRACE}", WHAT])
@pytest.mark.parametrize("headers", [{}, {"X-Airside-Key": "wrong"}])
def test_nothing_is_told_without_the_key(path: str, headers: dict[str, str]) -> None:
    desk = Desk()
    desk.keep(CALL)
    reply = desk.get(path, headers)
    assert reply.status_code == 403
    assert TRACE not in reply.text


def test_the_list_and_the_trace() -> None:
    desk = Desk()
    (line,) = desk.get("traces").json()["traces"]
    assert (line["trace_id"], line["allowed"], line["agents"]) == (TRACE, 1, ["booking"])
    reply = desk.get(f"traces/{TRACE}")
    assert reply.headers["cache-control"] == "no-store"
    assert [each["kind"] for each in reply.json()["spans"]] == ["gateway", "target"]
    assert desk.get("traces?limit=1").status_code == 200


def test_an_agents_upkeep_of_its_session_hides_the_requests() -> None:
    """A session is opened between two requests: three traces that nobody asked for, one of them a failed try."""
    desk = Desk()
    for number, method in enumerate(("initialize", "notifications/initialized", "request", "tools/list")):
        trace = f"{number + 1:032x}"
        status = "error" if method == "request" else "ok"
        desk.recorder.add(span("u", trace=trace, at=10 + number, name=method, status=status))
        desk.recorder.event(decision("authorizer", "u", trace_id=trace, method=method))
    # As the agent's own library tells of one: its span is what the gateway's is below.
    told = "d" * 32
    desk.recorder.add(span("u", "lib", trace=told, name="request", status="error"))
    client = span("lib", kind="other", trace=told, attributes={"mcp.method.name": "server/discover"})
    desk.store.take([client])
    desk.recorder.event(decision("authorizer", "u", trace_id=told, method="request"))
    asked, turned_away, alone = ("a" * 32, "b" * 32, "c" * 32)
    desk.recorder.add(span("i", kind="invocation", trace=asked))
    desk.recorder.add(span("l", "i", trace=asked, name="tools/list"))
    desk.recorder.add(span("n", trace=turned_away, name="tools/list", status="refused"))
    desk.recorder.add(span("m", kind="model", trace=alone))
    listed = {each["trace_id"] for each in desk.get("traces").json()["traces"]}
    assert listed == {TRACE, asked, turned_away, alone}
    assert len(desk.get("traces?limit=2").json()["traces"]) == 2
    # Whoever knows its id can look at it all the same.
    assert desk.get(f"traces/{1:032x}").status_code == 200


@pytest.mark.parametrize("limit", ["0", "-1", "x", "201", "1e2", "٣", ""])
def test_a_limit_out_of_bounds_is_refused(limit: str) -> None:
    assert Desk().get(f"traces?limit={limit}").status_code == 400


@pytest.mark.parametrize("bad", ["0" * 32, "A" * 32, "a" * 31, "a" * 33, "%20" * 32, "%2e%2e", "x"])
def test_ids_that_are_none_are_refused(bad: str) -> None:
    desk = Desk()
    assert desk.get(f"traces/{bad}").status_code in (400, 404)
    assert desk.get(f"traces/{bad}/arguments/{SPAN.span_id}").status_code in (400, 404)
    assert desk.get(f"traces/{TRACE}/arguments/{bad}").status_code in (400, 404)
    assert desk.get(f"traces/{'a' * 32}").status_code == 404


def test_arguments_are_told_to_who_asks_with_the_size_of_the_result() -> None:
    desk = Desk()
    assert desk.get(WHAT).status_code == 404
    desk.keep(CALL)
    told = desk.get(WHAT).json()
    assert told == {
        "arguments": {"고객": "C1"},
        "arguments_bytes": len('{"고객":"C1"}'.encode()),
        "too_long": False,
        "result_bytes": 42,
    }
    assert desk.get(f"traces/{TRACE}").json()["spans"][0]["arguments"] is True
    assert "C1" not in desk.get(f"traces/{TRACE}").text + desk.get("traces").text


def test_a_platform_that_keeps_no_arguments_has_none_to_tell() -> None:
    desk = Desk(Arguments(most=0))
    desk.keep(CALL)
    assert desk.get(WHAT).status_code == 404
    assert "keeps no arguments" in desk.get(WHAT).text
    assert "arguments" not in desk.get(f"traces/{TRACE}").json()["spans"][0]


def test_kept_arguments_are_bounded_in_each_and_in_all() -> None:
    desk = Desk(Arguments(most=2_000, longest=300))
    desk.keep({"params": {"arguments": "x" * 400}})
    told = desk.get(WHAT).json()
    assert (told["arguments"], told["too_long"]) == (None, True)
    assert told["arguments_bytes"] > 400
    for number in range(1, 11):
        desk.keep({"params": {"arguments": "y" * 200}}, f"{number:016x}")
    kept = desk.arguments.spans(TRACE)
    assert 0 < len(kept) < 5
    assert SPAN.span_id not in kept
    assert f"{10:016x}" in kept
