"""For each module a browser, and for each test a server of its own that speaks the console's contract."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import browser
from tests.console.opening import Open, Opened, pages
from tests.console.stand_in import StandIn


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture
def server() -> Iterator[StandIn]:
    served = StandIn()
    yield served
    served.close()


@pytest.fixture
def browsing(chromium: Browser, server: StandIn) -> Iterator[tuple[Open, Opened]]:
    with pages(chromium) as (open_page, opened):
        yield open_page, opened
        assert opened.problems(server.url) == []


@pytest.fixture
def open_page(browsing: tuple[Open, Opened]) -> Open:
    return browsing[0]
