"""Threads for blocking clients, which must not keep the process from ending.

A model's or a delegate's answer is read in a thread, and a read cannot be interrupted: it ends with the
next byte or the read timeout. Python waits for such threads in three places on its way out. Deployed,
that would turn a stop within seconds into a kill.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from opentelemetry import trace

NAME = "agent-worker"
SIZE = 64
"""A model stream and several delegates per request wait in one thread each."""


class Workers(ThreadPoolExecutor):
    """An event loop's default executor whose end waits for nothing."""

    def __init__(self) -> None:
        super().__init__(SIZE, NAME)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        super().shutdown(wait=False, cancel_futures=True)


def leave(status: int, *, patience: float = 0.5) -> None:
    """End the process with `status`; at once where a worker still reads after `patience` seconds.

    Otherwise raises SystemExit, and Python ends in the ordinary way.
    """
    deadline = time.monotonic() + patience
    for thread in threading.enumerate():
        if thread.name.startswith(NAME):
            thread.join(max(0.0, deadline - time.monotonic()))
    if any(thread.name.startswith(NAME) for thread in threading.enumerate()):
        # What exit handlers would have done for us: the spans and lines not yet written.
        shutdown = getattr(trace.get_tracer_provider(), "shutdown", None)
        if shutdown is not None:
            shutdown()
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    raise SystemExit(status)
