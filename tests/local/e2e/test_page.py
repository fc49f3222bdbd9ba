"""The console's page in a browser over a running airline, from signing in to the trace of what came of it.

The pictures of the README are made on the way: `AIRSIDE_PICTURES=docs/images` and this file alone write them.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from cli.console import link
from localcloud.client import PlatformClient, find
from tests.browser import browser
from tests.console.opening import Open, ask, pages
from tests.local.e2e.conftest import Command, down, library_copy, up
from tests.local.e2e.relay import relay

pytestmark = pytest.mark.xdist_group("airline")

SEARCH = "flights-api___search_flights"
PATIENCE = 60_000
"""Milliseconds: agents start with their first request, on a machine that has other things to do."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture
def open_page(chromium: Browser, client: PlatformClient) -> Iterator[Open]:
    with pages(chromium) as (opening, opened):

        def patient(url: str, **more: object) -> Page:
            page = opening(url, **more)
            page.set_default_timeout(PATIENCE)
            return page

        yield patient
        port = urlsplit(client.front).port
        own = (f"http://localhost:{port}", f"http://127.0.0.1:{port}", client.issuer)
        assert opened.problems(*own) == []


@pytest.fixture
def home(client: PlatformClient) -> str:
    found = link(client)
    assert found is not None
    return found


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[Page, str, int], None]:
    """Makes a picture of what is seen, this many pixels high."""
    folder = Path(os.environ.get("AIRSIDE_PICTURES") or tmp_path)

    def take(page: Page, name: str, height: int) -> None:
        page.mouse.move(0, 0)
        page.set_viewport_size({"width": 1280, "height": height})
        page.screenshot(path=folder / f"{name}.png")

    return take


def sign_in(page: Page, user: str) -> None:
    page.get_by_role("banner").get_by_role("button", name=re.compile("Sign in|로그인")).click()
    page.get_by_role("textbox").fill(user)
    page.keyboard.press("Enter")
    expect(page.locator(".user .name")).to_have_text(user, timeout=PATIENCE)


def booked(page: Page, answer: Locator, label: str) -> str:
    """Books the first offer of an answer by its card; the booking's number."""
    expect(answer.locator(".card")).to_have_count(3)
    before = page.locator(".answer").count()
    answer.get_by_role("button", name=re.compile(label)).first.click()
    page.locator(".answer[aria-busy=false]").nth(before).wait_for()
    found = re.search(r"\bB[0-9A-Z]{8}\b", page.locator(".answer").nth(before).locator(".words").inner_text())
    assert found, page.locator(".answer").nth(before).inner_text()
    return found[0]


def traced(page: Page, answer: Locator) -> list[str]:
    """The services and layers in the trace of an answer, once it is whole."""
    answer.locator(".to-trace").click()
    expect(page.locator(".waterfall tbody tr").nth(5)).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".page-head .badge")).to_have_count(0, timeout=PATIENCE)
    return [each.replace("\n", " ") for each in page.locator(".waterfall tbody th").all_inner_texts()]


@pytest.mark.parametrize(
    ("locale", "user", "question", "label"),
    [
        ("ko-KR", "C1030", "내일 인천에서 나리타 가는 항공편 찾아 줘", "이 항공편 예약"),
        ("en-US", "C1031", "Find me a flight from ICN to NRT tomorrow", "Book this flight"),
    ],
)
def test_a_customer_cannot_sign_in_find_a_flight_and_book_it(
    open_page: Open,
    home: str,
    picture: Callable[[Page, str, int], None],
    locale: str,
    user: str,
    question: str,
    label: str,
) -> None:
    page = open_page(home, locale=locale)
    sign_in(page, user)
    page.get_by_role("button", name=question).click()
    page.locator(".answer[aria-busy=false]").wait_for()
    expect(page.locator(".card")).to_have_count(3)
    if locale == "en-US":
        picture(page, "chat", 890)
    number = booked(page, page.locator(".answer"), label)
    bookings = {"ko-KR": "내 예약 보여 줘", "en-US": "Show my bookings"}[locale]
    assert number in ask(page, bookings).locator(".words").inner_text()
    steps = traced(page, page.locator(".answer").nth(1))
    assert [
        each
        for each in (
            "invoke_agent orchestrator",
            "invoke_agent booking",
            "authorizer",
            "interceptor",
            "policy",
        )
        if not any(each in step for step in steps)
    ] == []
    page.get_by_role("button", name="tools/call create_booking").click()
    details = page.locator("aside")
    expect(details).to_contain_text("systems/airline/agents/booking.yaml")
    if locale == "en-US":
        picture(page, "trace", 700)
    assert "SAVER" not in page.locator("main").inner_html(), (
        "what is booked stands in the arguments, which nobody asked for"
    )
    details.get_by_role("button").click()
    expect(details.locator("pre")).to_contain_text(user)


def test_a_question_for_three_agents_is_not_shown_as_one_request(
    open_page: Open, home: str, picture: Callable[[Page, str, int], None]
) -> None:
    page = open_page(home, scheme="dark")
    # A guest's session is nobody else's: who signs in is answered all the same.
    ask(page, "Hello")
    sign_in(page, "C1001")
    answer = ask(page, "I want to change my booking, what will it cost?")
    assert "change fee" in answer.locator(".words").inner_text()
    assert {"booking", "loyalty", "policy"} < set(answer.locator(".step .agent").all_inner_texts())
    steps = traced(page, answer)
    for agent in ("orchestrator", "booking", "loyalty", "policy"):
        assert any(f"invoke_agent {agent}" in step for step in steps), agent
    page.get_by_role("tab", name="Topology").click()
    page.get_by_role("button", name="gateway airline-dev").press("Enter")
    expect(page.locator("aside")).to_contain_text(re.compile(r"loyalty calls [1-9]"))
    picture(page, "topology", 640)


