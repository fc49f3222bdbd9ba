"""The function's settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from lambda_common.settings import table_name


@dataclass(frozen=True)
class Settings:
    """Physical names of the tables."""

    rules: str

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """From `TABLE_RULES`; a fault if it is missing."""
        return cls(rules=table_name(environment, "rules"))
