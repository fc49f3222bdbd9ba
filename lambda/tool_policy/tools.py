"""The three tools: arguments in, answer out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lambda_common.arguments import Arguments
from lambda_common.dynamodb import Database, new_client
from lambda_common.errors import Refusal
from lambda_common.items import Row
from lambda_common.tool import Tool
from tool_policy import fees
from tool_policy.fees import Fare
from tool_policy.settings import Settings
from tool_policy.store import Store

FARE_CLASSES = ("SAVER", "STANDARD", "FLEX", "PRESTIGE")
ROUTE_KINDS = ("domestic", "short_haul", "long_haul")
TIER = re.compile(r"[A-Za-z]{1,20}")
NO_TIER = "SKYPASS"
"""The tier of a question that names none."""
MAX_DAYS = 400


class PolicyTools:
    """The tools over their store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get_baggage_policy(self, event: object) -> dict[str, Any]:
        """`{fare_class, route_kind, tier, checked, cabin, extra_bag_fee}`."""
        fare, tier = self._question(_arguments(event))
        return fees.baggage(fare, self._rule("baggage", fare), tier)

    def get_cancellation_policy(self, event: object) -> dict[str, Any]:
        """`{fare_class, route_kind, tier, days_before_departure, refundable, base_fee, …, fee}`."""
        arguments = _arguments(event, "days_before_departure")
        days = arguments.optional_integer("days_before_departure", 0, MAX_DAYS)
        fare, tier = self._question(arguments)
        return fees.cancellation(fare, self._rule("cancellation", fare), tier, days)

    def get_change_policy(self, event: object) -> dict[str, Any]:
        """`{fare_class, route_kind, tier, changeable, base_fee, discount_percent, fee, …}`."""
        fare, tier = self._question(_arguments(event))
        return fees.change(fare, self._rule("change", fare), tier)

    def by_name(self) -> Mapping[str, Tool]:
        """The tools by their declared names."""
        return {
            "get_baggage_policy": self.get_baggage_policy,
            "get_cancellation_policy": self.get_cancellation_policy,
            "get_change_policy": self.get_change_policy,
        }

    def _rule(self, topic: str, fare: Fare) -> Row:
        return self._store.rule(topic, fare.fare_class, fare.route_kind)

    def _question(self, arguments: Arguments) -> tuple[Fare, Row]:
        fare_class = arguments.choice("fare_class", FARE_CLASSES, code="unknown_fare_class")
        route_kind = arguments.choice("route_kind", ROUTE_KINDS, code="unknown_route_kind")
        tier = arguments.optional_text("tier", TIER, "a tier such as GOLD") or NO_TIER
        discount = self._store.discount(tier)
        if discount is None:
            raise Refusal("unknown_tier", "There is no tier of this name; names are in capital letters.")
        return Fare(fare_class, route_kind, tier), discount


def _arguments(event: object, *more: str) -> Arguments:
    return Arguments(event, required=("fare_class", "route_kind"), optional=("tier", *more))


def build() -> Mapping[str, Tool]:
    """The tools over the real table."""
    return PolicyTools(Store(Database(new_client()), Settings.read())).by_name()
