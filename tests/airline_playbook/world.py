"""A small airline of the test's own, and conversations with the playbook over it.

Tools answer in the shapes the real ones have. Delegation runs the specialist's own playbook, so that what an
orchestrator reads is what a specialist wrote.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from localcloud.model import Playbook, load_playbook
from localcloud.model.parse import parse
from localcloud.model.playbook.engine import Answer, answer
from localcloud.model.request import Text, ToolUse

FOLDER = Path(__file__).resolve().parents[2] / "systems" / "airline" / "playbook"
TODAY = "2026-11-21"
Tool = Callable[[Mapping[str, Any]], tuple[Any, bool]]
"""Arguments → the answer (JSON, or text as it stands) and whether it is an error."""

TOOLS_OF = {
    "booking": (
        "customer-mcp___get_customer_info",
        "customer-mcp___get_customer_bookings",
        "customer-mcp___create_booking",
        "flights-api___search_flights",
    ),
    "loyalty": (
        "loyalty-mcp___get_member_loyalty",
        "loyalty-mcp___get_points_balance",
        "loyalty-mcp___get_tier_benefits",
    ),
    "policy": (
        "policy-mcp___get_baggage_policy",
        "policy-mcp___get_cancellation_policy",
        "policy-mcp___get_change_policy",
    ),
    "orchestrator": ("call_booking_agent", "call_loyalty_agent", "call_policy_agent"),
}


def playbook() -> Playbook:
    """The airline's playbook, loaded anew."""
    return load_playbook(FOLDER)


def system_prompt(customer: str | None = "C1001", language: str | None = None) -> str:
    """The facts an agent's prompt states."""
    lines = [
        "You are an airline's assistant.",
        f"Today is {TODAY} (Saturday). Tomorrow is 2026-11-22.",
    ]
    if customer:
        lines.append(f"The customer is {customer}.")
    if language:
        lines.append(f"Answer in {'Korean' if language == 'ko' else 'English'}.")
    return "\n".join(lines)


class Conversation:
    """One session of one agent: `say` runs its tools until it answers, and keeps every message."""

    def __init__(
        self,
        rules: Playbook,
        agent: str,
        tools: Mapping[str, Tool],
        *,
        customer: str | None = "C1001",
        language: str | None = None,
        offered: tuple[str, ...] | None = None,
    ) -> None:
        self.rules = rules
        self.agent = agent
        self.tools = tools
        self.system = system_prompt(customer, language)
        self.offered = TOOLS_OF[agent] if offered is None else offered
        self.messages: list[dict[str, Any]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.rounds: list[list[str]] = []
        self.last: Answer | None = None

    def say(self, text: str) -> str:
        """The agent's answer to a text."""
        self.calls.clear()
        self.rounds.clear()
        self.messages.append({"role": "user", "content": [{"text": text}]})
        for _ in range(20):
            given = self._ask()
            uses = [block for block in given.blocks if isinstance(block, ToolUse)]
            self.messages.append({"role": "assistant", "content": [_wire(block) for block in given.blocks]})
            if not uses:
                return "".join(block.text for block in given.blocks if isinstance(block, Text))
            self.rounds.append([use.name for use in uses])
            self.messages.append({"role": "user", "content": [self._run(use) for use in uses]})
        raise AssertionError("the conversation has no end")

    def _ask(self) -> Answer:
        config = {
            "tools": [
                {"toolSpec": {"name": name, "inputSchema": {"json": {"type": "object"}}}}
                for name in self.offered
            ]
        }
        body: dict[str, Any] = {"system": [{"text": self.system}], "messages": self.messages}
        if self.offered:
            body["toolConfig"] = config
        self.last = answer(self.rules, self.agent, parse("some.model", json.dumps(body).encode()))
        return self.last

    def _run(self, use: ToolUse) -> dict[str, Any]:
        self.calls.append((use.name, dict(use.input)))
        result, failed = self.tools[use.name](use.input)
        text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
        return {
            "toolResult": {
                "toolUseId": use.id,
                "content": [{"text": text}],
                "status": "error" if failed else "success",
            }
        }


def _wire(block: Text | ToolUse) -> dict[str, Any]:
    if isinstance(block, Text):
        return {"text": block.text}
    return {"toolUse": {"toolUseId": block.id, "name": block.name, "input": dict(block.input)}}


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


def airline(
    rules: Playbook, world: World, *, customer: str | None = "C1001", language: str | None = "ko"
) -> Conversation:
    """An orchestrator whose specialists run their own playbooks, each in its own session."""
    tools = world.tools()
    specialists: dict[str, Conversation] = {}

    def delegate(agent: str) -> Tool:
        def call(args: Mapping[str, Any]) -> tuple[Any, bool]:
            if agent not in specialists:
                specialists[agent] = Conversation(
                    rules, agent, tools, customer=args.get("customer_id"), language=language
                )
            return specialists[agent].say(args["task"]), False

        return call

    delegates = {f"call_{name}_agent": delegate(name) for name in ("booking", "loyalty", "policy")}
    return Conversation(rules, "orchestrator", delegates, customer=customer, language=language)