def test_a_refusal_is_not_explained_where_it_is_met(
    open_page: Open,
    home: str,
    airline: Command,
    client: PlatformClient,
    picture: Callable[[Page, str, int], None],
) -> None:
    page = open_page(home)
    # An agent that has not seen the tool before it is switched off never asks for it.
    ask(page, "Find me a flight from ICN to NRT tomorrow")
    page.get_by_role("tab", name="Access").click()
    try:
        page.get_by_role("button", name=f"Switch off: {SEARCH}").click()
        page.get_by_role("dialog").get_by_role("textbox").fill("shown by a test")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name=f"Switch on: {SEARCH}")).to_be_visible(timeout=PATIENCE)
        page.get_by_role("tab", name="Chat").click()
        answer = ask(page, "Find me a flight from ICN to NRT tomorrow")
        assert answer.locator(".card").count() == 0
        answer.get_by_role("button", name="Why?").click()
        expect(answer.locator(".refusal li").last).to_contain_text("switched_off")
        steps = traced(page, answer)
        assert any("refused" in step for step in steps)
        page.get_by_role("button", name="tools/call search_flights").click()
        expect(page.locator("aside")).to_contain_text("switched off by the kill switch")
        page.get_by_role("tab", name="Access").click()
        page.get_by_label("Refused only").check()
        expect(page.locator(".latest tbody tr").first).to_contain_text("switched_off")
        page.get_by_role("button", name=f"Switch on: {SEARCH}").click()
        page.get_by_role("dialog").get_by_role("button", name="Switch on").click()
        expect(page.get_by_role("button", name=f"Switch off: {SEARCH}")).to_be_visible(timeout=PATIENCE)
        page.get_by_role("link", name=f"booking, {SEARCH}").click()
        expect(page.locator("aside .layers li")).to_have_count(3)
        page.evaluate("scrollTo(0, 0)")
        picture(page, "access", 810)
        assert [each["subject"] for each in client.status()["switches"] if each["off"]] == []
    finally:
        if any(each["off"] for each in client.status()["switches"]):
            airline.run("switch", "on", "--tool", SEARCH)


def test_a_name_that_nobody_has_signs_in(open_page: Open, home: str) -> None:
    page = open_page(home)
    page.get_by_role("banner").get_by_role("button", name="Sign in").click()
    page.get_by_role("textbox").fill("C9999")
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_contain_text("C9999", timeout=PATIENCE)
    assert urlsplit(page.url).path.endswith("/oauth2/authorize")


def test_a_connection_that_breaks_in_the_middle_of_an_answer_loses_it_or_hides_it(
    chromium: Browser, client: PlatformClient
) -> None:
    port = urlsplit(client.front).port
    assert port is not None
    with relay(port) as way, pages(chromium) as (opening, opened):
        page = opening(f"http://localhost:{way.port}/#key={client.key}")
        page.set_default_timeout(PATIENCE)
        expect(page.locator(".link-live")).to_be_visible(timeout=PATIENCE)
        # Behind the first step that the agent tells of; what it does with it goes on.
        way.hold = b'"status": "started"}\n\n'
        page.get_by_role("textbox").fill("Find me a flight from ICN to NRT tomorrow")
        page.keyboard.press("Enter")
        answer = page.locator(".answer")
        expect(answer.locator(".step")).to_contain_text("running", timeout=PATIENCE)
        way.broken.set()
        expect(answer.get_by_role("alert")).to_contain_text("broke off")
        expect(answer.get_by_role("alert")).to_contain_text("may already have taken effect")
        expect(answer.locator(".step")).to_contain_text("call_booking_agent")
        answer.get_by_role("button", name="Ask again").click()
        page.locator(".answer[aria-busy=false]").nth(1).wait_for()
        expect(page.locator(".card")).to_have_count(3)
        assert page.get_by_role("alert").count() == 0
        assert opened.problems(f"http://localhost:{way.port}") == []


def test_a_platform_that_is_started_again_under_an_open_page_is_not_found_again(
    chromium: Browser, tmp_path: Path, library_assembly: Path
) -> None:
    command = Command(library_copy(tmp_path / "library", library_assembly))
    process = up(command)
    try:
        first = find(command.project, "library-dev")
        assert first is not None
        port = urlsplit(first.front).port
        with pages(chromium) as (opening, _):
            page = opening(f"{link(first)}&/access")
            page.set_default_timeout(PATIENCE)
            expect(page.locator(".link-live")).to_be_visible(timeout=PATIENCE)
            expect(page.get_by_role("heading", name="Who may call what")).to_be_visible(timeout=PATIENCE)
            down(process)
            expect(page.locator(".link-waiting")).to_be_visible(timeout=PATIENCE)
            process = up(command, "--port", str(port))
            expect(page.get_by_role("heading", name="The platform was started again")).to_be_visible(
                timeout=PATIENCE
            )
            second = find(command.project, "library-dev")
            assert second is not None
            assert second.key != first.key
            page.get_by_label("Link or key").fill(link(second) or "")
            page.keyboard.press("Enter")
            expect(page.locator(".link-live")).to_be_visible(timeout=PATIENCE)
            expect(page.get_by_role("heading", name="Who may call what")).to_be_visible(timeout=PATIENCE)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.communicate(timeout=60)
