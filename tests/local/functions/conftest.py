"""Function folders made on the spot, and a pool that runs them."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from localcloud.functions.group import Limits
from localcloud.functions.pool import FunctionPool
from localcloud.spec import Function
from localcloud.telemetry.events import EventLog
from localcloud.telemetry.logs import LogSink

PATIENT = Limits(init_seconds=60.0)
"""The machine may be busy: only tests about the init phase may run into its limit."""


class Workshop:
    """Makes functions from source text and runs them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self.events = EventLog()
        self.client: str | None = None

    def function(
        self, source: str, *, name: str = "under_test", timeout: int = 60, **changes: object
    ) -> Function:
        code = self.folder / "code" / name
        code.mkdir(parents=True)
        (code / "main.py").write_text(textwrap.dedent(source), encoding="utf-8")
        function = Function(
            name=name,
            arn=f"arn:aws:lambda:us-east-1:111122223333:function:{name}",
            code=code,
            handler="main.handler",
            environment={},
            timeout_seconds=timeout,
            memory_mb=256,
            concurrency=None,
        )
        return replace(function, **changes)  # type: ignore[arg-type]

    @asynccontextmanager
    async def pool(
        self,
        *functions: Function,
        limits: Limits = PATIENT,
        prewarm: bool = False,
        aws: Mapping[str, str] | None = None,
    ) -> AsyncIterator[FunctionPool]:
        sink = LogSink(self.logs)
        pool = FunctionPool(
            functions, lambda _: aws or {}, self.events, logs=sink, limits=limits, client=self.client
        )
        try:
            await pool.start(prewarm=prewarm)
            yield pool
        finally:
            await pool.stop()
            sink.close()

    def log(self, name: str = "under_test") -> str:
        path = self.logs / f"{name}.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that is bound to happen; the test's own limit ends it if it does not."""

    async def poll() -> None:
        while not condition():
            await asyncio.sleep(0.005)

    await asyncio.wait_for(poll(), 60)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture(params=["awslambdaric", "plain"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Workshop:
    """With AWS's runtime client, and with ours."""
    if request.param == "awslambdaric":
        pytest.importorskip("awslambdaric")
    shop = Workshop(tmp_path)
    shop.client = request.param
    return shop


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    return until
