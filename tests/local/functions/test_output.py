"""Where a function's output goes: decisions to the event log, in time; everything else to its log file."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from localcloud.functions.output import decision

LINE = {
    "event": "decision",
    "layer": "interceptor",
    "agent": "booking",
    "tool": "customer-mcp___create_booking",
    "method": "tools/call",
    "effect": "deny",
    "reason": "not_granted",
    "source": None,
    "request_id": 7,
    "trace_id": "0af7651916cd43dd8448eb211c80319c",
    "policy": "0123456789abcdef",
    "micros": 12,
}


def encoded(**changes: object) -> bytes:
    return json.dumps({**LINE, **changes}, ensure_ascii=False).encode()


def test_decision_is_in_the_event_log_before_its_caller_is_answered(either: Any) -> None:
    function = either.function("""
        import json
        def handler(event, context):
            print("예약 시작")
            print(json.dumps(event))
            return event["request_id"]
    """)

    async def main() -> None:
        async with either.pool(function) as pool:
            for number in range(30):
                await pool(function.arn, encoded(request_id=number, _aws={"Timestamp": 1}))
                # No await in between: the line was printed before the handler returned.
                (event,) = either.events.select(after=number)
                assert event["request_id"] == number
                assert event["function"] == "under_test"
                assert "_aws" not in event

    asyncio.run(main())
    assert either.log().splitlines().count("예약 시작") == 30
    assert "decision" not in either.log()


def test_pool_works_on_uvloop_too(workshop: Any) -> None:
    uvloop = pytest.importorskip("uvloop")
    function = workshop.function("""
        import json, os
        def handler(event, context):
            print(json.dumps(event))
            if event["request_id"] == 5: os._exit(1)
            return os.getpid()
    """)

    async def main() -> None:
        async with workshop.pool(function, prewarm=True) as pool:
            for number in range(10):
                result = await pool(function.arn, encoded(request_id=number))
                assert result.status == ("error" if number == 5 else "ok")
                assert [event["request_id"] for event in workshop.events.select(after=number)] == [number]

    uvloop.run(main())


def test_decision_of_a_call_that_raises_is_not_lost(either: Any) -> None:
    function = either.function(f"""
        def handler(event, context):
            print({encoded().decode()!r})
            raise RuntimeError("후에")
    """)

    async def main() -> None:
        async with either.pool(function) as pool:
            assert (await pool(function.arn, b"{}")).status == "error"
            assert [event["reason"] for event in either.events.select()] == ["not_granted"]

    asyncio.run(main())


def test_last_words_of_a_dying_worker_are_kept(workshop: Any) -> None:
    function = workshop.function("""
        import os, sys
        def handler(event, context):
            sys.stderr.write("마지막 말 without newline"); sys.stderr.flush()
            os._exit(1)
    """)

    async def main() -> None:
        async with workshop.pool(function) as pool:
            assert (await pool(function.arn, b"{}")).error_type == "Runtime.ExitError"

    asyncio.run(main())
    assert "마지막 말 without newline" in workshop.log()


def test_endless_line_neither_fills_memory_nor_the_log(workshop: Any) -> None:
    function = workshop.function("""
        def handler(event, context):
            print("x" * (8 * 1024 * 1024))
            print("after")
            return 1
    """)

    async def main() -> None:
        async with workshop.pool(function) as pool:
            assert (await pool(function.arn, b"{}")).status == "ok"

    asyncio.run(main())
    log = workshop.log()
    assert f"a line of {8 * 1024 * 1024} bytes was refused" in log
    assert log.rstrip().endswith("after")
    assert len(log) < 1000


def test_decision_line_in_form_keeps_only_the_known_keys() -> None:
    assert decision(encoded(token="secret", arguments={"a": 1})) == {**LINE, "user": False}
    for user in (True, False):
        assert decision(encoded(user=user)) == {**LINE, "user": user}


def test_what_a_shadow_let_through_is_told_of_its_call_and_of_no_other() -> None:
    shadow = {"shadow": "arguments", "would_refuse": "argument_not_allowed", "detail": "adults"}
    assert decision(encoded(**shadow, ShadowRefused=1)) == {**LINE, "user": False, **shadow}
    looked_at = {"shadow": "arguments", "would_refuse": None, "detail": None}
    assert decision(encoded(**looked_at)) == {**LINE, "user": False, **looked_at}
    assert decision(encoded(would_refuse="x", detail="y")) == {**LINE, "user": False}


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(encoded(layer="policy"), id="speaks for another layer"),
        pytest.param(encoded(shadow=True), id="true as shadow"),
        pytest.param(encoded(shadow="calls", would_refuse="x" * 513), id="long reason of a shadow"),
        pytest.param(encoded(shadow="calls", detail={"customer_id": "C1001"}), id="arguments as detail"),
        pytest.param(encoded(layer="authorizer"), id="speaks for the authorizer"),
        pytest.param(encoded(effect="maybe"), id="unknown effect"),
        pytest.param(encoded(trace_id="XYZ"), id="malformed trace id"),
        pytest.param(encoded(trace_id=5), id="number as trace id"),
        pytest.param(encoded(request_id="x" * 65), id="long request id"),
        pytest.param(encoded(request_id=True), id="boolean as request id"),
        pytest.param(encoded(agent={"a": 1}), id="object as agent"),
        pytest.param(encoded(tool="x" * 513), id="long tool"),
        pytest.param(encoded(reason=None), id="no reason"),
        pytest.param(encoded(user="C1001"), id="who the user is"),
        pytest.param(encoded(user=None), id="no telling whether there is a user"),
        pytest.param(encoded(event="log", note="decision"), id="another event"),
        pytest.param(encoded(micros=float("nan")), id="NaN"),
        pytest.param(b'{"event": "decision"', id="cut off"),
        pytest.param(b'["decision"]', id="array"),
        pytest.param(b'{"decision": ' + b"[" * 50_000, id="deep nesting"),
        pytest.param(b'{"event": "decision", "layer": "interceptor"}', id="nothing else"),
        pytest.param(b"\xff\xfe decision", id="not UTF-8"),
    ],
)
def test_line_out_of_form_never_becomes_a_decision(line: bytes) -> None:
    assert decision(line) is None
