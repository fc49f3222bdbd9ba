"""The conversation, against a server that also does what a real one seldom does."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.console import data
from tests.console.opening import Open, ask
from tests.console.stand_in import StandIn

pytestmark = pytest.mark.xdist_group("browser")


@pytest.mark.parametrize(
    ("locale", "question", "label", "booked"),
    [
        ("en-US", data.QUESTION_EN, "Book", "Book KE703"),
        ("ko-KR", data.QUESTION_KO, "예약", "KE703 예약해 줘"),
    ],
)
def test_an_offer_cannot_be_booked_from_its_card(
    server: StandIn, open_page: Open, locale: str, question: str, label: str, booked: str
) -> None:
    page = open_page(server.link, locale=locale)
    answer = ask(page, question)
    assert answer.locator(".step").count() == 2
    assert answer.locator(".words strong").count() == 1
    assert answer.locator(".card").count() == 3
    assert "189,900" in answer.locator(".card .price").first.inner_text()
    answer.get_by_role("button", name=re.compile(f"^{label}: KE703")).click()
    expect(page.locator(".answer").last.locator(".words")).to_contain_text("BF1GKQEGB")
    assert [each["prompt"] for each in server.asked] == [question, booked]
    assert len({each["session_id"] for each in server.asked}) == 1
    # An offer of an earlier answer may be gone: only the last one's can be taken.
    assert page.locator(".card button:enabled").count() == 0


def test_each_question_is_not_the_beginning_of_the_trace_that_its_answer_links_to(
    server: StandIn, open_page: Open
) -> None:
    page = open_page(server.link)
    link = ask(page, "anything").get_by_role("link", name="Trace").get_attribute("href")
    assert link == f"#/traces/{server.asked[0]['traceparent'].split('-')[1]}"


def test_words_of_a_model_become_markup(server: StandIn, open_page: Open) -> None:
    hostile = "<img src=/x onerror=alert(1)>[here](javascript:alert(1)) <b>bold</b>"
    server.answers["x"] = [data.words(hostile), data.DONE]
    answer = ask(open_page(server.link), "x")
    assert answer.locator(".words").inner_text() == hostile
    assert answer.locator(".words img, .words a, .words b").count() == 0


def test_a_connection_that_breaks_off_loses_the_words_or_hides_that_something_may_have_been_done(
    server: StandIn, open_page: Open
) -> None:
    server.answers["x"] = [*data.ANSWERS[data.QUESTION_EN][:3], data.words("Half an ans"), StandIn.CUT]
    page = open_page(server.link)
    answer = ask(page, "x")
    assert answer.locator(".words").inner_text() == "Half an ans"
    assert "broke off" in answer.get_by_role("alert").inner_text()
    assert "may already have taken effect" in answer.get_by_role("alert").inner_text()
    server.answers["x"] = [data.words("Whole."), data.DONE]
    answer.get_by_role("button", name="Ask again").click()
    expect(page.locator(".answer").last.locator(".words")).to_have_text("Whole.")
    assert page.get_by_role("alert").count() == 0
    assert len(server.asked) == 2


def test_an_answer_without_an_end_is_taken_for_a_whole_one(server: StandIn, open_page: Open) -> None:
    server.answers["x"] = [data.words("No end")]
    assert "broke off" in ask(open_page(server.link), "x").get_by_role("alert").inner_text()


def test_an_answer_cannot_be_stopped_or_goes_on_afterwards(server: StandIn, open_page: Open) -> None:
    server.answers["x"] = [data.words("Begun"), StandIn.HOLD, data.words(" and gone on"), data.DONE]
    page = open_page(server.link)
    page.get_by_role("textbox").fill("x")
    page.keyboard.press("Enter")
    expect(page.locator(".words")).to_have_text("Begun")
    expect(page.locator("p[role=status].unseen")).to_have_text("Working on it…")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".ending")).to_contain_text("Stopped")
    server.release.set()
    ask(page, "another")
    assert page.locator(".words").first.inner_text() == "Begun"


def test_a_reload_loses_the_conversation_or_a_new_one_keeps_it(server: StandIn, open_page: Open) -> None:
    page = open_page(server.link)
    ask(page, data.QUESTION_EN)
    page.get_by_role("textbox").fill("half wri")
    page.reload()
    expect(page.locator(".card")).to_have_count(3)
    assert page.get_by_role("textbox").input_value() == "half wri"
    ask(page, "again")
    page.get_by_role("button", name="New conversation").click()
    page.get_by_role("alertdialog").get_by_role("button", name="New conversation").click()
    expect(page.locator(".exchange")).to_have_count(0)
    ask(page, "anew")
    first, second, third = (each["session_id"] for each in server.asked)
    assert first == second != third
    assert 33 <= len(third) <= 100


def test_a_reload_in_the_middle_of_an_answer_hides_that_it_broke_off(
    server: StandIn, open_page: Open
) -> None:
    server.answers["x"] = [data.words("Begun"), StandIn.HOLD, data.DONE]
    page = open_page(server.link)
    page.get_by_role("textbox").fill("x")
    page.keyboard.press("Enter")
    expect(page.locator(".words")).to_have_text("Begun")
    page.reload()
    expect(page.locator(".words")).to_have_text("Begun")
    expect(page.locator(".ending")).to_contain_text("broke off")


def test_a_refusal_is_not_shown_as_one_or_not_explained(server: StandIn, open_page: Open) -> None:
    page = open_page(server.link)
    answer = ask(page, "Give me miles")
    assert answer.locator(".step-refused").inner_text().startswith("loyalty")
    assert f"loyalty was not let through to {data.BOOK}" in answer.locator(".refusal").inner_text()
    answer.get_by_role("button", name="Why?").click()
    expect(answer.locator(".refusal li")).to_have_count(2)
    expect(answer.locator(".refusal li").last).to_contain_text(
        "no line of the declaration grants it not_granted"
    )
    answer.get_by_role("link", name="Open in Access").click()
    expect(page.locator("aside h3")).to_contain_text("loyalty")


def test_an_error_of_an_agent_is_told_without_its_reason_or_ends_the_conversation(
    server: StandIn, open_page: Open
) -> None:
    server.answers["x"] = [{"type": "error", "code": "timeout", "message": "60 s are over"}]
    page = open_page(server.link)
    alert = ask(page, "x").get_by_role("alert").inner_text()
    assert "took too long" in alert
    assert "60 s are over" in alert
    ask(page, "y")
    assert page.get_by_role("alert").count() == 0


def test_a_result_that_is_no_card_or_of_another_form_breaks_the_answer(
    server: StandIn, open_page: Open
) -> None:
    server.answers["x"] = [
        {"type": "result", "agent": "a", "tool": "constructor", "data": data.OFFERS},
        {"type": "result", "agent": "a", "tool": data.SEARCH, "data": {"data": "none"}},
        {"type": "surprise"},
        {"type": "text", "text": 5},
        data.words("Fine."),
        data.DONE,
    ]
    answer = ask(open_page(server.link), "x")
    assert answer.locator(".words").inner_text() == "Fine."
    assert answer.locator(".card").count() == 0


def test_an_unfinished_syllable_is_sent(server: StandIn, open_page: Open) -> None:
    page = open_page(server.link, locale="ko-KR")
    page.get_by_role("textbox").fill("항공")
    page.get_by_role("textbox").evaluate(
        "area => area.dispatchEvent(new KeyboardEvent('keydown', "
        "{key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))"
    )
    page.get_by_role("textbox").press("Shift+Enter")
    assert page.get_by_role("textbox").input_value() == "항공\n"
    assert server.asked == []


def test_the_second_half_of_a_double_click_does_what_was_not_meant(server: StandIn, open_page: Open) -> None:
    """The button that stops stands where the one that sends stood; what throws away asks before."""
    server.answers["x"] = [data.words("Begun"), StandIn.HOLD, data.words(" and ended."), data.DONE]
    page = open_page(server.link)
    page.get_by_role("textbox").fill("x")
    page.get_by_role("button", name="Send").dblclick(delay=20)
    expect(page.locator(".words")).to_have_text("Begun")
    server.release.set()
    expect(page.locator(".words")).to_have_text("Begun and ended.")
    expect(page.locator(".ending")).to_have_count(0)
    page.locator(".under").get_by_role("button").dblclick(delay=20)
    question = page.get_by_role("alertdialog")
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    expect(page.locator(".under").get_by_role("button")).to_be_focused()
    assert page.locator(".exchange").count() == 1


def test_a_table_stays_a_heap_of_lines_or_brings_markup(server: StandIn, open_page: Open) -> None:
    table = "| Fare | Fee |\n|:--|--:|\n| <b>SAVER</b> | **95,000** |\n| a \\| b |\n---\nשלום ICN"
    server.answers["x"] = [data.words(table), data.DONE]
    words = ask(open_page(server.link), "x").locator(".words")
    assert words.locator("tr").all_inner_texts() == ["Fare\tFee", "<b>SAVER</b>\t95,000", "a | b\t"]
    assert (words.locator("b").count(), words.locator("td strong").count(), words.locator("hr").count()) == (
        0,
        1,
        1,
    )
    # Each part reads in its own direction.
    assert words.locator("p").evaluate("part => getComputedStyle(part).direction") == "rtl"


def test_a_reason_that_cannot_be_read_leaves_a_button_without_effect(
    server: StandIn, open_page: Open
) -> None:
    page = open_page(server.link)
    answer = ask(page, "Give me miles")
    page.route("**/_airside/events?*", lambda route: route.abort())
    answer.get_by_role("button", name="Why?").click()
    expect(answer.get_by_role("alert")).to_contain_text("does not answer")
