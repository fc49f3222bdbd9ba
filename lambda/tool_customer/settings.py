"""The function's settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from lambda_common.settings import table_name


@dataclass(frozen=True)
class Settings:
    """Physical names of the tables."""

    customers: str
    bookings: str

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """From `TABLE_CUSTOMERS` and `TABLE_BOOKINGS`; a fault if one is missing."""
        return cls(
            customers=table_name(environment, "customers"),
            bookings=table_name(environment, "bookings"),
        )
