"""Workers that hang, die, or cannot start; callers that queue, and hosts that are killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from localcloud.functions.group import Limits

ROOT = Path(__file__).resolve().parents[3]


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"


def test_call_past_its_timeout_is_answered_then_killed_and_the_next_call_works(
    either: Any, eventually: Any
) -> None:
    function = either.function(
        """
        import os, time
        def handler(event, context):
            if event: time.sleep(600)
            return os.getpid()
        """,
        timeout=1,
    )

    async def main() -> None:
        async with either.pool(function, prewarm=True) as pool:
            (worker,) = pool.pids(function.arn)
            result = await pool(function.arn, b"true")
            assert (result.status, result.error_type) == ("timeout", "Sandbox.Timedout")
            assert "timed out after 1.00 seconds" in json.loads(result.payload)["errorMessage"]
            await eventually(lambda: gone(worker))
            after = await pool(function.arn, b"false")
            assert after.status == "ok"
            assert json.loads(after.payload) != worker

    asyncio.run(main())


def test_timeout_takes_the_children_of_the_handler_along(
    workshop: Any, eventually: Any, tmp_path: Path
) -> None:
    note = tmp_path / "child"
    function = workshop.function(
        f"""
        import subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        with open({str(note)!r}, "w") as note: note.write(str(child.pid))
        def handler(event, context): time.sleep(600)
        """,
        timeout=1,
    )

    async def main() -> None:
        async with workshop.pool(function) as pool:
            assert (await pool(function.arn, b"{}")).status == "timeout"
            await eventually(lambda: gone(int(note.read_text())))

    asyncio.run(main())


def test_worker_that_exits_in_a_call_is_an_error_and_is_replaced(either: Any) -> None:
    function = either.function("""
        import os
        def handler(event, context):
            if event is not None: os._exit(event)
            return "alive"
    """)

    async def main() -> None:
        async with either.pool(function) as pool:
            for code, text in ((3, "exit status 3"), (0, "exit status 0")):
                result = await pool(function.arn, str(code).encode())
                assert (result.status, result.error_type) == ("error", "Runtime.ExitError")
                assert text in json.loads(result.payload)["errorMessage"]
            assert (await pool(function.arn, b"null")).payload == b'"alive"'

    asyncio.run(main())


def test_worker_killed_from_outside_while_idle_costs_no_call(workshop: Any, eventually: Any) -> None:
    function = workshop.function("import os\ndef handler(event, context): return os.getpid()")

    async def main() -> None:
        async with workshop.pool(function, prewarm=True) as pool:
            (before,) = pool.pids(function.arn)
            os.killpg(before, signal.SIGKILL)
            await eventually(lambda: before not in pool.pids(function.arn))
            result = await pool(function.arn, b"{}")
            assert result.status == "ok"
            assert json.loads(result.payload) != before

    asyncio.run(main())


def test_module_that_cannot_be_loaded_fails_every_call_with_its_own_error(either: Any) -> None:
    function = either.function("raise RuntimeError('no table name')")

    async def main() -> None:
        async with either.pool(function, prewarm=True) as pool:
            assert pool.problems() == {"under_test": "RuntimeError"}
            for _ in range(3):
                result = await pool(function.arn, b"{}")
                assert (result.status, result.error_type) == ("error", "RuntimeError")
                assert json.loads(result.payload)["errorMessage"] == "no table name"

    asyncio.run(main())


def test_handler_that_does_not_exist_is_reported(workshop: Any) -> None:
    function = workshop.function("x = 1")

    async def main() -> None:
        async with workshop.pool(function, prewarm=True) as pool:
            assert pool.problems() == {"under_test": "Runtime.HandlerNotFound"}

    asyncio.run(main())


def test_module_that_exits_while_loading_does_not_hold_callers_for_ever(workshop: Any) -> None:
    function = workshop.function("import os; os._exit(7)")

    async def main() -> None:
        async with workshop.pool(function) as pool:
            result = await pool(function.arn, b"{}")
            assert (result.status, result.error_type) == ("error", "Runtime.ExitError")

    asyncio.run(main())


def test_module_that_hangs_while_loading_does_not_hold_callers_for_ever(workshop: Any) -> None:
    function = workshop.function("import time; time.sleep(600)")

    async def main() -> None:
        async with workshop.pool(function, limits=Limits(init_seconds=0.5)) as pool:
            result = await pool(function.arn, b"{}")
            assert (result.status, result.error_type) == ("timeout", "Sandbox.Timedout")

    asyncio.run(main())


def test_crash_loop_does_not_start_processes_without_bound(workshop: Any, tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    function = workshop.function(
        f"open({str(starts)!r}, 'a').write('x')\nraise RuntimeError('broken')\n",
    )

    async def main() -> None:
        limits = Limits(init_seconds=60, backoff_seconds=30, backoff_most=30)
        async with workshop.pool(function, limits=limits, prewarm=True) as pool:
            results = [await pool(function.arn, b"{}") for _ in range(50)]
            assert {result.error_type for result in results} == {"RuntimeError"}

    asyncio.run(main())
    assert starts.read_text() == "x"


def test_function_edited_after_a_failed_start_works_again_after_the_pause(workshop: Any) -> None:
    function = workshop.function("raise RuntimeError('broken')\n")

    async def main() -> None:
        async with workshop.pool(function, prewarm=True) as pool:
            (function.code / "main.py").write_text("def handler(event, context): return 'mended'\n")

            async def until_mended() -> None:
                while (await pool(function.arn, b"{}")).payload != b'"mended"':
                    await asyncio.sleep(0.02)

            await asyncio.wait_for(until_mended(), 60)
            assert pool.problems() == {}

    asyncio.run(main())


def test_caller_that_goes_away_does_not_disturb_the_next(workshop: Any) -> None:
    function = workshop.function(
        "import time\ndef handler(event, context):\n    time.sleep(event)\n    return event"
    )

    async def main() -> None:
        async with workshop.pool(function, limits=Limits(workers=1, init_seconds=60), prewarm=True) as pool:
            call = asyncio.create_task(pool(function.arn, b"0.2"))
            waiting = asyncio.create_task(pool(function.arn, b"0.1"))
            await asyncio.sleep(0.05)
            call.cancel()
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert (await pool(function.arn, b"0")).payload == b"0"

    asyncio.run(main())


def test_stop_answers_callers_and_leaves_no_process(workshop: Any, eventually: Any) -> None:
    function = workshop.function("import time\ndef handler(event, context): time.sleep(600)")

    async def main() -> None:
        async with workshop.pool(function, prewarm=True) as pool:
            pids = pool.pids(function.arn)
            call = asyncio.create_task(pool(function.arn, b"{}"))
            await asyncio.sleep(0.05)
            await pool.stop()
            result = await call
            assert (result.status, result.error_type) == ("error", "ServiceException")
            assert (await pool(function.arn, b"{}")).error_type == "ServiceException"
            await eventually(lambda: all(gone(pid) for pid in pids))

    asyncio.run(main())


HOST = """
import asyncio, sys
from pathlib import Path
from localcloud.functions.pool import FunctionPool
from localcloud.spec import Function
from localcloud.telemetry.events import EventLog
from localcloud.telemetry.logs import LogSink

async def main():
    code = Path(sys.argv[1])
    function = Function("f", "arn:f", code, "main.handler", {}, 60, 128, None)
    pool = FunctionPool([function], lambda _: {}, EventLog(), logs=LogSink(code.parent / "logs"))
    await pool.start()
    print(*pool.pids("arn:f"), flush=True)
    await asyncio.sleep(600)

if sys.argv[2] == "uvloop":
    import uvloop
    uvloop.run(main())
else:
    asyncio.run(main())
"""


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_no_worker_outlives_a_host_that_was_killed(tmp_path: Path, loop: str) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "main.py").write_text(textwrap.dedent("def handler(event, context): return 1"))
    host = subprocess.Popen(
        [sys.executable, "-c", HOST, str(code), loop], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert host.stdout is not None
        pids = [int(pid) for pid in host.stdout.readline().split()]
        assert len(pids) == 1
    finally:
        host.kill()
        host.wait()
        host.stdout.close()  # type: ignore[union-attr]
    deadline = time.monotonic() + 60
    while not all(gone(pid) for pid in pids):
        assert time.monotonic() < deadline, f"worker {pids} outlived its host"
        time.sleep(0.01)
