"""All functions of a system, run from the assembly's own bytes: the platform's AWS Lambda."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import secrets
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from localcloud import tracing
from localcloud.functions import documents, environment
from localcloud.functions.api import InvokeResult
from localcloud.functions.group import Group, Limits
from localcloud.functions.output import decision
from localcloud.functions.wire import MAX_PAYLOAD
from localcloud.functions.worker import Worker
from localcloud.scratch import Scratch
from localcloud.spec import Function
from localcloud.telemetry.events import EventLog, InvalidEvent
from localcloud.telemetry.logs import LogSink

MAX_CLIENT_CONTEXT = 3583 * 3 // 4
"""Bytes of JSON: 3,583 bytes in base64 (AWS Lambda API Reference: Invoke)."""
MOST_WORKERS = 16
"""Reserved concurrency above this is not honoured: the workers share one computer."""
_LAUNCH = Path(__file__).parent / "child" / "launch.py"


def client_name() -> str:
    """`awslambdaric` where AWS's client is installed (Linux), else `plain`, ours."""
    return "awslambdaric" if importlib.util.find_spec("awslambdaric") is not None else "plain"


def xray_header(traceparent: str | None) -> str:
    """An X-Ray tracing header with the ids of a W3C `traceparent`, or with a new root."""
    found = tracing.read([] if traceparent is None else [traceparent])
    root = (found or tracing.begin()).trace_id
    parent = f"Parent={found.parent_id};Sampled={int(found.sampled)}" if found else "Sampled=0"
    return f"Root=1-{root[:8]}-{root[8:]};{parent}"


class FunctionPool:
    """Runs functions in warm worker processes. An instance is an `Invoker` (see `api.py`).

    `aws_environment` gives the AWS settings (endpoint, credentials, region) of a function's workers. Output
    goes to `logs` under the function's name, decision lines to `events`. `limits.workers` is the concurrency
    of a function that reserves none. `client` names the runtime client (see `client_name`).
    """

    def __init__(
        self,
        functions: Iterable[Function],
        aws_environment: Callable[[Function], Mapping[str, str]],
        events: EventLog,
        *,
        logs: LogSink,
        limits: Limits | None = None,
        client: str | None = None,
    ) -> None:
        self._functions = {function.arn: function for function in functions}
        self._aws = aws_environment
        self._events = events
        self._logs = logs
        self._limits = limits or Limits()
        self._client = client or client_name()
        self._groups: dict[str, Group] = {}
        self._static: dict[str, bytes] = {}
        self._home: Scratch | None = None
        for function in self._functions.values():
            environment.check(function)
            logs.path(function.name)
            if not function.code.is_dir():
                raise FileNotFoundError(
                    f"function {function.name}: its code folder {function.code} is missing; synthesize again"
                )

    async def start(self, *, prewarm: bool = True) -> None:
        """Make ready to be invoked; with `prewarm`, return once every function has a worker or can get none.

        A module that cannot be loaded does not raise here: see `problems`. Every call to it fails.
        """
        loop = asyncio.get_running_loop()
        self._home = Scratch("functions")
        for arn, function in self._functions.items():
            self._groups[arn] = self._group(function, loop)
            self._static[arn] = (
                b"Lambda-Runtime-Invoked-Function-Arn: %s\r\ncontent-type: application/json\r\n"
                % arn.encode()
            )
        if prewarm:
            await asyncio.gather(*(group.prewarm() for group in self._groups.values()))

    async def stop(self) -> None:
        """Kill every worker and fail every caller still waiting. May be called twice."""
        await asyncio.gather(*(group.close() for group in self._groups.values()))
        if self._home is not None:
            self._home.remove()
            self._home = None

    def problems(self) -> dict[str, str]:
        """Functions that cannot be started, with the error type, by name."""
        return {
            group.name: group.init_error.error_type or "Runtime.Unknown"
            for group in self._groups.values()
            if group.init_error is not None
        }

    def pids(self, function_arn: str) -> list[int]:
        """The worker processes of a function."""
        return self._groups[function_arn].pids

    async def invoke(
        self,
        function_arn: str,
        payload: bytes,
        *,
        client_context: Mapping[str, Any] | None = None,
        trace: str | None = None,
    ) -> InvokeResult:
        """See `api.Invoker`. A qualified ARN (`…:function:name:alias`) is not known here and is refused."""
        group = self._groups.get(function_arn)
        if group is None:
            return documents.result(
                "error", "ResourceNotFoundException", f"Function not found: {function_arn}"
            )
        if len(payload) > MAX_PAYLOAD:
            message = f"Request must be smaller than {MAX_PAYLOAD} bytes for the InvokeFunction operation"
            return documents.result("too_large", "RequestTooLargeException", message)
        head = b"Lambda-Runtime-Trace-Id: %s\r\n%s" % (
            xray_header(trace).encode(),
            self._static[function_arn],
        )
        if client_context is not None:
            # ASCII-escaped JSON holds no line break, so it cannot add a header.
            context = json.dumps(client_context, separators=(",", ":")).encode("ascii")
            if len(context) > MAX_CLIENT_CONTEXT:
                message = f"Client context must be no more than {MAX_CLIENT_CONTEXT} bytes of JSON"
                return documents.result("error", "InvalidRequestContentException", message)
            head += b"Lambda-Runtime-Client-Context: %s\r\n" % context
        return await group.invoke(payload, head)

    __call__ = invoke

    # -- workers -----------------------------------------------------------------------------------------

    def _group(self, function: Function, loop: asyncio.AbstractEventLoop) -> Group:
        workers = (
            self._limits.workers if function.concurrency is None else min(function.concurrency, MOST_WORKERS)
        )
        limits = replace(self._limits, workers=workers)

        async def start(worker: Worker) -> None:
            await self._launch(function, worker)

        def line(text: bytes) -> None:
            self._line(function.name, text)

        return Group(function.name, function.timeout_seconds, limits, loop, start, line)

    async def _launch(self, function: Function, worker: Worker) -> None:
        if self._home is None:
            raise OSError("the pool has been stopped")
        address = await worker.listen()
        env = environment.worker_environment(
            function,
            aws=self._aws(function),
            home=self._home.path,
            runtime_api=address,
            stream=f"[$LATEST]{secrets.token_hex(16)}",
        )
        argv = (sys.executable, os.fspath(_LAUNCH), self._client, str(function.memory_mb), function.handler)
        await worker.launch(argv, env, function.code)

    def _line(self, name: str, text: bytes) -> None:
        if not text.strip():
            return
        event = decision(text)
        if event is not None:
            try:
                self._events.record({**event, "function": name})
                return
            except InvalidEvent:
                pass  # kept as an ordinary line
        self._logs.write(name, text)
