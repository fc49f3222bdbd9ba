"""How many calls run at once, how many wait, and when another worker is started."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from localcloud.functions.group import Limits

MEET = """
    import os, time
    def handler(event, context):
        open(os.path.join(event, str(os.getpid())), "w").close()
        while len(os.listdir(event)) < 4:
            time.sleep(0.005)
        return os.getpid()
"""


def test_four_calls_run_at_the_same_time_in_four_workers(workshop: Any, tmp_path: Path) -> None:
    # Every call waits for three others to have begun: one after another, none would ever end.
    room = tmp_path / "room"
    room.mkdir()
    function = workshop.function(MEET)

    async def main() -> None:
        async with workshop.pool(function) as pool:
            calls = [pool(function.arn, json.dumps(str(room)).encode()) for _ in range(4)]
            results = await asyncio.gather(*calls)
            assert [result.status for result in results] == ["ok"] * 4
            assert len({result.payload for result in results}) == 4

    asyncio.run(main())


def test_reserved_concurrency_of_one_never_runs_two_calls_at_once(workshop: Any, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    function = workshop.function(
        f"""
        import os, time
        def handler(event, context):
            os.close(os.open({str(lock)!r}, os.O_CREAT | os.O_EXCL))
            time.sleep(0.01)
            os.unlink({str(lock)!r})
            return os.getpid()
        """,
        concurrency=1,
    )

    async def main() -> None:
        async with workshop.pool(function) as pool:
            results = await asyncio.gather(*(pool(function.arn, b"{}") for _ in range(10)))
            assert {result.status for result in results} == {"ok"}
            assert len({result.payload for result in results}) == 1

    asyncio.run(main())


def test_queue_is_bounded_and_what_is_over_is_refused_at_once(workshop: Any, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    function = workshop.function(
        f"""
        import os, time
        def handler(event, context):
            while not os.path.exists({str(gate)!r}): time.sleep(0.005)
            return event
        """,
        concurrency=1,
    )

    async def main() -> None:
        async with workshop.pool(function, limits=Limits(queue=2, init_seconds=60), prewarm=True) as pool:
            calls = [asyncio.create_task(pool(function.arn, str(n).encode())) for n in range(5)]
            await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(0)
            refused = [call.result() for call in calls if call.done()]
            assert {result.error_type for result in refused} == {"TooManyRequestsException"}
            assert len(refused) == 2
            gate.touch()
            answered = [await call for call in calls[:3]]
            assert [result.payload for result in answered] == [b"0", b"1", b"2"]

    asyncio.run(main())


def test_function_with_reserved_concurrency_zero_is_never_run(workshop: Any) -> None:
    function = workshop.function("print('LOADED')\ndef handler(event, context): return 1", concurrency=0)

    async def main() -> None:
        async with workshop.pool(function, prewarm=True) as pool:
            assert (await pool(function.arn, b"{}")).error_type == "TooManyRequestsException"
            assert pool.pids(function.arn) == []

    asyncio.run(main())


def test_burst_of_short_calls_does_not_start_a_process_for_each(workshop: Any) -> None:
    function = workshop.function("def handler(event, context): return 1")

    async def main() -> None:
        # Patience without end: whatever is started then is started for no reason.
        limits = Limits(init_seconds=60, patience_seconds=600)
        async with workshop.pool(function, limits=limits, prewarm=True) as pool:
            results = await asyncio.gather(*(pool(function.arn, b"{}") for _ in range(50)))
            assert {result.status for result in results} == {"ok"}
            assert len(pool.pids(function.arn)) == 1

    asyncio.run(main())
