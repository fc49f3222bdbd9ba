"""The operator's views: traces, access with the switches, topology."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.console import data
from tests.console.opening import Open
from tests.console.stand_in import StandIn

pytestmark = pytest.mark.xdist_group("browser")


def test_arguments_are_read_before_they_are_asked_for(server: StandIn, open_page: Open) -> None:
    page = open_page(f"{server.url}/#key={server.key}&/traces")
    page.get_by_role("row").filter(has_text="booking").get_by_role("link").click()
    expect(page.locator(".waterfall tbody tr")).to_have_count(14)
    page.get_by_role("button", name="tools/call").click()
    expect(page.get_by_role("button", name="Show arguments")).to_be_visible()
    assert "ICN" not in page.content()
    assert [path for path in server.looked if "arguments" in path] == []
    page.get_by_role("button", name="Show arguments").click()
    expect(page.locator("aside pre")).to_contain_text("ICN")
    page.get_by_role("button", name="Hide arguments").click()
    assert "ICN" not in page.content()


def test_a_step_does_not_say_who_decided_and_by_which_line(server: StandIn, open_page: Open) -> None:
    page = open_page(f"{server.url}/#key={server.key}&/traces/{data.TRACE}")
    page.get_by_role("button", name="interceptor").press("Enter")
    details = page.locator("aside")
    expect(details.locator("h4").first).to_contain_text("allowed")
    expect(details).to_contain_text(data.GRANT)
    details.get_by_role("link", name="Open in Access").click()
    expect(page.locator("aside h3")).to_contain_text("booking")


def test_a_trace_or_a_request_that_is_not_kept_leaves_an_empty_view(server: StandIn, open_page: Open) -> None:
    page = open_page(f"{server.url}/#key={server.key}&/traces/{'0' * 32}")
    expect(page.get_by_role("alert")).to_contain_text("no longer, kept")
    server.control["traces"] = {"traces": []}
    page.get_by_role("link", name="All requests").click()
    expect(page.get_by_role("heading", name="No request yet")).to_be_visible()
    page.get_by_role("link", name="Ask something").click()
    expect(page.get_by_role("textbox")).to_be_visible()


def test_a_cell_is_not_live_or_does_not_say_why(server: StandIn, open_page: Open) -> None:
    page = open_page(f"{server.url}/#key={server.key}&/access")
    cell = page.get_by_role(
        "link", name=f"booking, {data.SEARCH}: allowed. 12 allowed, 0 refused, 2 in shadow"
    )
    cell.click()
    details = page.locator("aside")
    expect(details.locator(".layers li")).to_have_count(3)
    details.get_by_text("In the words of").press("Enter")
    expect(details.locator(".sentences li")).to_have_count(3)
    expect(details).to_contain_text(data.GRANT)
    (counted,) = (
        each["counts"]
        for each in server.control["access"]["cells"]
        if (each["agent"], each["tool"]) == ("booking", data.SEARCH)
    )
    counted["allowed"] = 13
    server.happen(data.EVENTS[1])
    expect(page.get_by_role("link", name=f"booking, {data.SEARCH}: allowed. 13 allowed")).to_be_visible()


def test_the_latest_decisions_cannot_be_filtered_or_do_not_come_by_themselves(
    server: StandIn, open_page: Open
) -> None:
    page = open_page(f"{server.url}/#key={server.key}&/access")
    rows = page.locator(".latest tbody tr")
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text("not_granted")
    page.get_by_label("Refused only").check()
    expect(rows).to_have_count(1)
    server.happen({**data.EVENTS[4], "agent": "policy"})
    expect(rows).to_have_count(2)
    page.get_by_label("Filter by agent").fill("policy not_gr")
    expect(rows).to_have_count(1)
    page.get_by_label("Filter by agent").fill("nothing like it")
    expect(page.locator(".latest")).to_contain_text("No decision matches")


def test_a_switch_is_thrown_without_a_question_or_a_reason(server: StandIn, open_page: Open) -> None:
    page = open_page(f"{server.url}/#key={server.key}&/access")
    off = page.get_by_role("button", name="Switch off: booking")
    off.click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(off).to_be_focused()
    off.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    dialog.get_by_role("button", name="Switch off").click()
    assert server.asked == [], "a reason is needed"
    dialog.get_by_role("textbox").fill("quotes wrong prices")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Switch on: booking")).to_be_visible()
    assert server.asked == [
        {"kind": "agent", "subject": "booking", "off": True, "reason": "quotes wrong prices"}
    ]
    expect(page.locator("p[role=status].unseen")).to_have_text("booking is off.")
    expect(page.locator(".matrix thead")).to_contain_text("off")


def test_the_picture_cannot_be_read_by_keyboard_or_in_words(server: StandIn, open_page: Open) -> None:
    page = open_page(f"{server.url}/#key={server.key}&/topology")
    gateway = page.get_by_role("button", name="gateway airline-dev")
    gateway.press("Enter")
    expect(gateway).to_have_attribute("aria-pressed", "true")
    details = page.locator("aside")
    expect(details).to_contain_text("routes to flights-api")
    expect(details).to_contain_text("booking calls 1×")
    server.happen(data.EVENTS[0])
    expect(details).to_contain_text("booking calls 2×")
    page.get_by_text("The same as a list").press("Enter")
    assert page.locator(".as-list > ul > li").count() == len(data.topology()["nodes"])
    expect(page.locator(".as-list")).to_contain_text("leaves to flights")


def test_the_way_to_a_view_is_not_kept_in_the_address(server: StandIn, open_page: Open) -> None:
    page = open_page(server.link)
    page.get_by_role("tab", name="Chat").focus()
    for key, name in (
        ("ArrowRight", "Traces"),
        ("End", "Topology"),
        ("ArrowRight", "Chat"),
        ("ArrowLeft", "Topology"),
    ):
        page.keyboard.press(key)
        expect(page.get_by_role("tab", selected=True)).to_have_text(name)
        expect(page.get_by_role("tab", name=name)).to_be_focused()
    assert page.url.endswith("#/topology")
    page.reload()
    expect(page.get_by_role("tab", selected=True)).to_have_text("Topology")
    page.go_back()
    expect(page.get_by_role("tab", selected=True)).to_have_text("Chat")


def test_a_language_cannot_be_chosen_or_is_forgotten(server: StandIn, open_page: Open) -> None:
    page = open_page(server.link, locale="ko-KR")
    assert page.locator("html").get_attribute("lang") == "ko"
    assert page.get_by_role("tab").all_inner_texts() == ["대화", "추적", "접근 권한", "구성도"]
    page.get_by_role("button", name="EN, English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.reload()
    expect(page.get_by_role("tab").first).to_have_text("Chat")
    assert page.title() == "Chat · Airline customer service"


@pytest.mark.parametrize("width", [360, 1280])
def test_what_was_chosen_is_out_of_sight_or_the_page_jumps(
    server: StandIn, open_page: Open, width: int
) -> None:
    page = open_page(f"{server.url}/#key={server.key}&/access", width=width)
    page.locator("a.cell").first.click()
    expect(page.locator("aside h3")).to_be_in_viewport()
    assert (page.evaluate("scrollY") > 0) == (width == 360)


@pytest.mark.parametrize(
    ("place", "chosen", "told"),
    [
        (f"traces/{data.TRACE}/{8:016x}", "tr.chosen", "Show arguments"),
        ("access/booking/customer-mcp___create_booking", "a.cell[aria-current]", "create_booking"),
        ("topology/gateway%3Aairline-dev", ".node.is-chosen", "routes to flights-api"),
    ],
)
def test_a_link_to_what_somebody_looks_at_leads_elsewhere(
    server: StandIn, open_page: Open, place: str, chosen: str, told: str
) -> None:
    page = open_page(f"{server.url}/#key={server.key}&/{place.partition('/')[0]}")
    page.goto(f"{server.url}/#/{place}")
    for again in (False, True):
        if again:
            page.reload()
        expect(page.locator("aside")).to_contain_text(told)
        expect(page.locator(chosen)).to_have_count(1)
        assert page.url == f"{server.url}/#/{place}"


def test_a_step_that_was_chosen_is_not_in_the_address_or_in_the_way_back(
    server: StandIn, open_page: Open
) -> None:
    page = open_page(f"{server.url}/#key={server.key}&/traces")
    page.get_by_role("row").filter(has_text="booking").get_by_role("link").click()
    expect(page.locator("main")).to_be_focused()
    page.get_by_role("button", name="tools/call").click()
    assert page.url.endswith(f"#/traces/{data.TRACE}/{8:016x}")
    page.get_by_role("button", name="interceptor").click()
    page.go_back()
    expect(page.get_by_role("heading", name="Requests")).to_be_visible()


def test_why_a_cell_is_as_it_is_stays_english_in_the_korean_view(server: StandIn, open_page: Open) -> None:
    page = open_page(f"{server.url}/#key={server.key}&/access/loyalty/{data.BOOK}", locale="ko-KR")
    layers, sentences = page.locator("aside .layers li"), page.locator("aside .sentences li")
    expect(layers.nth(1)).to_contain_text("조건: customer_id = 로그인한 사용자의 username")
    expect(layers.last).to_have_text("거절정책 엔진 허용하는 정책이 없습니다a line")
    expect(page.locator("aside")).to_contain_text("효과 쓰기, 데이터 개인정보, 외부 전송 없음")
    page.locator("aside summary").press("Enter")
    expect(sentences).to_have_count(4)
    expect(sentences.first).to_contain_text("거절: loyalty → customer-mcp___create_booking")
    expect(sentences.last).to_have_text("정책 엔진: 거절, 허용하는 정책이 없습니다 (a line)")
    page.get_by_role("button", name="EN, English").click()
    expect(sentences.last).to_have_text("The policy engine would refuse as well: no permit names it.")
    expect(layers.last).to_have_text("refusedpolicy engine no policy permits ita line")


def test_a_cell_that_a_switch_has_stopped_is_told_of_as_allowed(server: StandIn, open_page: Open) -> None:
    off = {"layer": "switch", "effect": "deny", "because": "Off: wrong prices", "source": "p"}
    told = server.control["explain"]
    (tool,) = (each for each in server.control["access"]["tools"] if each["name"] == data.SEARCH)
    tool["data"] = None
    told["layers"] = [off, {**off, "because": "Off: drill"}, *told["layers"]]
    page = open_page(f"{server.url}/#key={server.key}&/access/booking/{data.SEARCH}")
    expect(page.locator("aside .layers li")).to_have_count(5)
    expect(page.locator("aside .layers li").nth(1)).to_have_text("refusedkill switch Off: drillp")
    expect(page.locator("aside p > .badge")).to_have_text("refused")
    expect(page.locator(".legend li")).to_have_count(5)
    server.control["access"]["cells"][0]["effect"] = "unknown"
    server.happen(data.EVENTS[0])
    expect(page.locator(".legend li").nth(3)).to_have_text("unknown")
    expect(page.locator("aside")).to_contain_text("Effect read, data undeclared, egress external")


def test_a_table_of_many_controls_keeps_the_keyboard_from_what_stands_behind_it(
    server: StandIn, open_page: Open
) -> None:
    page = open_page(f"{server.url}/#key={server.key}&/access")
    page.locator(".matrix a").first.focus()
    for key, name in (
        ("ArrowRight", "loyalty, customer-mcp___get_customer_info"),
        ("ArrowDown", "loyalty, customer-mcp___get_customer_bookings"),
        ("ArrowLeft", "booking, customer-mcp___get_customer_bookings"),
        ("ArrowLeft", "booking, customer-mcp___get_customer_bookings"),
    ):
        page.keyboard.press(key)
        expect(page.get_by_role("link", name=name)).to_be_focused()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    # Over the line that names the next target.
    expect(page.get_by_role("link", name="booking, loyalty-mcp___get_member_loyalty")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("aside h3")).to_contain_text("get_member_loyalty")
    expect(page.locator("aside summary")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("aside summary")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("link", name="booking, loyalty-mcp___get_member_loyalty")).to_be_focused()
    page.goto(f"{server.url}/#/traces/{data.TRACE}")
    page.locator(".waterfall button").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("aside h3")).to_have_text("chat")
