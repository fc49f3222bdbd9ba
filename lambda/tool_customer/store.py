"""The tables `customers` and `bookings`."""

from __future__ import annotations

from lambda_common.dynamodb import Database
from lambda_common.items import Row
from tool_customer.settings import Settings

BY_CUSTOMER = "by-customer"
"""The index of `bookings` as declared: customer_id, then departure_at."""


class Store:
    """Reads customers and bookings, adds bookings."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    def customer(self, customer_id: str) -> Row | None:
        """A customer, or None."""
        return self._database.get(self._settings.customers, {"customer_id": customer_id})

    def bookings(self, customer_id: str) -> list[Row]:
        """All bookings of a customer, by local departure time; reads an index, so a new one may come late."""
        return self._database.query(self._settings.bookings, BY_CUSTOMER, "customer_id", customer_id)

    def booking(self, booking_id: str) -> Row | None:
        """A booking, or None."""
        return self._database.get(self._settings.bookings, {"booking_id": booking_id})

    def add(self, row: Row) -> tuple[bool, bool]:
        """(the customer exists, the booking's id was free); written only if both, in one transaction."""
        return self._database.insert_if(
            table=self._settings.bookings,
            row=row,
            key="booking_id",
            exists_table=self._settings.customers,
            exists_key={"customer_id": row["customer_id"]},
        )
