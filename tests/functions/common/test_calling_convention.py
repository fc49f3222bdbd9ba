"""How a function is called, what it answers, and what it writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from lambda_common.context import tool_name
from lambda_common.errors import Refusal, ToolFailure
from lambda_common.settings import table_name
from lambda_common.tool import Tool, tool_handler
from tests.functions.support.context import ClientContext, FakeLambdaContext

SECRET = "C1001-and-a-passport-number"


def test_the_target_is_cut_off_at_the_first_separator_only() -> None:
    assert tool_name(FakeLambdaContext.calling("customer-mcp___get___it")) == "get___it"


@pytest.mark.parametrize(
    "name", ["", "get_it", "target__get_it", "___get_it", "target___", None, 7, ["a___b"]]
)
def test_a_name_that_is_not_the_gateways_form_is_a_fault(name: object) -> None:
    with pytest.raises(ToolFailure):
        tool_name(FakeLambdaContext.calling(name))


@pytest.mark.parametrize(
    "context",
    [
        None,
        object(),
        FakeLambdaContext(None),
        FakeLambdaContext(ClientContext(None)),
        FakeLambdaContext(ClientContext([])),
    ],
)
def test_a_call_past_the_gateway_is_a_fault(context: object) -> None:
    handler = tool_handler(lambda: {"get_it": lambda _: {}})
    with pytest.raises(ToolFailure):
        handler({"bedrockAgentCoreToolName": "target___get_it"}, context)


class Tools:
    """Counts how often it is built."""

    def __init__(self) -> None:
        self.built = 0

    def build(self) -> Mapping[str, Tool]:
        self.built += 1
        return {"works": self.works, "refuses": self.refuses, "breaks": self.breaks}

    def works(self, event: object) -> dict[str, Any]:
        return {"seen": event}

    def refuses(self, event: object) -> dict[str, Any]:
        raise Refusal("unknown_customer", "There is no customer of this number.")

    def breaks(self, event: object) -> dict[str, Any]:
        raise KeyError(SECRET)


def test_tools_are_built_once_in_a_process() -> None:
    tools = Tools()
    handler = tool_handler(tools.build)
    assert tools.built == 0
    for _ in range(3):
        assert handler({"a": 1}, FakeLambdaContext.calling("t___works")) == {"seen": {"a": 1}}
    assert tools.built == 1


def test_a_failed_build_is_tried_again() -> None:
    attempts = []

    def build() -> Mapping[str, Tool]:
        attempts.append(1)
        if len(attempts) == 1:
            raise ToolFailure("not yet")
        return Tools().build()

    handler = tool_handler(build)
    with pytest.raises(ToolFailure, match="not yet"):
        handler({}, FakeLambdaContext.calling("t___works"))
    assert handler({}, FakeLambdaContext.calling("t___works")) == {"seen": {}}


def test_a_refusal_is_an_answer_with_code_and_message() -> None:
    answer = tool_handler(Tools().build)({}, FakeLambdaContext.calling("t___refuses"))
    assert answer == {
        "error": {"code": "unknown_customer", "message": "There is no customer of this number."}
    }


def test_an_unknown_tool_is_a_fault_and_not_a_quiet_answer() -> None:
    with pytest.raises(ToolFailure, match="breaks, refuses, works"):
        tool_handler(Tools().build)({}, FakeLambdaContext.calling("t___delete_all"))


def test_an_unforeseen_error_shows_neither_its_text_nor_its_cause() -> None:
    with pytest.raises(ToolFailure) as caught:
        tool_handler(Tools().build)({}, FakeLambdaContext.calling("t___breaks"))
    assert str(caught.value) == "breaks failed: KeyError"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(("tool", "outcome"), [("works", "ok"), ("refuses", "refused"), ("breaks", "failed")])
def test_the_log_line_tells_the_outcome_and_no_argument(
    tool: str, outcome: str, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = tool_handler(Tools().build)
    try:
        handler({"customer_id": SECRET}, FakeLambdaContext.calling(f"t___{tool}"))
    except ToolFailure:
        assert tool == "breaks"
    (line,) = capsys.readouterr().out.splitlines()
    entry = json.loads(line)
    assert (entry["event"], entry["tool"], entry["outcome"]) == ("tool", tool, outcome)
    assert SECRET not in line


def test_an_undeclared_name_from_outside_is_not_written_to_the_log(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ToolFailure):
        tool_handler(Tools().build)({}, FakeLambdaContext.calling(f"t___{SECRET}"))
    assert SECRET not in capsys.readouterr().out


def test_a_missing_table_variable_is_named() -> None:
    assert table_name({"TABLE_SEAT_MAPS": "x"}, "seat-maps") == "x"
    for environment in ({}, {"TABLE_SEAT_MAPS": ""}):
        with pytest.raises(ToolFailure, match="TABLE_SEAT_MAPS"):
            table_name(environment, "seat-maps")
