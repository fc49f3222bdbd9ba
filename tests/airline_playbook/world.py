"""A small airline of the test's own; its tools answer in the shapes the real ones have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Tool = Callable[[Mapping[str, Any]], tuple[Any, bool]]
"""Arguments → the answer (JSON, or text as it stands) and whether it is an error."""


def offer(
    number: str,
    flight: str,
    departs: str,
    arrives: str,
    total: str,
    *,
    carrier: str = "KE",
    route: tuple[str, str] = ("ICN", "NRT"),
) -> dict[str, Any]:
    """A flight offer in the provider's shape."""
    return {
        "type": "flight-offer",
        "id": number,
        "source": "GDS",
        "itineraries": [
            {
                "duration": "PT2H25M",
                "segments": [
                    {
                        "departure": {"iataCode": route[0], "terminal": "2", "at": departs},
                        "arrival": {"iataCode": route[1], "terminal": "1", "at": arrives},
                        "carrierCode": carrier,
                        "number": flight,
                        "aircraft": {"code": "77W"},
                        "numberOfStops": 0,
                    }
                ],
            }
        ],
        "price": {"currency": "KRW", "total": total, "base": total, "grandTotal": total},
        "validatingAirlineCodes": [carrier],
        "travelerPricings": [{"fareDetailsBySegment": [{"brandedFare": "STANDARD"}]}],
    }


BOOKING = {
    "booking_id": "B7Q2K9XM4",
    "status": "CONFIRMED",
    "flight_number": "KE703",
    "origin": "ICN",
    "destination": "NRT",
    "departure_at": "2026-12-03T09:10",
    "arrival_at": "2026-12-03T11:35",
    "fare_class": "STANDARD",
    "route_kind": "short_haul",
    "passengers": 1,
    "price": {"amount": 312400, "currency": "KRW"},
}
FLOWN = BOOKING | {
    "booking_id": "B1111AAAA",
    "status": "FLOWN",
    "departure_at": "2026-10-22T18:00",
    "arrival_at": "2026-10-22T19:05",
    "origin": "GMP",
    "destination": "CJU",
    "route_kind": "domestic",
}


class World:
    """The airline's facts, and its tools over them."""

    def __init__(self) -> None:
        self.bookings: list[dict[str, Any]] = [dict(BOOKING), dict(FLOWN)]
        self.tier = "GOLD"
        self.made: list[Mapping[str, Any]] = []
        self.offers = [
            offer("1", "703", "2026-11-22T10:10:00", "2026-11-22T12:35:00", "312400"),
            offer("2", "102", "2026-11-22T09:00:00", "2026-11-22T11:20:00", "250000", carrier="OZ"),
            offer("3", "705", "2026-11-22T14:20:00", "2026-11-22T16:45:00", "298000"),
            offer("4", "701", "2026-11-22T18:50:00", "2026-11-22T21:15:00", "341900"),
            offer("5", "707", "2026-11-22T20:00:00", "2026-11-22T22:25:00", "355000"),
        ]

    def tools(self) -> dict[str, Tool]:
        """The gateway's tools."""
        return {
            "customer-mcp___get_customer_info": self._info,
            "customer-mcp___get_customer_bookings": self._list,
            "customer-mcp___create_booking": self._create,
            "flights-api___search_flights": lambda a: ({"meta": {"count": 5}, "data": self.offers}, False),
            "loyalty-mcp___get_member_loyalty": self._member,
            "loyalty-mcp___get_points_balance": self._balance,
            "loyalty-mcp___get_tier_benefits": self._benefits,
            "policy-mcp___get_change_policy": self._change,
            "policy-mcp___get_cancellation_policy": self._cancel,
            "policy-mcp___get_baggage_policy": self._baggage,
        }

    def _info(self, args: Mapping[str, Any]) -> tuple[Any, bool]:
        names = {
            "name_ko": "김하늘",
            "name_en": "Kim Haneul",
            "email": "haneul@example.com",
            "language": "ko",
        }
        return {"customer_id": args["customer_id"], **names}, False

    def _list(self, args: Mapping[str, Any]) -> tuple[Any, bool]:
        if args["customer_id"] != "C1001":
            return {"error": {"code": "unknown_customer", "message": "no such customer"}}, False
        return {"customer_id": args["customer_id"], "bookings": self.bookings}, False

    def _create(self, args: Mapping[str, Any]) -> tuple[Any, bool]:
        self.made.append(args)
        segment = args["flight_offer"]["itineraries"][0]["segments"][0]
        booking = BOOKING | {
            "booking_id": "B9Z8Y7X6W",
            "flight_number": segment["carrierCode"] + segment["number"],
            "departure_at": segment["departure"]["at"][:16],
            "arrival_at": segment["arrival"]["at"][:16],
            "price": {"amount": int(args["flight_offer"]["price"]["total"]), "currency": "KRW"},
        }
        return {"booking": booking, "created": True}, False

    def _member(self, args: Mapping[str, Any]) -> tuple[Any, bool]:
        facts = {
            "tier": self.tier,
            "miles": 84210,
            "miles_to_next_tier": 15790,
            "tier_valid_until": "2027-12-31",
        }
        return {"customer_id": args["customer_id"], **facts}, False

    def _balance(self, args: Mapping[str, Any]) -> tuple[Any, bool]:
        facts = {"miles": 84210, "expiring_miles": 3200, "expiring_on": "2026-12-31"}
        return {"customer_id": args["customer_id"], **facts}, False

    def _benefits(self, args: Mapping[str, Any]) -> tuple[Any, bool]:
        return {
            "tier": args["tier"],
            "lounge_access": True,
            "extra_baggage_pieces": 1,
            "bonus_miles_percent": 10,
            "priority_boarding": True,
            "change_fee_discount_percent": 20,
            "cancellation_fee_discount_percent": 10,
        }, False

    def _change(self, args: Mapping[str, Any]) -> tuple[Any, bool]:
        base = {"short_haul": 50000, "long_haul": 100000, "domestic": 10000}[args["route_kind"]]
        return self._priced(args, base, 20) | {
            "changeable": True,
            "base_fee": {"amount": base, "currency": "KRW"},
            "fare_difference_applies": True,
        }, False

    def _cancel(self, args: Mapping[str, Any]) -> tuple[Any, bool]:
        base = 75000 if args.get("days_before_departure", 0) < 14 else 55000
        return self._priced(args, base, 10) | {
            "days_before_departure": args.get("days_before_departure"),
            "refundable": True,
            "base_fee": {"amount": base, "currency": "KRW"},
        }, False

    def _priced(self, args: Mapping[str, Any], base: int, gold: int) -> dict[str, Any]:
        tier = args.get("tier", "SKYPASS")
        percent = gold if tier == "GOLD" else 0
        return {
            "fare_class": args["fare_class"],
            "route_kind": args["route_kind"],
            "tier": tier,
            "discount_percent": percent,
            "fee": {"amount": base * (100 - percent) // 100, "currency": "KRW"},
        }

    def _baggage(self, args: Mapping[str, Any]) -> tuple[Any, bool]:
        return {
            "fare_class": args["fare_class"],
            "route_kind": args["route_kind"],
            "tier": args.get("tier", "SKYPASS"),
            "checked": {"pieces": 2, "kg_each": 23},
            "cabin": {"pieces": 1, "kg_each": 10},
            "extra_bag_fee": {"amount": 75000, "currency": "KRW"},
        }, False
