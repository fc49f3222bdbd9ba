"""The event log: bounded, numbered, strict about what it takes, followed live."""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from localcloud.telemetry.events import EventLog, InvalidEvent

TRACE = "0af7651916cd43dd8448eb211c80319c"
OTHER = "1af7651916cd43dd8448eb211c80319c"


def event(**changes: Any) -> dict[str, Any]:
    return {"event": "log", "layer": "function", "trace_id": None, **changes}


def log(**settings: Any) -> EventLog:
    return EventLog(clock=lambda: datetime(2026, 11, 21, 9, 30, 0, 123456, UTC), **settings)


def test_event_gets_its_number_and_the_clocks_time() -> None:
    events = log()
    events.record(event(text="예약"))
    assert events.select() == [
        {**event(text="예약"), "seq": 1, "time": "2026-11-21T09:30:00.123Z"},
    ]


def test_oldest_events_go_first_and_numbers_go_on() -> None:
    events = log(capacity=3)
    for number in range(10):
        events.record(event(n=number))
    assert [found["seq"] for found in events.select()] == [8, 9, 10]
    assert (events.first, events.last) == (8, 10)
    assert [found["seq"] for found in events.select(after=9)] == [10]
    assert events.select(after=10) == []


def test_events_of_another_trace_are_not_shown() -> None:
    events = log()
    events.record(event(trace_id=TRACE, n=1))
    events.record(event(trace_id=OTHER, n=2))
    events.record(event(n=3))
    assert [found["n"] for found in events.select(trace_id=TRACE)] == [1]


def test_what_was_recorded_cannot_be_changed_afterwards() -> None:
    events = log()
    given = event(detail={"a": [1]})
    events.record(given)
    given["detail"]["a"].append(2)
    events.select()[0]["layer"] = "policy"
    (kept,) = events.select()
    assert kept["detail"] == {"a": [1]}
    assert kept["layer"] == "function"


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(event(event="other"), id="unknown kind"),
        pytest.param(event(layer="model "), id="unknown layer"),
        pytest.param({"layer": "model", "trace_id": None}, id="no kind"),
        pytest.param(event(trace_id="0AF7651916CD43DD8448EB211C80319C"), id="upper-case trace id"),
        pytest.param(event(trace_id=1), id="number as trace id"),
        pytest.param(event(seq=1), id="own number"),
        pytest.param(event(time="x"), id="own time"),
        pytest.param(event(text="가" * 30_000), id="too large"),
        pytest.param(event(text=float("nan")), id="NaN"),
        pytest.param(event(text=b"bytes"), id="bytes"),
    ],
)
def test_event_out_of_form_is_refused_and_uses_no_number(given: dict[str, Any]) -> None:
    events = log()
    with pytest.raises(InvalidEvent):
        events.record(given)
    assert events.last == 0


def test_refusal_does_not_repeat_other_values() -> None:
    with pytest.raises(InvalidEvent) as caught:
        log().record(event(trace_id="x", text="s3cret"))
    assert "s3cret" not in str(caught.value)


def test_follower_is_woken_by_a_record_of_another_thread() -> None:
    events = log()

    async def main() -> list[dict[str, Any]]:
        waiting = asyncio.create_task(events.wait(after=0, timeout=60))
        await asyncio.sleep(0)
        thread = threading.Thread(target=events.record, args=(event(n=1),))
        thread.start()
        found = await waiting
        thread.join()
        return found

    assert [found["n"] for found in asyncio.run(main())] == [1]


def test_follower_of_one_trace_sleeps_through_the_others() -> None:
    events = log()

    async def main() -> list[dict[str, Any]]:
        waiting = asyncio.create_task(events.wait(timeout=60, trace_id=TRACE))
        for given in (event(n=1), event(n=2, trace_id=OTHER), event(n=3, trace_id=TRACE)):
            await asyncio.sleep(0)
            events.record(given)
        return await waiting

    assert [found["n"] for found in asyncio.run(main())] == [3]


def test_follower_gets_at_once_what_is_already_there_and_nothing_at_the_timeout() -> None:
    events = log()
    events.record(event())

    async def main() -> None:
        assert len(await events.wait(after=0, timeout=0)) == 1
        assert await events.wait(after=1, timeout=0.01) == []

    asyncio.run(main())


def test_cancelled_follower_leaves_nothing_behind() -> None:
    events = log()

    async def main() -> None:
        waiting = asyncio.create_task(events.wait(timeout=60))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(main())
    events.record(event())  # would raise or warn if the closed loop were still asked
    assert events.last == 1


def test_threads_lose_no_event_and_share_no_number() -> None:
    events = log(capacity=4000)

    def work() -> None:
        for _ in range(1000):
            events.record(event())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found["seq"] for found in events.select()] == list(range(1, 4001))


def test_export_holds_every_event_even_those_the_ring_dropped(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "events.jsonl"
    events = log(capacity=2, export=file)
    for number in range(5):
        events.record(event(n=number, text="한글"))
    events.close()
    events.record(event(n=5))
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [line["n"] for line in lines] == [0, 1, 2, 3, 4]
    assert "한글" in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o077 == 0
