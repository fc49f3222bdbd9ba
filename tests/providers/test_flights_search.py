"""The stand-in's offers: complete, repeatable, right in time, and of the form we can book."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from systems.airline.providers.flight_offers import Timetable
from tests.providers.client import AIRLINE, QUESTION, SEARCH, Provider
from tool_customer.airports import load_airports
from tool_customer.offer import read_offer

AIRPORTS: dict[str, dict[str, Any]] = {
    row["iata"]: row for row in json.loads((AIRLINE / "data" / "airports.json").read_text(encoding="utf-8"))
}
PAIRS = [(a, b) for a in AIRPORTS for b in AIRPORTS if a != b]


def brand(offer: dict[str, Any]) -> str:
    name: str = offer["travelerPricings"][0]["fareDetailsBySegment"][0]["brandedFare"]
    return name


def segments(offer: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = offer["itineraries"][0]["segments"]
    return found


def test_the_same_question_always_has_the_same_answer(provider: Provider) -> None:
    first = provider.search().json()
    provider.pass_time(hours=1)
    assert provider.search().json() == first
    other = Provider()
    assert other.search().json() == first


def test_another_day_or_party_has_other_prices(provider: Provider) -> None:
    prices = {
        json.dumps(
            [
                offer["travelerPricings"][0]["price"]["total"]
                for offer in provider.offers("ICN", "NRT", day, adults)
            ]
        )
        for day in ("2026-11-22", "2026-11-23")
        for adults in (1, 2)
    }
    assert len(prices) == 4


def test_offers_are_sorted_numbered_and_of_several_carriers_and_fares(provider: Provider) -> None:
    offers = provider.offers("ICN", "NRT", "2026-11-22")
    totals = [int(offer["price"]["grandTotal"]) for offer in offers]
    assert totals == sorted(totals)
    assert [offer["id"] for offer in offers] == [str(n) for n in range(1, len(offers) + 1)]
    own = [offer for offer in offers if offer["validatingAirlineCodes"] == ["KE"]]
    assert len(own) >= 6 and len({offer["validatingAirlineCodes"][0] for offer in offers}) >= 3
    assert {brand(offer) for offer in own} == {"SAVER", "STANDARD", "FLEX", "PRESTIGE"}
    assert len(offers) <= 60


@pytest.mark.parametrize("adults", [1, 4, 9])
def test_a_price_is_the_sum_of_the_travellers(provider: Provider, adults: int) -> None:
    for offer in provider.offers("ICN", "CDG", "2027-03-01", adults):
        each = [int(one["price"]["total"]) for one in offer["travelerPricings"]]
        assert len(each) == adults
        assert sum(each) == int(offer["price"]["grandTotal"]) == int(offer["price"]["total"])
        assert all(total % 100 == 0 for total in each)
        assert 0 < int(offer["price"]["base"]) < int(offer["price"]["total"])
        assert offer["numberOfBookableSeats"] >= adults


def minutes(duration: str) -> timedelta:
    found = re.fullmatch(r"PT(?:([0-9]+)H)?(?:([0-9]+)M)?", duration)
    assert found
    return timedelta(hours=int(found.group(1) or 0), minutes=int(found.group(2) or 0))


@pytest.mark.parametrize(
    "day", ["2026-12-24", "2027-03-28", "2027-03-14", "2027-07-01", "2027-10-31", "2027-11-07"]
)
def test_arrivals_are_right_by_the_clocks_of_both_airports_in_every_season(
    provider: Provider, day: str
) -> None:
    draw = random.Random(day)  # noqa: S311 - a sample of routes
    checked = 0
    for origin, destination in draw.sample(PAIRS, 60):
        for offer in provider.offers(origin, destination, day)[:6]:
            for segment in segments(offer):
                left, landed = (
                    datetime.fromisoformat(segment[end]["at"]).replace(
                        tzinfo=ZoneInfo(AIRPORTS[segment[end]["iataCode"]]["time_zone"])
                    )
                    for end in ("departure", "arrival")
                )
                assert landed.astimezone(UTC) - left.astimezone(UTC) == minutes(segment["duration"])
                checked += 1
    assert checked > 100


def test_local_clocks_agree_with_the_time_zone_database_for_years() -> None:
    timetable = Timetable(AIRLINE / "data")
    for code, row in AIRPORTS.items():
        zone = ZoneInfo(row["time_zone"])
        for hours in range(0, 3 * 8766, 11):
            moment = datetime(2026, 1, 1) + timedelta(hours=hours)
            local = timetable.airports[code].at(moment)
            assert local == moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None), (code, moment)
            back = timetable.airports[code].utc(local)
            assert back == moment or timetable.airports[code].at(back) == local


def test_every_pair_of_airports_is_answered_and_korean_air_reaches_almost_all(provider: Provider) -> None:
    draw = random.Random(7)  # noqa: S311 - a sample of routes
    pairs = [*draw.sample(PAIRS, 120), ("NRT", "LAX"), ("RSU", "JFK"), ("SYD", "FRA"), ("GMP", "NRT")]
    for origin, destination in pairs:
        offers = provider.offers(origin, destination, "2027-02-10")
        carriers = {offer["validatingAirlineCodes"][0] for offer in offers}
        assert "KE" in carriers or "GMP" in (origin, destination), (origin, destination)
        for offer in offers:
            chain = segments(offer)
            assert (chain[0]["departure"]["iataCode"], chain[-1]["arrival"]["iataCode"]) == (
                origin,
                destination,
            )
            assert chain[0]["departure"]["at"][:10] == "2027-02-10"
            for before, after in pairwise(chain):
                assert before["arrival"]["iataCode"] == after["departure"]["iataCode"] == "ICN"
                stay = datetime.fromisoformat(after["departure"]["at"]) - datetime.fromisoformat(
                    before["arrival"]["at"]
                )
                assert timedelta(minutes=70) <= stay < timedelta(hours=24)


def test_two_airports_of_one_city_have_an_empty_answer_and_no_error(provider: Provider) -> None:
    answer = provider.search(originLocationCode="ICN", destinationLocationCode="GMP")
    assert answer.status_code == 200
    assert (answer.json()["data"], answer.json()["meta"]["count"]) == ([], 0)


def test_every_own_offer_can_be_booked_and_no_other(provider: Provider) -> None:
    from lambda_common.errors import Refusal

    booked = refused = 0
    draw = random.Random(11)  # noqa: S311 - a sample of routes
    for origin, destination in [*draw.sample(PAIRS, 40), ("LAX", "ICN"), ("ICN", "HNL")]:
        for offer in provider.offers(origin, destination, "2027-03-14", draw.randrange(1, 10)):
            if offer["validatingAirlineCodes"] == ["KE"]:
                assert read_offer(offer, load_airports(), provider.now).fare_class == brand(offer)
                booked += 1
            else:
                with pytest.raises(Refusal) as caught:
                    read_offer(offer, load_airports(), provider.now)
                assert caught.value.code == "carrier_not_allowed"
                refused += 1
    assert booked > 50 and refused > 50


def test_flights_of_today_that_have_left_are_not_offered(provider: Provider) -> None:
    noon = provider.offers("ICN", "NRT", "2026-11-21")
    assert noon and all(segments(offer)[0]["departure"]["at"] > "2026-11-21T12:00:00" for offer in noon)
    provider.pass_time(hours=11)
    assert provider.offers("ICN", "NRT", "2026-11-21") == []


def test_today_is_the_airports_own_day(provider: Provider) -> None:
    provider.now = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
    assert provider.search(departureDate="2026-11-21").status_code == 400
    west = provider.search(
        originLocationCode="LAX", destinationLocationCode="ICN", departureDate="2026-11-21"
    )
    assert west.status_code == 200 and west.json()["data"]


def test_the_last_day_the_calendar_of_the_stand_in_knows_still_works(provider: Provider) -> None:
    assert provider.offers("ICN", "LAX", "2098-12-31")
    assert provider.search(departureDate="2099-01-01").status_code == 400
    assert provider.search(departureDate="9999-12-31").status_code == 400


@pytest.mark.parametrize(
    ("changes", "code", "parameter"),
    [
        ({"originLocationCode": "XXX"}, 4926, "originLocationCode"),
        ({"destinationLocationCode": "ZZZ"}, 4926, "destinationLocationCode"),
        ({"originLocationCode": "icn"}, 477, "originLocationCode"),
        ({"originLocationCode": "ICN,GMP"}, 477, "originLocationCode"),
        ({"originLocationCode": ""}, 32171, "originLocationCode"),
        ({"destinationLocationCode": "ICN"}, 4926, "destinationLocationCode"),
        ({"departureDate": "2026-11-20"}, 425, "departureDate"),
        ({"departureDate": "1999-01-01"}, 425, "departureDate"),
        ({"departureDate": "2026-02-30"}, 425, "departureDate"),
        ({"departureDate": "0000-01-01"}, 425, "departureDate"),
        ({"departureDate": "22-11-2026"}, 477, "departureDate"),
        ({"departureDate": "20261122"}, 477, "departureDate"),
        ({"departureDate": "2026-W48-1"}, 477, "departureDate"),
        ({"departureDate": "２０２６-11-22"}, 477, "departureDate"),
        ({"departureDate": "tomorrow"}, 477, "departureDate"),
        ({"adults": "0"}, 477, "adults"),
        ({"adults": "10"}, 477, "adults"),
        ({"adults": "-1"}, 477, "adults"),
        ({"adults": "1.0"}, 477, "adults"),
        ({"adults": "٣"}, 477, "adults"),
        ({"adults": ""}, 32171, "adults"),
        ({"max": "3"}, 4926, None),
    ],
)
def test_a_wrong_question_is_answered_in_the_providers_error_form(
    provider: Provider, changes: dict[str, str], code: int, parameter: str | None
) -> None:
    answer = provider.search(**changes)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["status"], error["code"]) == (400, code)
    assert error.get("source", {}).get("parameter") == parameter
    assert {"title", "detail"} <= set(error)


def test_a_parameter_given_twice_is_refused(provider: Provider) -> None:
    headers = {"Authorization": f"Bearer {provider.token()}"}
    query = [*QUESTION.items(), ("originLocationCode", "GMP")]
    assert provider.request("GET", SEARCH, params=query, headers=headers).status_code == 400


def test_codes_in_the_answer_are_explained(provider: Provider) -> None:
    body = provider.search().json()
    used = {segment["carrierCode"] for offer in body["data"] for segment in segments(offer)}
    assert set(body["dictionaries"]["carriers"]) == used
    assert body["dictionaries"]["locations"] == {"ICN": {"countryCode": "KR"}, "NRT": {"countryCode": "JP"}}


def test_every_carrier_of_the_timetable_has_a_name() -> None:
    from systems.airline.data.generation.schedule import HOME
    from systems.airline.providers.flights import CARRIERS

    assert set(CARRIERS) == {*HOME, "KE"}


def test_an_answer_is_small_enough_for_a_model_to_read(provider: Provider) -> None:
    for origin, destination in (("ICN", "NRT"), ("NRT", "LAX"), ("SYD", "FRA")):
        offers = provider.offers(origin, destination, (date(2026, 11, 22)).isoformat())
        assert len(json.dumps(offers)) < 60_000
