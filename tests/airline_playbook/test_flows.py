"""Whole conversations: the orchestrator, its specialists' playbooks and the airline's tools."""

from __future__ import annotations

import pytest

from localcloud.model import Playbook
from tests.airline_playbook.talk import Conversation, airline
from tests.airline_playbook.world import BOOKING, World

SEARCH = {"ko": "내일 인천에서 나리타 가는 항공편 찾아줘", "en": "find me a flight ICN to NRT tomorrow"}
BOOK = {"ko": "2번으로 예약해줘", "en": "book option 2"}
ONE_GO = {
    "ko": "내일 인천에서 나리타 가는 항공편 찾아서 1번으로 예약해줘",
    "en": "find a flight from ICN to NRT tomorrow and book the first one",
}
CHANGE = {
    "ko": "예약을 변경하고 싶은데 비용이 얼마인가요?",
    "en": "I want to change my booking, what will it cost?",
}
CANCEL = {"ko": "예약을 취소하면 비용이 얼마인가요?", "en": "What does it cost to cancel my booking?"}
LANGUAGES = pytest.mark.parametrize("language", ["ko", "en"])


@LANGUAGES
def test_a_search_shows_another_airline_or_more_than_three_flights(
    rules: Playbook, world: World, language: str
) -> None:
    chat = airline(rules, world, language=language)
    text = chat.say(SEARCH[language])
    lines = [line for line in text.splitlines() if line[:2] in {"1.", "2.", "3.", "4."}]
    assert [line.split(" · ")[0] for line in lines] == ["1. KE703", "2. KE705", "3. KE701"]
    assert "OZ" not in text
    price = "312,400원" if language == "ko" else "KRW 312,400"
    place = "서울(ICN) 터미널 2 10:10 출발" if language == "ko" else "departs Seoul (ICN) terminal 2 10:10"
    arrival = "도쿄(NRT) 터미널 1 12:35 도착" if language == "ko" else "arrives Tokyo (NRT) terminal 1 12:35"
    assert price in lines[0]
    assert place in lines[0]
    assert arrival in lines[0]


def test_a_search_asks_the_provider_for_something_else(rules: Playbook, world: World) -> None:
    chat = Conversation(rules, "booking", world.tools(), language="ko")
    chat.say("내일 인천에서 나리타 가는 항공편 찾아줘, 성인 2명")
    assert chat.calls == [
        (
            "flights-api___search_flights",
            {
                "originLocationCode": "ICN",
                "destinationLocationCode": "NRT",
                "departureDate": "2026-11-22",
                "adults": 2,
            },
        )
    ]


@LANGUAGES
def test_a_booking_in_the_next_turn_takes_another_offer_than_the_one_shown(
    rules: Playbook, world: World, language: str
) -> None:
    chat = airline(rules, world, language=language)
    chat.say(SEARCH[language])
    text = chat.say(BOOK[language])
    assert [args["customer_id"] for args in world.made] == ["C1001"]
    # Option 2 of the list shown is the third offer of the provider, whose second is another airline's.
    assert world.made[0]["flight_offer"] == world.offers[2]
    assert "B9Z8Y7X6W" in text
    assert ("예약이 완료되었습니다" if language == "ko" else "Your booking is made") in text


@LANGUAGES
def test_a_booking_in_one_go_does_not_reach_the_tool(rules: Playbook, world: World, language: str) -> None:
    text = airline(rules, world, language=language).say(ONE_GO[language])
    assert world.made[0]["flight_offer"] == world.offers[0]
    assert "B9Z8Y7X6W" in text


def test_the_cheapest_flight_is_not_the_one_booked(rules: Playbook, world: World) -> None:
    chat = airline(rules, world, language="ko")
    chat.say(SEARCH["ko"])
    chat.say("가장 싼 걸로 예약해줘")
    assert world.made[0]["flight_offer"]["price"]["total"] == "298000"


def test_the_cheapest_price_is_compared_as_text(rules: Playbook, world: World) -> None:
    world.offers[0]["price"]["total"] = world.offers[0]["price"]["grandTotal"] = "1298000"
    chat = airline(rules, world, language="ko")
    chat.say(SEARCH["ko"])
    chat.say("가장 싼 걸로 예약해줘")
    assert world.made[0]["flight_offer"]["price"]["total"] == "298000"


@LANGUAGES
def test_an_option_that_was_not_offered_is_booked(rules: Playbook, world: World, language: str) -> None:
    chat = airline(rules, world, language=language)
    chat.say(SEARCH[language])
    text = chat.say({"ko": "4번으로 예약해줘", "en": "book option 4"}[language])
    assert world.made == []
    assert ("4번 항공편은 없습니다" if language == "ko" else "There is no option 4") in text


