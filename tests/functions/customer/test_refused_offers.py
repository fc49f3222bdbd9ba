"""An offer that cannot be sold as it stands is refused, member by member, and changes no table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_common.errors import Refusal
from tests.functions.customer.damage import (
    DROP,
    FARE,
    MEMBERS,
    SEGMENT,
    TRAVELLER,
    WRONG,
    assert_refused,
    changed,
    fill,
)
from tests.functions.customer.test_create_booking import NOW, request
from tests.functions.support.offers import offer
from tool_customer.airports import load_airports
from tool_customer.offer import Journey, read_offer


@pytest.fixture(scope="module")
def client(emulator: Any) -> Any:
    return fill(emulator)


@pytest.mark.parametrize("path", MEMBERS, ids=lambda path: ".".join(map(str, path)))
@pytest.mark.parametrize("value", WRONG, ids=lambda value: "dropped" if value is DROP else ascii(value)[:12])
def test_no_member_of_an_offer_may_be_missing_or_of_another_type(
    path: tuple[str | int, ...], value: object
) -> None:
    with pytest.raises(Refusal) as caught:
        read_offer(changed(path, value), load_airports(), NOW)
    assert caught.value.code == "malformed_offer"


AMOUNTS: list[object] = [
    "0", "-1", "+5", "1.5", "1.05", "312400.001", "1e6", "NaN", "Infinity", "0x10", "1_000", "١٢٣", "12 ",
    "1,000", "0312400", "1000000000", 0, -5, 1.0, 312400.0, True, False, 10**9, float("nan"), float("inf"),
    ["1"], {"v": 1},
]  # fmt: skip
TIMES = [
    "2026-12-03", "2026-12-03T09:35:00Z", "2026-12-03T09:35:00+09:00", "2026-13-03T09:35:00", "tomorrow",
    "2026-02-30T09:35", "2026-12-03T24:00", "2026-12-03 09:35", "20261203T0935", "2026-W49-4T09:35",
    "2026-12-03T09:35:30", "9999-12-31T23:59", "２０２６-12-03T09:35",
]  # fmt: skip


@pytest.mark.parametrize("amount", AMOUNTS, ids=ascii)
def test_a_price_that_is_no_positive_whole_amount_is_refused(client: Any, amount: object) -> None:
    for member in ("grandTotal", "total"):
        event = request(flight_offer=changed(("price", member), amount))
        assert_refused(client, event, "malformed_offer", "invalid_argument")


@pytest.mark.parametrize(
    "form", [lambda total: int(total), lambda total: f"{total}.00", lambda total: f"{total}.0"]
)
def test_the_same_amount_in_another_form_is_accepted(form: Callable[[str], object]) -> None:
    chosen = offer()
    total = chosen["price"]["grandTotal"]
    chosen = changed(("price", "grandTotal"), form(total), chosen)
    assert read_offer(chosen, load_airports(), NOW).price == int(total)


@pytest.mark.parametrize(
    "path", [("price", "grandTotal"), ("price", "total"), (*TRAVELLER, "price", "total")]
)
def test_a_price_below_the_travellers_sum_is_refused(client: Any, path: tuple[str | int, ...]) -> None:
    assert_refused(client, request(flight_offer=changed(path, "1000")), "malformed_offer")


@pytest.mark.parametrize("at", TIMES)
@pytest.mark.parametrize("end", ["departure", "arrival"])
def test_a_time_that_is_no_local_minute_is_refused(client: Any, end: str, at: str) -> None:
    assert_refused(client, request(flight_offer=changed((*SEGMENT, end, "at"), at)), "malformed_offer")


@pytest.mark.parametrize(
    "at", ["2026-12-03T09:35:00", "2026-12-03T09:34:00", "2026-12-02T23:00:00", "2026-12-09T23:00:00"]
)
def test_an_arrival_not_after_its_departure_or_days_later_is_refused(client: Any, at: str) -> None:
    document = changed((*SEGMENT, "departure", "at"), "2026-12-03T09:35:00")
    document = changed((*SEGMENT, "arrival", "at"), at, document)
    assert_refused(client, request(flight_offer=document), "malformed_offer")


def test_an_arrival_earlier_on_the_clock_is_fine_across_the_date_line_and_impossible_within_a_zone(
    client: Any,
) -> None:
    chosen = offer("ICN", "LAX")
    segment = chosen["itineraries"][0]["segments"][0]
    assert segment["arrival"]["at"] < segment["departure"]["at"]
    assert isinstance(read_offer(chosen, load_airports(), NOW), Journey)
    assert_refused(
        client,
        request(flight_offer=changed((*SEGMENT, "arrival", "iataCode"), "FUK", chosen)),
        "malformed_offer",
    )


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ((*SEGMENT, "departure", "iataCode"), "XXX", "unknown_airport"),
        ((*SEGMENT, "arrival", "iataCode"), "ZZZ", "unknown_airport"),
        ((*SEGMENT, "departure", "iataCode"), "icn", "malformed_offer"),
        ((*SEGMENT, "arrival", "iataCode"), "ICN", "malformed_offer"),
        ((*SEGMENT, "carrierCode"), "OZ", "carrier_not_allowed"),
        ((*SEGMENT, "operating", "carrierCode"), "DL", "carrier_not_allowed"),
        (("validatingAirlineCodes",), ["KE", "OZ"], "carrier_not_allowed"),
        ((*SEGMENT, "carrierCode"), "ke", "malformed_offer"),
        ((*SEGMENT, "number"), "703A", "malformed_offer"),
        ((*SEGMENT, "numberOfStops"), True, "malformed_offer"),
        ((*SEGMENT, "numberOfStops"), "0", "malformed_offer"),
        (("itineraries", 0, "duration"), 130, "malformed_offer"),
        (("price", "currency"), "USD", "currency_not_allowed"),
        ((*TRAVELLER, "price", "currency"), "JPY", "currency_not_allowed"),
        ((*FARE, "brandedFare"), "BASIC", "unknown_fare_class"),
        ((*TRAVELLER, "travelerType"), "CHILD", "malformed_offer"),
        (("type",), "flight-order", "malformed_offer"),
    ],
)
def test_an_offer_we_may_not_sell_is_refused_with_its_reason(
    client: Any, path: tuple[str | int, ...], value: object, code: str
) -> None:
    assert_refused(client, request(flight_offer=changed(path, value)), code)


def test_a_return_journey_is_refused(client: Any) -> None:
    chosen = offer()
    chosen["itineraries"] *= 2
    assert_refused(client, request(flight_offer=chosen), "malformed_offer")


def test_travellers_in_two_fare_classes_are_refused(client: Any) -> None:
    chosen = offer(adults=2)
    chosen["travelerPricings"][1]["fareDetailsBySegment"][0]["brandedFare"] = "FLEX"
    assert_refused(client, request(flight_offer=chosen), "malformed_offer")


def test_ten_travellers_are_refused(client: Any) -> None:
    chosen = offer()
    chosen["travelerPricings"] *= 10
    assert_refused(client, request(flight_offer=chosen), "malformed_offer")


def test_flights_that_do_not_connect_are_refused(client: Any) -> None:
    for path, value in (
        (("itineraries", 0, "segments", 1, "departure", "iataCode"), "GMP"),
        (("itineraries", 0, "segments", 1, "departure", "at"), "2026-12-03T05:00:00"),
        (("itineraries", 0, "segments", 1, "departure", "at"), "2026-12-05T05:00:00"),
    ):
        assert_refused(
            client, request(flight_offer=changed(path, value, offer("NRT", "LAX"))), "malformed_offer"
        )
    round_trip = offer("NRT", "LAX")
    second = offer("ICN", "NRT", fare="PRESTIGE")["itineraries"][0]["segments"][0]
    second["departure"]["at"], second["arrival"]["at"] = "2026-12-03T23:00:00", "2026-12-04T01:10:00"
    round_trip["itineraries"][0]["segments"][1] = second
    assert_refused(client, request(flight_offer=round_trip), "malformed_offer")


def test_fare_details_that_do_not_cover_every_segment_are_refused(client: Any) -> None:
    chosen = offer("NRT", "LAX")
    del chosen["travelerPricings"][0]["fareDetailsBySegment"][1]
    assert_refused(client, request(flight_offer=chosen), "malformed_offer")


VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.lists(st.none(), max_size=2)
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(MEMBERS), VALUES), min_size=1, max_size=3))
def test_a_damaged_offer_is_read_or_refused_and_never_breaks_the_function(
    damage: list[tuple[tuple[str | int, ...], Any]],
) -> None:
    document = offer()
    for path, value in damage:
        try:
            document = changed(path, value, document)
        except (KeyError, IndexError, TypeError):
            continue
    try:
        journey = read_offer(document, load_airports(), NOW)
    except Refusal:
        return
    assert journey.price > 0
    assert journey.segments[0].carrier == "KE"
