"""The tables `members` and `tiers`."""

from __future__ import annotations

from lambda_common.dynamodb import Database
from lambda_common.items import Row
from tool_loyalty.settings import Settings


class Store:
    """Reads members and tiers."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    def member(self, customer_id: str) -> Row | None:
        """A member, or None."""
        return self._database.get(self._settings.members, {"customer_id": customer_id})

    def tier(self, tier: str) -> Row | None:
        """A tier, or None."""
        return self._database.get(self._settings.tiers, {"tier": tier})