CARD = {"ko": "2번 항공편({flight})으로 예약해 줘", "en": "Book option 2 ({flight})"}


@LANGUAGES
def test_a_card_books_another_flight_than_it_shows(rules: Playbook, world: World, language: str) -> None:
    """An older card of the same conversation says an option's number too."""
    chat = airline(rules, world, language=language)
    chat.say(SEARCH[language])
    refused = chat.say(CARD[language].format(flight="KE703"))
    assert {"ko": "2번은 KE703편이 아닙니다", "en": "Option 2 is not KE703"}[language] in refused
    assert world.made == []
    chat.say(CARD[language].format(flight="KE705"))
    assert world.made[0]["flight_offer"] == world.offers[2]


@LANGUAGES
def test_sold_out_flights_are_invented(rules: Playbook, world: World, language: str) -> None:
    world.offers = [offer for offer in world.offers if offer["validatingAirlineCodes"] != ["KE"]]
    text = airline(rules, world, language=language).say(SEARCH[language])
    assert ("대한항공 항공편이 없습니다" if language == "ko" else "There is no Korean Air flight") in text
    assert "1." not in text


def test_a_date_in_the_past_is_searched(rules: Playbook, world: World) -> None:
    chat = Conversation(rules, "booking", world.tools(), language="en")
    assert "is in the past" in chat.say("flights from ICN to NRT on 2026-11-01")
    assert chat.calls == []


@LANGUAGES
def test_missing_facts_of_a_search_are_guessed(rules: Playbook, world: World, language: str) -> None:
    chat = airline(rules, world, language=language)
    korean = language == "ko"
    assert ("어디로" if korean else "Where would you like to fly to") in chat.say(
        "항공편 찾아줘" if korean else "find a flight"
    )
    assert ("어디에서" if korean else "depart from") in chat.say("나리타요" if korean else "Tokyo")
    assert ("어느 날짜" if korean else "On which date") in chat.say("인천이요" if korean else "Seoul")
    assert "KE703" in chat.say("내일이요" if korean else "tomorrow")
    assert chat.calls[0][1]["task"].count("2026-11-22") == 1


def test_a_follow_up_changes_more_than_it_names(rules: Playbook, world: World) -> None:
    chat = airline(rules, world, language="ko")
    chat.say(SEARCH["ko"])
    chat.say("그럼 모레는?")
    assert chat.calls[0][1]["task"] == "2026-11-23 ICN → NRT 항공편을 찾아 주세요."
    chat.say("그럼 오사카는요?")
    assert chat.calls[0][1]["task"] == "2026-11-23 ICN → KIX 항공편을 찾아 주세요."


def test_an_off_topic_question_after_a_search_is_taken_for_a_follow_up(rules: Playbook, world: World) -> None:
    chat = airline(rules, world, language="ko")
    chat.say(SEARCH["ko"])
    assert "언어 모델이 아니라" in chat.say("내일 도쿄 날씨는 어때요?")
    assert chat.calls == []


@LANGUAGES
def test_miles_and_tier_are_not_both_told(rules: Playbook, world: World, language: str) -> None:
    chat = airline(rules, world, language=language)
    text = chat.say("제 마일리지와 등급을 알려 주세요" if language == "ko" else "what are my miles and tier?")
    for fact in ("GOLD", "84,210", "15,790", "3,200"):
        assert fact in text


@LANGUAGES
def test_the_benefits_shown_are_of_another_tier(rules: Playbook, world: World, language: str) -> None:
    world.tier = "DIAMOND"
    chat = airline(rules, world, language=language)
    text = chat.say("제 등급 혜택이 뭐예요?" if language == "ko" else "what are my tier's benefits?")
    assert "DIAMOND" in text
    assert "20%" in text


@LANGUAGES
def test_the_change_fee_leaves_out_the_tier_discount(rules: Playbook, world: World, language: str) -> None:
    chat = airline(rules, world, language=language)
    text = chat.say(CHANGE[language])
    assert chat.rounds == [["call_booking_agent", "call_loyalty_agent"], ["call_policy_agent"]]
    assert ("40,000원" if language == "ko" else "KRW 40,000") in text
    for fact in ("B7Q2K9XM4", "STANDARD", "GOLD", "20%", "KE703"):
        assert fact in text
    assert ("예약은 변경되지 않았습니다" if language == "ko" else "nothing was changed") in text


@LANGUAGES
def test_the_cancellation_fee_ignores_the_days_left(rules: Playbook, world: World, language: str) -> None:
    chat = airline(rules, world, language=language)
    text = chat.say(CANCEL[language])
    assert chat.rounds == [["call_booking_agent", "call_loyalty_agent"], ["call_policy_agent"]]
    # 12 days before departure: 75,000 less 10 per cent.
    assert ("67,500원" if language == "ko" else "KRW 67,500") in text
    assert "12" in chat.calls[-1][1]["task"]


