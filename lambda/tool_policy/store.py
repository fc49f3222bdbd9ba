"""The table `rules`."""

from __future__ import annotations

from lambda_common.dynamodb import Database
from lambda_common.errors import ToolFailure
from lambda_common.items import Row
from tool_policy.settings import Settings


class Store:
    """Reads rules and the tiers' discounts."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    def rule(self, topic: str, fare_class: str, route_kind: str) -> Row:
        """The rule of a topic for a fare; every known fare has one, so a missing one is a fault."""
        key = f"{fare_class}#{route_kind}"
        row = self._database.get(self._settings.rules, {"topic": topic, "rule_key": key})
        if row is None:
            raise ToolFailure(f"the table of rules has no row {topic}/{key}: seed it again")
        return row

    def discount(self, tier: str) -> Row | None:
        """The discounts and extra allowance of a tier, or None."""
        return self._database.get(self._settings.rules, {"topic": "tier_discount", "rule_key": tier})
