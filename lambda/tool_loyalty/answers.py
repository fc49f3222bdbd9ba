"""From rows of `members` and `tiers` to answers. An attribute a row need not have is null in the answer."""

from __future__ import annotations

from typing import Any

from lambda_common.items import Row


def loyalty(member: Row) -> dict[str, Any]:
    """Tier and miles; `tier_valid_until` (YYYY-MM-DD) is null for a tier that does not end."""
    return {
        "customer_id": member["customer_id"],
        "tier": member["tier"],
        "miles": member["miles"],
        "miles_to_next_tier": member["miles_to_next_tier"],
        "tier_valid_until": member.get("tier_valid_until"),
    }


def balance(member: Row) -> dict[str, Any]:
    """Miles and the ones that expire next; `expiring_on` (YYYY-MM-DD) is null if none expire."""
    return {
        "customer_id": member["customer_id"],
        "miles": member["miles"],
        "expiring_miles": member["expiring_miles"],
        "expiring_on": member.get("expiring_on"),
    }


def benefits(tier: Row) -> dict[str, Any]:
    """What a tier brings."""
    return {
        "tier": tier["tier"],
        "lounge_access": tier["lounge"],
        "extra_baggage_pieces": tier["extra_bag_pieces"],
        "bonus_miles_percent": tier["bonus_miles_percent"],
        "priority_boarding": tier["priority_boarding"],
        "change_fee_discount_percent": tier["change_fee_discount_percent"],
        "cancellation_fee_discount_percent": tier["cancellation_fee_discount_percent"],
    }
