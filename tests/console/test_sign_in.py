"""Who one is: signing in and out, the operator's key, and what happens when either is no longer taken."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.console import data
from tests.console.opening import Open, ask
from tests.console.stand_in import StandIn

pytestmark = pytest.mark.xdist_group("browser")


def sign_in(page: Page, user: str = "C1001") -> None:
    page.get_by_role("banner").get_by_role("button", name="Sign in").click()
    expect(page.locator(".user .name")).to_have_text(user)


def test_the_key_stays_in_the_address_or_outlives_the_tab(server: StandIn, open_page: Open) -> None:
    page = open_page(server.link)
    expect(page.locator(".link-live")).to_be_visible()
    assert page.url == f"{server.url}/#/chat"
    assert page.evaluate("history.length") <= 2
    assert server.key not in page.content()
    assert server.key not in page.evaluate("JSON.stringify(localStorage)")


def test_without_a_key_the_operators_views_do_not_say_where_it_comes_from(
    server: StandIn, open_page: Open
) -> None:
    page = open_page(f"{server.url}/#/access")
    assert "airside up" in page.locator("main").inner_text()
    page.get_by_label("Link or key").fill("no key!")
    page.get_by_role("button", name="Use this key").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Link or key").fill(server.link)
    page.get_by_role("button", name="Use this key").click()
    expect(page.get_by_role("heading", name="Who may call what")).to_be_visible()


def test_someone_without_key_and_sign_in_can_ask(server: StandIn, open_page: Open) -> None:
    page = open_page(server.url)
    page.get_by_role("button", name=data.QUESTION_EN).click()
    page.get_by_role("textbox").press("Enter")
    assert page.get_by_role("button", name="Send").is_disabled()
    assert server.asked == []


def test_signing_in_loses_the_conversation_or_leaves_the_code_in_the_address(
    server: StandIn, open_page: Open
) -> None:
    page = open_page(server.link)
    ask(page, data.QUESTION_EN)
    sign_in(page)
    assert page.url == f"{server.url}/#/chat"
    assert page.locator(".exchange").count() == 1
    # What a guest was offered is not remembered where a customer asks.
    assert page.locator(".card button:enabled").count() == 0
    page.reload()
    expect(page.locator(".card button")).to_have_count(3)
    assert page.get_by_role("alert").count() == 0
    assert ask(page, "as a customer").get_by_role("alert").count() == 0
    expect(page.locator(".anew")).to_have_count(1)
    assert server.asked[0]["session_id"] != server.asked[1]["session"]
    assert "customer" in server.asked[0]
    assert "customer" not in server.asked[1], "the token says who asks"
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("banner").get_by_role("button", name="Sign in")).to_be_visible()
    kept = page.evaluate("JSON.stringify(sessionStorage)")
    assert "tokens" not in kept
    assert "as a customer" not in kept
    assert page.locator(".exchange").count() == 0


@pytest.mark.parametrize("address", ["/?code=x&state=of-another", "/?error=access_denied&state=none"])
def test_a_sign_in_that_this_tab_did_not_begin_is_taken(
    server: StandIn, open_page: Open, address: str
) -> None:
    page = open_page(server.url + address)
    expect(page.get_by_role("alert")).to_contain_text("not begun in this tab")
    assert page.url == f"{server.url}/#/chat"
    assert page.locator(".user .name").count() == 0


def test_an_answer_of_another_sign_in_is_taken(server: StandIn, open_page: Open) -> None:
    page = open_page(server.link)
    # The stand-in answers with the code as the nonce, so another code is another sign-in's.
    page.route(
        "**/token",
        lambda route: route.continue_(post_data=(route.request.post_data or "").replace("code=", "code=x")),
    )
    page.get_by_role("banner").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not begun in this tab")
    assert page.locator(".user .name").count() == 0


def test_a_token_that_is_no_longer_taken_makes_a_guest_of_a_customer_or_loses_the_conversation(
    server: StandIn, open_page: Open
) -> None:
    page = open_page(server.link)
    sign_in(page)
    ask(page, "before")
    server.token = "another"
    answer = ask(page, "after")
    page.reload()
    expect(page.get_by_role("alert").first).to_contain_text("has expired")
    answer = page.locator(".answer").last
    assert "no longer takes your sign-in" in answer.inner_text()
    ask(page, "and again")
    assert [each["prompt"] for each in server.asked] == ["before"]
    page.get_by_role("banner").get_by_role("button", name="Sign in again").click()
    expect(page.locator(".user .name")).to_have_text("C1001")
    assert page.locator(".exchange").count() == 3
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator(".answer").last.locator(".words")).to_be_visible()
    assert server.asked[-1]["prompt"] == "and again"
    assert "customer" not in server.asked[-1]


def test_a_platform_that_was_started_again_is_asked_over_and_over_or_not_told_of(
    server: StandIn, open_page: Open
) -> None:
    page = open_page(server.link)
    ask(page, "before")
    page.goto(f"{server.url}/#/access")
    expect(page.get_by_role("heading", name="Who may call what")).to_be_visible()
    server.restart("key-of-the-second-start")
    expect(page.get_by_role("heading", name="The platform was started again")).to_be_visible()
    expect(page.locator(".link-refused")).to_be_visible()
    tried = server.refused
    # The page has nothing to wait for: an hour later it has still asked nothing more.
    page.clock.install()
    page.clock.fast_forward("01:00:00")
    assert server.refused == tried
    page.get_by_label("Link or key").fill(server.link)
    page.keyboard.press("Enter")
    expect(page.locator(".link-live")).to_be_visible()
    page.get_by_role("tab", name="Chat").click()
    assert page.locator(".exchange").count() == 1
    ask(page, "after")


def test_a_key_that_is_no_longer_taken_is_not_told_of_in_the_conversation(
    server: StandIn, open_page: Open
) -> None:
    page = open_page(server.link)
    expect(page.locator(".link-live")).to_be_visible()
    server.key = "another-key"
    answer = ask(page, "x")
    assert "no longer takes this page’s key" in answer.get_by_role("alert").inner_text()
    assert (
        "airside" in answer.get_by_role("alert").inner_text()
        or "console" in answer.get_by_role("alert").inner_text()
    )


def test_a_connection_that_ends_is_not_taken_up_where_it_was(server: StandIn, open_page: Open) -> None:
    page = open_page(f"{server.url}/#key={server.key}&/access")
    rows = page.locator(".latest tbody tr")
    expect(rows).to_have_count(len(data.EVENTS))
    page.clock.install()
    server.drop()
    expect(page.locator(".link-waiting")).to_be_visible()
    server.happen({**data.EVENTS[0], "reason": "after the break"})
    page.clock.fast_forward("00:20")
    expect(rows).to_have_count(len(data.EVENTS) + 1)
    assert server.follows == ["0", str(len(data.EVENTS))]


def test_a_platform_without_room_is_asked_again_at_once(server: StandIn, open_page: Open) -> None:
    server.busy = True
    page = open_page(server.link)
    expect(page.locator(".link-waiting")).to_be_visible()
    page.clock.install()
    for _ in range(6):
        with page.expect_response("**/events/stream*"):
            page.clock.fast_forward("00:20")
        expect(page.locator(".link-waiting")).to_be_visible()
    # By now it waits for twelve seconds and more.
    before = len(server.follows)
    page.clock.fast_forward("00:02")
    page.evaluate("fetch('/config.json').then(answer => answer.text())")
    assert len(server.follows) == before


def test_a_deployed_page_offers_what_only_an_operator_of_this_machine_has(
    server: StandIn, open_page: Open
) -> None:
    server.config |= {"control": None, "local": False}
    page = open_page(f"{server.url}/#/access")
    assert page.get_by_role("tab").count() == 0
    sign_in(page)
    answer = ask(page, data.QUESTION_EN)
    assert answer.locator(".card").count() == 3
    assert answer.get_by_role("link").count() == 0


def test_a_server_without_a_configuration_leaves_an_empty_page(server: StandIn, open_page: Open) -> None:
    good = dict(server.config)
    server.config = {"version": 99}
    page = open_page(server.link)
    expect(page.get_by_role("heading", name="could not be loaded")).to_be_visible()
    server.config = good
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("textbox")).to_be_visible()


def test_a_conversation_is_seen_or_gone_on_with_by_another_user(server: StandIn, open_page: Open) -> None:
    page = open_page(server.link)
    sign_in(page)
    ask(page, "of the first")
    server.token, server.user = "another", "C1002"
    ask(page, "refused")
    page.get_by_role("banner").get_by_role("button", name="Sign in again").click()
    expect(page.locator(".user .name")).to_have_text("C1002")
    assert page.locator(".exchange").count() == 0
    ask(page, "of the second")
    assert [each["prompt"] for each in server.asked] == ["of the first", "of the second"]
    first, second = (each["session"] for each in server.asked)
    assert first != second


def test_a_system_without_users_asks_one_to_sign_in(server: StandIn, open_page: Open) -> None:
    server.config["users"] = None
    page = open_page(server.url)
    assert "beside “console”" in page.locator(".welcome").inner_text()
    assert page.get_by_role("button", name="Sign in").count() == 0
    page.goto(server.link)
    ask(page, "with the key")
    assert server.asked[-1]["customer"] is None


def test_a_refusal_of_the_agent_is_taken_for_one_of_the_key(server: StandIn, open_page: Open) -> None:
    server.closed_to.add("x")
    page = open_page(server.link)
    expect(page.locator(".link-live")).to_be_visible()
    alert = ask(page, "x").get_by_role("alert").inner_text()
    assert "you may not use this agent" in alert
    assert "Not allowed here." in alert
    expect(page.locator(".link-live")).to_be_visible()


def test_the_same_link_opened_again_empties_the_latest_decisions(server: StandIn, open_page: Open) -> None:
    page = open_page(f"{server.url}/#key={server.key}&/access")
    expect(page.locator(".latest tbody tr")).to_have_count(len(data.EVENTS))
    page.evaluate("link => location.assign(link)", f"{server.url}/#key={server.key}&/access")
    page.wait_for_url(f"{server.url}/#/access")
    server.happen(data.EVENTS[0])
    expect(page.locator(".latest tbody tr")).to_have_count(len(data.EVENTS) + 1)
    assert server.follows == ["0"]


def test_tabs_in_the_background_leave_no_connection_for_the_one_in_front(
    server: StandIn, open_page: Open
) -> None:
    """A browser has six connections to one server, for all its tabs."""
    page = open_page(f"{server.url}/#key={server.key}&/access")
    rows = page.locator(".latest tbody tr")
    expect(rows).to_have_count(len(data.EVENTS))
    see = """hidden => {
        Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
        document.dispatchEvent(new Event('visibilitychange'));
    }"""
    with page.expect_event("requestfailed", lambda request: "events/stream" in request.url):
        page.evaluate(see, True)
    server.happen(data.EVENTS[0])
    page.evaluate("fetch('/config.json').then(answer => answer.text())")
    assert (rows.count(), len(server.follows)) == (len(data.EVENTS), 1)
    page.evaluate(see, False)
    expect(rows).to_have_count(len(data.EVENTS) + 1)
    assert server.follows == ["0", str(len(data.EVENTS))]


def test_a_page_that_was_put_aside_forgets_the_sign_in_or_writes_over_the_conversation_since(
    server: StandIn, open_page: Open
) -> None:
    page = open_page(server.link)
    ask(page, "before")
    since = page.evaluate("sessionStorage.getItem('airside.chat')").replace("before", "since then")
    page.evaluate("since => sessionStorage.setItem('airside.chat', since)", since)
    with page.expect_navigation():
        # The tests' browser keeps no pages, so it is told so.
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(page.locator(".asked p")).to_have_text("since then")


def test_words_that_cannot_be_fetched_leave_an_empty_page_or_one_without_words(
    server: StandIn, open_page: Open
) -> None:
    page = open_page(server.link)
    page.route("**/ko-*.js", lambda route: route.abort())
    page.get_by_role("button", name="한국어").click()
    page.evaluate("fetch('/config.json').then(answer => answer.text())")
    expect(page.get_by_role("tab").first).to_have_text("Chat")
    page.route("**/en-*.js", lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("could not be loaded")
    page.unroute("**/en-*.js")
    page.get_by_role("button", name="Reload").click()
    expect(page.get_by_role("tab").first).to_have_text("Chat")
