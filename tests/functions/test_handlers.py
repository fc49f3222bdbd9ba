"""Each function as Lambda calls it: its handler, the gateway's context, the template's environment."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest
import yaml

from lambda_common.errors import ToolFailure
from tests.functions.support import tables
from tests.functions.support.context import FakeLambdaContext
from tests.functions.support.offers import offer

TARGETS = {
    document["function"]: document
    for path in sorted((tables.AIRLINE / "targets").glob("*.yaml"))
    if (document := yaml.safe_load(path.read_text(encoding="utf-8")))["kind"] == "lambda"
}
EXAMPLES: dict[str, dict[str, Any]] = {
    "get_customer_info": {"customer_id": "C1001"},
    "get_customer_bookings": {"customer_id": "C1001"},
    "create_booking": {
        "customer_id": "C1001",
        "flight_offer": offer("ICN", "NRT", tables.TODAY.replace(year=2090)),
    },
    "get_member_loyalty": {"customer_id": "C1001"},
    "get_points_balance": {"customer_id": "C1001"},
    "get_tier_benefits": {"tier": "GOLD"},
    "get_baggage_policy": {"fare_class": "FLEX", "route_kind": "long_haul"},
    "get_cancellation_policy": {"fare_class": "FLEX", "route_kind": "long_haul", "days_before_departure": 10},
    "get_change_policy": {"fare_class": "SAVER", "route_kind": "domestic", "tier": "DIAMOND"},
}


@pytest.fixture(scope="module")
def one_customer(emulator: Any) -> None:
    """All tables, with the rows of one customer; filled once."""
    tables.clear(emulator)
    for table in tables.declared():
        rows = [row for row in tables.seed_rows(table) if row.get("customer_id", "C1001") == "C1001"]
        tables.put(emulator, table, rows)


@pytest.fixture
def seeded(one_customer: None, table_environment: None) -> None:
    """The tables and the environment that names them."""


def handler(package: str) -> Any:
    return importlib.reload(importlib.import_module(f"{package}.handler")).handler


@pytest.mark.parametrize("package", TARGETS)
def test_a_function_has_exactly_the_tools_that_are_declared(package: str, seeded: None) -> None:
    built = importlib.import_module(f"{package}.tools").build()
    assert set(built) == set(TARGETS[package]["tools"])


@pytest.mark.parametrize(
    ("package", "tool"), [(package, tool) for package, target in TARGETS.items() for tool in target["tools"]]
)
def test_every_declared_tool_answers_with_json_and_without_an_error(
    package: str, tool: str, seeded: None
) -> None:
    context = FakeLambdaContext.calling(f"{TARGETS[package]['target']}___{tool}")
    answer = handler(package)(EXAMPLES[tool], context)
    assert "error" not in answer
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


@pytest.mark.parametrize(
    ("package", "tool"), [(package, tool) for package, target in TARGETS.items() for tool in target["tools"]]
)
def test_every_tool_takes_exactly_its_declared_arguments(package: str, tool: str, seeded: None) -> None:
    declared = TARGETS[package]["tools"][tool]
    context = FakeLambdaContext.calling(f"{TARGETS[package]['target']}___{tool}")
    assert set(EXAMPLES[tool]) <= set(declared["input"])
    for name in declared["required"]:
        event = {key: value for key, value in EXAMPLES[tool].items() if key != name}
        assert handler(package)(event, context)["error"]["code"] == "invalid_argument"
    stranger = handler(package)(EXAMPLES[tool] | {"nobody_declared_this": 1}, context)
    assert stranger["error"]["code"] == "invalid_argument"
    for name in set(declared["input"]) - set(declared["required"]):
        assert "error" not in handler(package)(EXAMPLES[tool] | {name: None}, context)


@pytest.mark.parametrize("package", TARGETS)
def test_a_function_without_its_tables_fails_at_its_first_call(
    package: str, emulator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in tables.environment():
        monkeypatch.delenv(variable, raising=False)
    tool = next(iter(TARGETS[package]["tools"]))
    with pytest.raises(ToolFailure, match="TABLE_"):
        handler(package)(EXAMPLES[tool], FakeLambdaContext.calling(f"x___{tool}"))


@pytest.mark.parametrize("package", TARGETS)
def test_importing_a_handler_needs_no_environment(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (*tables.environment(), "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(variable, raising=False)
    assert callable(handler(package))


@pytest.mark.parametrize("package", TARGETS)
def test_a_function_asks_for_the_tables_its_target_declares(package: str) -> None:
    settings = importlib.import_module(f"{package}.settings").Settings
    environment = {f"TABLE_{table.upper()}": f"physical-{table}" for table in TARGETS[package]["tables"]}
    read = settings.read(environment)
    assert {getattr(read, table) for table in TARGETS[package]["tables"]} == set(environment.values())
    for missing in environment:
        with pytest.raises(ToolFailure, match=missing):
            settings.read({key: value for key, value in environment.items() if key != missing})