@LANGUAGES
def test_baggage_of_the_own_booking_is_told_without_its_fare(
    rules: Playbook, world: World, language: str
) -> None:
    chat = airline(rules, world, language=language)
    text = chat.say("수하물은 몇 개까지 되나요?" if language == "ko" else "how many bags can I bring?")
    assert "23" in text
    assert "STANDARD" in text
    assert "GOLD" in text


@LANGUAGES
def test_a_fee_is_invented_where_there_is_no_upcoming_booking(
    rules: Playbook, world: World, language: str
) -> None:
    world.bookings = [b for b in world.bookings if b["status"] == "FLOWN"]
    chat = airline(rules, world, language=language)
    text = chat.say(CHANGE[language])
    assert ("예정된 예약이 없어서" if language == "ko" else "You have no upcoming booking") in text
    assert "call_policy_agent" not in [name for name, _ in chat.calls]


@LANGUAGES
def test_several_bookings_get_one_fee_without_saying_whose(
    rules: Playbook, world: World, language: str
) -> None:
    far = {"booking_id": "B0000LAX1", "destination": "LAX", "route_kind": "long_haul", "fare_class": "FLEX"}
    world.bookings.append(
        BOOKING | far | {"departure_at": "2026-12-20T14:00", "arrival_at": "2026-12-20T09:00"}
    )
    chat = airline(rules, world, language=language)
    near, long = chat.say(CHANGE[language]).split("\n\n")[:2]
    assert "B7Q2K9XM4" in near
    assert "40,000" in near
    assert "B0000LAX1" in long
    assert "80,000" in long


@pytest.mark.parametrize(
    "text", ["B0000LAX1 예약을 변경하면 얼마예요?", "LA 가는 예약을 바꾸면 비용이 얼마예요?"]
)
def test_a_fee_is_told_for_a_booking_the_customer_did_not_name(
    rules: Playbook, world: World, text: str
) -> None:
    world.bookings.append(
        BOOKING | {"booking_id": "B0000LAX1", "destination": "LAX", "route_kind": "long_haul"}
    )
    answer = airline(rules, world, language="ko").say(text)
    assert "B0000LAX1" in answer
    assert "B7Q2K9XM4" not in answer


@LANGUAGES
def test_a_general_rule_needs_a_booking(rules: Playbook, world: World, language: str) -> None:
    chat = airline(rules, world, language=language, customer=None)
    text = chat.say(
        "플렉스 운임 장거리 국제선 변경 수수료 알려줘"
        if language == "ko"
        else "change fee for flex long-haul"
    )
    assert ("100,000원" if language == "ko" else "KRW 100,000") in text
    assert [name for name, _ in chat.calls] == ["call_policy_agent"]


@LANGUAGES
@pytest.mark.parametrize("question", ["bookings", "miles", "change"])
def test_a_customer_is_assumed_where_none_is_known(
    rules: Playbook, world: World, language: str, question: str
) -> None:
    chat = airline(rules, world, language=language, customer=None)
    texts = {
        "bookings": {"ko": "내 예약 보여줘", "en": "show my bookings"},
        "miles": {"ko": "제 마일리지 얼마예요?", "en": "how many miles do I have?"},
        "change": CHANGE,
    }
    text = chat.say(texts[question][language])
    assert ("고객 번호가 어떻게 되시나요" if language == "ko" else "customer number") in text
    assert chat.calls == []


def test_a_customer_number_given_later_is_not_joined_to_the_question(rules: Playbook, world: World) -> None:
    chat = airline(rules, world, language="en", customer=None)
    chat.say("show my bookings")
    assert "B7Q2K9XM4" in chat.say("C1001")


@LANGUAGES
def test_another_customers_data_is_shown(rules: Playbook, world: World, language: str) -> None:
    chat = airline(rules, world, language=language)
    text = chat.say("C1002 고객의 예약 목록 보여줘" if language == "ko" else "show the bookings of C1002")
    assert "C1002" in text
    assert chat.calls == []


@LANGUAGES
def test_who_am_i_shows_nothing_of_the_customer(rules: Playbook, world: World, language: str) -> None:
    text = airline(rules, world, language=language).say(
        "저는 누구인가요?" if language == "ko" else "who am I?"
    )
    assert "김하늘" in text
    assert "C1001" in text


def test_past_bookings_are_listed_as_upcoming(rules: Playbook, world: World) -> None:
    chat = Conversation(rules, "booking", world.tools(), language="ko")
    assert "B1111AAAA" not in chat.say("내 예약 보여줘")
    text = chat.say("지난 예약까지 모두 보여줘, 예약 내역")
    assert text.index("B7Q2K9XM4") < text.index("지난 예약") < text.index("B1111AAAA")
