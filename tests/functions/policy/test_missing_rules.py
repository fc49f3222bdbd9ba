"""A table of rules that is not complete."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_common.dynamodb import Database
from lambda_common.errors import ToolFailure
from tests.functions.support import tables
from tool_policy.settings import Settings
from tool_policy.store import Store
from tool_policy.tools import PolicyTools


@pytest.mark.parametrize("tool", ["get_baggage_policy", "get_cancellation_policy", "get_change_policy"])
def test_a_missing_rule_is_a_fault_and_not_a_free_ticket(aws: Any, tool: str) -> None:
    tables.put(aws, "rules", [row for row in tables.seed_rows("rules") if row["topic"] == "tier_discount"])
    tools = PolicyTools(Store(Database(aws), Settings(tables.name("rules")))).by_name()
    with pytest.raises(ToolFailure, match="STANDARD#short_haul"):
        tools[tool]({"fare_class": "STANDARD", "route_kind": "short_haul"})
