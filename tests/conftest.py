"""What every test shares."""

from __future__ import annotations

import gc
import os
import signal

import pytest
from hypothesis import settings

# A run that a shell started in the background ignores Ctrl-C, and so would every command the tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
# So with `nohup`: the run goes on, but what it starts hears its terminal close.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda number, frame: None)

# What the person who runs the tests has set for their own work is no part of them.
for _name in [
    name for name in os.environ if name.startswith(("AIRSIDE_PROJECT", "AIRSIDE_USER_TOKEN", "AWS_", "OTEL_"))
]:
    del os.environ[_name]

# A proxy for the world outside (npm needs it) has nothing to do with stand-ins on loopback.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = ",".join(
    filter(None, (os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), "127.0.0.1,localhost"))
)

# How long an example takes is the machine's business: a test that fails on a busy one teaches nothing.
# The same examples in every run: red means that a change did it. `--hypothesis-profile=explore` draws new ones.
settings.register_profile("airside", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, derandomize=False, print_blob=True)
settings.load_profile("airside")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio, as the platform does."""
    return "asyncio"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first: one that starts last would keep one worker busy and the others idle."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """What was collected stays until the end: looking through it again and again for garbage would find none.

    Measured: a fifteenth of the processor time of tests that are short.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
