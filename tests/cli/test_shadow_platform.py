"""What `shadow` tells of a running platform: of its events, over its own control interface."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.__main__ import main
from localcloud.control import Control, create_control
from localcloud.functions.output import decision
from localcloud.telemetry.events import EventLog
from tests.cli.shadow_kit import FIND, Counter, by_cell, shadowed_shop
from tests.governance.conftest import Shop
from tests.local.gateway.serving import bound_socket, serving

KEY = "k" * 32


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return shadowed_shop(tmp_path)


def events_of(lines: list[str], capacity: int = 100) -> EventLog:
    """The platform's events of what its interceptor printed."""
    log = EventLog(capacity=capacity)
    for line in lines:
        event = decision(line.encode())
        assert event is not None
        log.record(event)
    return log


@contextmanager
def running(shop: Shop, events: EventLog, stage: str = "shop-dev", key: str = KEY) -> Iterator[None]:
    """A platform as far as its control interface goes, and its state file."""
    control = create_control(Control(KEY, lambda: {"stage": stage}, events, lambda _: None))
    listening = bound_socket()
    front = f"http://127.0.0.1:{listening.getsockname()[1]}"
    state = {
        "pid": os.getpid(),
        "stage": stage,
        "front": front,
        "gateway": front,
        "issuer": front,
        "key": key,
    }
    shop.write(f".airside/run/{stage}.json", json.dumps(state))
    with serving(control, listening):
        yield


def test_the_running_platforms_calls_are_counted(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    with running(shop, events_of(Counter(shop).busy())):
        assert main(["shadow", "--project", str(shop.root), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["decisions"], report["notes"]) == (8, [])
    found = by_cell(report)["auditor", FIND]
    assert (found["calls"], found["by_argument"]) == (4, {"sku": 2})
    assert found["first_seen"] is not None


def test_events_that_are_gone_are_not_passed_over(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    with running(shop, events_of(Counter(shop).busy(), capacity=3)):
        assert main(["shadow", "--project", str(shop.root)]) == 0
    told = capsys.readouterr()
    assert "3 decisions" in told.out
    assert "the platform has dropped older events" in told.err


def test_an_idle_platform_is_no_evidence(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    with running(shop, EventLog()):
        assert main(["shadow", "--project", str(shop.root)]) == 2
    assert "nothing to judge by" in capsys.readouterr().err


def test_no_platform_is_no_evidence(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor is one of another environment, or one whose key this is not."""
    lines = Counter(shop).busy()
    assert main(["shadow", "--project", str(shop.root)]) == 2
    with running(shop, events_of(lines), stage="shop-prod"):
        assert main(["shadow", "--project", str(shop.root)]) == 2
    with running(shop, events_of(lines), key="x" * 32):
        assert main(["shadow", "--project", str(shop.root)]) == 2
    assert capsys.readouterr().err.count("shop-dev does not run here. Start ./airside up") == 3
