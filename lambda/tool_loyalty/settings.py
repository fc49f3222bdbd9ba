"""The function's settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from lambda_common.settings import table_name


@dataclass(frozen=True)
class Settings:
    """Physical names of the tables."""

    members: str
    tiers: str

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """From `TABLE_MEMBERS` and `TABLE_TIERS`; a fault if one is missing."""
        return cls(members=table_name(environment, "members"), tiers=table_name(environment, "tiers"))
