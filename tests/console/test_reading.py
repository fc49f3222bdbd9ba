"""Who sees little, has a small screen or waits for the page: axe-core's findings, the width, the first paint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cli.npm import NotInstalled
from tests.console import building, data
from tests.console.opening import Open, ask
from tests.console.stand_in import StandIn

pytestmark = pytest.mark.xdist_group("browser")

GRAVE = ("moderate", "serious", "critical")


@pytest.fixture(scope="module")
def axe() -> str:
    try:
        return (building.packages().parent / building.AXE).read_text(encoding="utf-8")
    except NotInstalled as problem:
        pytest.skip(f"axe-core is not installed, and npm could not: {problem}")


def _talked(page: Page, server: StandIn) -> None:
    server.answers["half"] = [data.words("Half"), StandIn.CUT]
    for prompt in (data.QUESTION_EN, "Give me miles", "half"):
        ask(page, prompt)
    page.get_by_role("button", name="Why?").click()
    expect(page.locator(".refusal li")).to_have_count(2)


def _access(page: Page, server: StandIn) -> None:
    page.goto(f"{server.url}/#/access/loyalty/{data.BOOK}")
    page.get_by_text("In the words of").press("Enter")
    expect(page.locator(".sentences li")).to_have_count(3)
    expect(page.locator(".latest tbody tr")).to_have_count(5)


def _asked(page: Page, server: StandIn) -> None:
    _access(page, server)
    page.get_by_role("button", name="Switch off: booking").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _trace(page: Page, server: StandIn) -> None:
    page.goto(f"{server.url}/#/traces/{data.TRACE}")
    page.get_by_role("button", name="tools/call").click()
    page.get_by_role("button", name="Show arguments").click()
    expect(page.locator("aside pre")).to_be_visible()


def _topology(page: Page, server: StandIn) -> None:
    page.goto(f"{server.url}/#/topology")
    page.get_by_role("button", name="gateway airline-dev").press("Enter")
    page.get_by_text("The same as a list").press("Enter")


def _traces(page: Page, server: StandIn) -> None:
    page.goto(f"{server.url}/#/traces")
    expect(page.locator("tbody tr")).to_have_count(2)


def _keyless(page: Page, server: StandIn) -> None:
    page.goto(f"{server.url}/#/access")
    server.restart("another-key")
    expect(page.get_by_label("Link or key")).to_be_visible()


VIEWS: list[Callable[[Page, StandIn], None]] = [_talked, _traces, _trace, _access, _topology, _asked]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 360)])
def test_a_view_keeps_someone_out(
    server: StandIn, open_page: Open, axe: str, scheme: str, width: int
) -> None:
    page = open_page(server.link, scheme=scheme, width=width, height=740)
    page.evaluate(axe)
    found = {"welcome": _findings(page, scheme == "dark")}
    for view in VIEWS:
        view(page, server)
        found[view.__name__] = _findings(page, scheme == "dark")
    if page.get_by_role("dialog").count():
        page.keyboard.press("Escape")
    _keyless(page, server)
    found["keyless"] = _findings(page, scheme == "dark")
    assert {name: grave for name, grave in found.items() if grave} == {}


def _findings(page: Page, dark: bool) -> list[str]:
    # Only tables and pictures scroll sideways, in a place of their own.
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
        "the page is wider than the screen"
    )
    # Dark differs from light in its colours alone.
    rules = ", runOnly: ['color-contrast']" if dark else ""
    result: dict[str, Any] = page.evaluate(f"axe.run(document, {{resultTypes: ['violations']{rules}}})")
    return [
        f"{each['id']}: {node['html'][:150]} {node['failureSummary'][:200]}"
        for each in result["violations"]
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]


def test_the_content_cannot_be_reached_at_once(server: StandIn, open_page: Open) -> None:
    page = open_page(server.link)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    assert page.url.endswith("#/chat")


def test_the_page_lets_one_wait_for_more_than_a_second(server: StandIn, open_page: Open) -> None:
    """The best of three, as a busy machine says nothing about the page."""
    page = open_page(server.link)
    # The observer also tells of a paint before it began to look.
    painted = """() => new Promise(done => new PerformanceObserver(list => {
        const paint = list.getEntriesByName('first-contentful-paint')[0];
        if (paint) done(paint.startTime);
    }).observe({type: 'paint', buffered: true}))"""
    times = []
    for _ in range(3):
        page.reload()
        page.locator("main").wait_for()
        times.append(page.evaluate(painted))
    assert min(times) < 1000


def test_the_page_has_no_heading_or_landmark_or_two_of_a_name(server: StandIn, open_page: Open) -> None:
    page = open_page(server.link)
    assert [page.locator(each).count() for each in ("h1", "main", "header", "[role=tablist]")] == [1, 1, 1, 1]
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(ids) == len(set(ids))
