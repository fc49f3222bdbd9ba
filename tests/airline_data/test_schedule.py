"""The timetable is one an airline could fly."""

from __future__ import annotations

from collections import Counter

from systems.airline.data.generation import airports, schedule

AIRPORTS = airports.load()
ROUTES = schedule.timetable(AIRPORTS)


def test_korean_air_never_uses_a_number_twice() -> None:
    numbers = Counter(f.number for route in ROUTES.values() for f in route.flights if f.carrier == "KE")
    assert max(numbers.values()) == 1
    assert all(len(number) in (3, 4) for number in numbers)


def test_korean_air_flies_between_its_hub_and_every_airport_but_the_one_next_door() -> None:
    for code in AIRPORTS:
        for ends in ((code, "ICN"), ("ICN", code)):
            carriers = {flight.carrier for flight in ROUTES[ends].flights} if ends in ROUTES else set()
            assert ("KE" in carriers) == (code not in ("ICN", "GMP"))


def test_a_carrier_flies_from_or_to_its_own_country_only() -> None:
    homes = {**schedule.HOME, "KE": "KR"}
    for (origin, destination), route in ROUTES.items():
        countries = {AIRPORTS[origin].country, AIRPORTS[destination].country}
        assert all(homes[flight.carrier] in countries for flight in route.flights)


def test_two_airports_of_one_city_have_no_flights_to_each_other() -> None:
    assert not {("ICN", "GMP"), ("GMP", "ICN"), ("NRT", "HND"), ("HND", "NRT")} & set(ROUTES)


def test_times_and_fares_are_possible() -> None:
    for (origin, destination), route in ROUTES.items():
        km = airports.kilometres(AIRPORTS[origin], AIRPORTS[destination])
        assert route.fare % 100 == 0 and 50_000 < route.fare < 2_500_000
        for flight in route.flights:
            assert "06:00" <= flight.departs <= "22:00"
            assert flight.minutes % 5 == 0
            assert 300 < km / (flight.minutes / 60) < 900 or km < 600
