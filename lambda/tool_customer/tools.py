"""The three tools: arguments in, decision, answer out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from lambda_common.arguments import Arguments
from lambda_common.dynamodb import Database, new_client
from lambda_common.errors import Refusal
from lambda_common.items import Row
from lambda_common.tool import Tool
from tool_customer import bookings
from tool_customer.airports import Airports, load_airports
from tool_customer.settings import Settings
from tool_customer.store import Store

CUSTOMER_ID = re.compile(r"C[0-9]{4,8}")
PERSON = ("customer_id", "name_ko", "name_en", "email", "language")


class CustomerTools:
    """The tools over their store, airports and clock (aware UTC)."""

    def __init__(self, store: Store, airports: Airports, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._airports = airports
        self._clock = clock

    def get_customer_info(self, event: object) -> dict[str, Any]:
        """`{customer_id, name_ko, name_en, email, language}`."""
        customer = self._customer(_customer_id(Arguments(event, required=("customer_id",))))
        return {name: customer[name] for name in PERSON}

    def get_customer_bookings(self, event: object) -> dict[str, Any]:
        """`{customer_id, bookings: […]}`, the next departure first."""
        customer_id = _customer_id(Arguments(event, required=("customer_id",)))
        self._customer(customer_id)
        rows = bookings.in_order(self._store.bookings(customer_id), self._airports, self._clock())
        return {"customer_id": customer_id, "bookings": [bookings.answer_form(row) for row in rows]}

    def create_booking(self, event: object) -> dict[str, Any]:
        """`{booking: {…}, created: true | false}`."""
        arguments = Arguments(event, required=("customer_id", "flight_offer"))
        customer_id = _customer_id(arguments)
        offer = arguments.mapping("flight_offer")
        return bookings.create(customer_id, offer, self._store, self._airports, self._clock())

    def by_name(self) -> Mapping[str, Tool]:
        """The tools by their declared names."""
        return {
            "get_customer_info": self.get_customer_info,
            "get_customer_bookings": self.get_customer_bookings,
            "create_booking": self.create_booking,
        }

    def _customer(self, customer_id: str) -> Row:
        customer = self._store.customer(customer_id)
        if customer is None:
            raise Refusal("unknown_customer", "There is no customer of this number.")
        return customer


def _customer_id(arguments: Arguments) -> str:
    return arguments.text("customer_id", CUSTOMER_ID, "a customer number such as C1001")


def build() -> Mapping[str, Tool]:
    """The tools over the real tables and clock."""
    store = Store(Database(new_client()), Settings.read())
    return CustomerTools(store, load_airports(), bookings.system_clock).by_name()
