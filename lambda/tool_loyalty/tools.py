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
from tool_loyalty import answers
from tool_loyalty.settings import Settings
from tool_loyalty.store import Store

CUSTOMER_ID = re.compile(r"C[0-9]{4,8}")
TIER = re.compile(r"[A-Za-z]{1,20}")


class LoyaltyTools:
    """The tools over their store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get_member_loyalty(self, event: object) -> dict[str, Any]:
        """`{customer_id, tier, miles, miles_to_next_tier, tier_valid_until}`."""
        return answers.loyalty(self._member(event))

    def get_points_balance(self, event: object) -> dict[str, Any]:
        """`{customer_id, miles, expiring_miles, expiring_on}`."""
        return answers.balance(self._member(event))

    def get_tier_benefits(self, event: object) -> dict[str, Any]:
        """`{tier, lounge_access, extra_baggage_pieces, bonus_miles_percent, …}`."""
        arguments = Arguments(event, required=("tier",))
        tier = self._store.tier(arguments.text("tier", TIER, "a tier such as GOLD"))
        if tier is None:
            raise Refusal("unknown_tier", "There is no tier of this name; names are in capital letters.")
        return answers.benefits(tier)

    def by_name(self) -> Mapping[str, Tool]:
        """The tools by their declared names."""
        return {
            "get_member_loyalty": self.get_member_loyalty,
            "get_points_balance": self.get_points_balance,
            "get_tier_benefits": self.get_tier_benefits,
        }

    def _member(self, event: object) -> Row:
        arguments = Arguments(event, required=("customer_id",))
        member = self._store.member(
            arguments.text("customer_id", CUSTOMER_ID, "a customer number such as C1001")
        )
        if member is None:
            raise Refusal("unknown_customer", "There is no member of this customer number.")
        return member


def build() -> Mapping[str, Tool]:
    """The tools over the real tables."""
    return LoyaltyTools(Store(Database(new_client()), Settings.read())).by_name()
