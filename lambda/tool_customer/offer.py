"""From a flight offer as the provider sent it to the facts of a booking, or a refusal.

An offer comes back through a language model, so nothing of it is trusted: what a booking is made of is
checked here, members the booking does not use are ignored and never stored. The price is the offer's own:
the provider signs nothing, so it is held against the sum of the travellers' prices only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from lambda_common.errors import Refusal
from tool_customer.airports import Airports
from tool_customer.document import Node

CARRIER = "KE"
CURRENCY = "KRW"
FARE_CLASSES = ("SAVER", "STANDARD", "FLEX", "PRESTIGE")
MAX_SEGMENTS = 3
MAX_TRAVELLERS = 9
LONGEST_FLIGHT = timedelta(hours=24)
LONGEST_STAY = timedelta(hours=24)

_OFFER = re.compile(r"flight-offer")
_IATA = re.compile(r"[A-Z]{3}")
_CARRIER = re.compile(r"[A-Z0-9]{2}")
_NUMBER = re.compile(r"[0-9]{1,4}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_BRAND = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
_ADULT = re.compile(r"ADULT")
_LOCAL = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::00)?")
_DURATION = re.compile(r"P(?:[0-9]D)?(?:T(?:[0-9]{1,2}H)?(?:[0-9]{1,2}M)?)?")


@dataclass(frozen=True)
class Segment:
    """One flight; the times are local wall times of their airports."""

    carrier: str
    number: str
    origin: str
    destination: str
    departure: datetime
    arrival: datetime


@dataclass(frozen=True)
class Journey:
    """What is booked. `price` is KRW for all passengers together."""

    segments: tuple[Segment, ...]
    fare_class: str
    passengers: int
    price: int

    @property
    def flight_number(self) -> str:
        """`KE703`; with a connection `KE702/KE001`."""
        return "/".join(f"{segment.carrier}{segment.number}" for segment in self.segments)


def read_offer(offer: Mapping[str, Any], airports: Airports, now: datetime) -> Journey:
    """The journey of an offer; raises a Refusal unless every fact holds.

    One way, one to three flights that connect, each of them Korean Air's, at airports of the table, each
    arrival after its departure; adults only, one fare class; KRW. The departure must lie ahead of `now`
    (aware) whichever of the airport's offsets applies, so inside a daylight saving zone it is refused up
    to an hour early and never late.
    """
    root = Node(offer, "flight_offer")
    root["type"].text(_OFFER, "flight-offer")
    itinerary = root["itineraries"].items(1)[0]
    if duration := itinerary.get("duration"):
        duration.text(_DURATION, "a duration such as PT2H25M")
    segments = tuple(_segment(node, airports) for node in itinerary["segments"].items(MAX_SEGMENTS))
    _check_connections(segments)
    fare_class, passengers, sum_of_prices = _travellers(root["travelerPricings"], len(segments))
    price = _price(root["price"], "grandTotal")
    if price != _price(root["price"], "total") or price != sum_of_prices:
        raise root["price"].refusal("the sum of the travellers' prices")
    for code in root["validatingAirlineCodes"].items(MAX_SEGMENTS):
        _own(code)
    if airports[segments[0].origin].instants(segments[0].departure)[0] <= now:
        raise Refusal("past_departure", "The flight has left already; search for a later one.")
    return Journey(segments, fare_class, passengers, price)


def _segment(node: Node, airports: Airports) -> Segment:
    origin, departure = _stop(node["departure"], airports)
    destination, arrival = _stop(node["arrival"], airports)
    if origin == destination:
        raise node["arrival"]["iataCode"].refusal("another airport than the departure's")
    carrier = _own(node["carrierCode"])
    if operating := node.get("operating"):
        _own(operating["carrierCode"])
    number = node["number"].text(_NUMBER, "a flight number of 1 to 4 digits")
    if stops := node.get("numberOfStops"):
        stops.count(3)
    left_first, left_last = airports[origin].instants(departure)
    landed_first, landed_last = airports[destination].instants(arrival)
    if not (landed_first > left_last and landed_last - left_first <= LONGEST_FLIGHT):
        raise node["arrival"]["at"].refusal("after the departure and within 24 hours of it")
    return Segment(carrier, number, origin, destination, departure, arrival)


def _stop(node: Node, airports: Airports) -> tuple[str, datetime]:
    code = node["iataCode"].text(_IATA, "an airport's code of three letters")
    if code not in airports:
        raise Refusal("unknown_airport", f"{node.path}.iataCode is no airport we sell tickets for.")
    text = node["at"].text(_LOCAL, "a local time such as 2026-11-22T10:10:00")
    try:
        return code, datetime.fromisoformat(text)
    except ValueError:
        raise node["at"].refusal("a time that exists") from None


def _own(node: Node) -> str:
    code = node.text(_CARRIER, "a carrier's code of two characters")
    if code != CARRIER:
        raise Refusal("carrier_not_allowed", f"Only {CARRIER} flights can be booked; see {node.path}.")
    return code


def _check_connections(segments: tuple[Segment, ...]) -> None:
    for before, after in pairwise(segments):
        stay = after.departure - before.arrival
        if before.destination != after.origin or not timedelta() <= stay <= LONGEST_STAY:
            raise Node(None, "flight_offer.itineraries[0].segments").refusal(
                "flights that connect within a day"
            )
    visited = [segments[0].origin, *(segment.destination for segment in segments)]
    if len(set(visited)) != len(visited):
        raise Node(None, "flight_offer.itineraries[0].segments").refusal(
            "a journey that visits no airport twice"
        )


def _price(node: Node, member: str) -> int:
    if node["currency"].text(_CURRENCY, "a currency code of three letters") != CURRENCY:
        raise Refusal(
            "currency_not_allowed", f"Only prices in {CURRENCY} can be booked; see {node.path}.currency."
        )
    return node[member].amount()


def _travellers(node: Node, segments: int) -> tuple[str, int, int]:
    """The one fare class, how many travellers, and the sum of their prices."""
    travellers = node.items(MAX_TRAVELLERS)
    brands: set[str] = set()
    total = 0
    for traveller in travellers:
        traveller["travelerType"].text(_ADULT, "ADULT")
        total += _price(traveller["price"], "total")
        details = traveller["fareDetailsBySegment"].items(MAX_SEGMENTS)
        if len(details) != segments:
            raise traveller["fareDetailsBySegment"].refusal("as long as the list of segments")
        brands |= {detail["brandedFare"].text(_BRAND, "a fare class") for detail in details}
    if unknown := brands.difference(FARE_CLASSES):
        raise Refusal(
            "unknown_fare_class",
            f"{len(unknown)} of the offer's fare classes are unknown; known are: {', '.join(FARE_CLASSES)}.",
        )
    if len(brands) != 1:
        raise node.refusal("in one fare class")
    return brands.pop(), len(travellers), total
