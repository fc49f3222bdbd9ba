"""What of a tool's answer leaves an agent: what is declared, cut to measure, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from strands import tool

from agent_common.shown import MAX_BYTES, NOTHING, Shown
from tests.agents.support.agents import events_of, fixed, service
from tests.agents.support.scripted import ScriptedModel, Use, says, uses

TOOL = "shelf___find"
RULE: dict[str, Any] = {
    "items": "/found/list",
    "members": ["/name", "/parts/0/size", "/parts/1/size", "/price/sum"],
    "most": 2,
    "only": {"/kind/0": "own"},
}
SHOWN = Shown.parse(json.dumps({TOOL: RULE}))


def item(name: str, *, kind: str = "own", **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": [kind], "secret": "canary", **more}


def answer(*items: Any) -> dict[str, Any]:
    return {"found": {"list": list(items), "secret": "canary"}, "secret": "canary"}


def test_more_of_an_answer_leaves_than_is_declared() -> None:
    parts = [{"size": 3, "secret": "canary"}, {"size": 4}, {"size": 5}]
    shown = SHOWN.of(TOOL, answer(item("a", parts=parts, price={"sum": "9.5", "secret": "canary"})))
    assert shown == {
        "found": {
            "list": [{"name": "a", "parts": [{"size": 3}, {"size": 4}], "price": {"sum": "9.5"}, "#": 1}]
        }
    }


def test_items_nobody_may_see_count_or_are_shown() -> None:
    found = [item("x", kind="other"), item("a"), {"name": "no kind"}, "text", None, item("b"), item("c")]
    shown = SHOWN.of(TOOL, answer(*found))
    assert shown is not None
    assert [(each["#"], each["name"]) for each in shown["found"]["list"]] == [(1, "a"), (2, "b")]


def test_what_was_cut_is_cut_to_something_else_on_the_way_up() -> None:
    """An orchestrator cuts again what a specialist has cut; members that `only` reads go along."""
    again = Shown.parse(json.dumps({TOOL: {**RULE, "members": [*RULE["members"], "/kind/0"]}}))
    once = again.of(TOOL, answer(item("a", parts=[None, {"size": 4}]), item("b")))
    assert once is not None
    assert once["found"]["list"][0]["parts"] == [None, {"size": 4}]
    assert again.of(TOOL, once) == once


@pytest.mark.parametrize(
    "value",
    [
        None, [], "x", 7, {}, {"found": []}, {"found": {"list": {}}}, answer(), answer(item("x", kind="other")),
        {"found": {"list": "own"}},
    ],
)  # fmt: skip
def test_an_answer_of_another_form_is_shown(value: Any) -> None:
    assert SHOWN.of(TOOL, value) is None


@pytest.mark.parametrize(
    "value", [{"a": 1}, ["a"], None, float("nan"), float("inf")], ids=["object", "list", "null", "nan", "inf"]
)
def test_a_member_that_is_no_plain_value_is_shown(value: Any) -> None:
    shown = SHOWN.of(TOOL, answer(item("a", parts=[{"size": value}])))
    assert shown == {"found": {"list": [{"name": "a", "#": 1}]}}
    json.dumps(shown, allow_nan=False)


def test_a_text_or_an_answer_of_any_length_is_shown() -> None:
    shown = SHOWN.of(TOOL, answer(item("가" * 10_000)))
    assert shown is not None
    assert len(shown["found"]["list"][0]["name"]) == 4096
    members = [f"/m{number}" for number in range(40)]
    wide = Shown.parse(json.dumps({TOOL: {"items": "/list", "members": members, "most": 50, "only": {}}}))
    long = {member[1:]: "x" * 100 for member in members}
    assert wide.of(TOOL, {"list": [long] * 5}) is not None
    assert wide.of(TOOL, {"list": [long] * 50}) is None, f"more than {MAX_BYTES} bytes"


def test_another_tools_answer_is_shown() -> None:
    assert SHOWN.of("shelf___find_more", answer(item("a"))) is None
    assert NOTHING.of_text(TOOL, json.dumps(answer(item("a")))) is None
    for text in ("", "no json", "[" * 100_000, '{"found": {"list": [{"kind": ["own"]}]}'):
        assert SHOWN.of_text(TOOL, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        "[" * 100_000,
        json.dumps({TOOL: None}),
        json.dumps({TOOL: {}}),
        json.dumps({TOOL: {**RULE, "more": 1}}),
        json.dumps({TOOL: {**RULE, "most": 0}}),
        json.dumps({TOOL: {**RULE, "most": True}}),
        json.dumps({TOOL: {**RULE, "most": 1000}}),
        json.dumps({TOOL: {**RULE, "items": ""}}),
        json.dumps({TOOL: {**RULE, "items": "found"}}),
        json.dumps({TOOL: {**RULE, "items": "/a~2"}}),
        json.dumps({TOOL: {**RULE, "members": [1]}}),
        json.dumps({TOOL: {**RULE, "only": ["/a"]}}),
    ],
)
def test_half_a_rule_counts_as_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Shown.parse(text)


def shelf(text: str, status: str = "success") -> Any:
    @tool(name=TOOL)
    async def find() -> dict[str, Any]:
        """Finds things."""
        return {"toolUseId": "use-1", "status": status, "content": [{"text": text}]}

    return find


@pytest.mark.anyio
async def test_a_result_is_told_before_its_tool_has_ended_or_after_the_next_words() -> None:
    model = ScriptedModel(uses(Use(TOOL, use_id="use-1")), says("two of them"))
    tools = fixed(shelf(json.dumps(answer(item("a")))))
    events = await events_of(service(model, tools, SHOWN_RESULTS=json.dumps({TOOL: RULE})))
    assert [event["type"] for event in events] == ["tool", "tool", "result", "text", "done"]
    assert events[2] == {
        "type": "result",
        "agent": "booking",
        "tool": TOOL,
        "data": {"found": {"list": [{"name": "a", "#": 1}]}},
    }


@pytest.mark.anyio
@pytest.mark.parametrize(("status", "declared"), [("error", True), ("success", False)])
async def test_a_failed_or_undeclared_tools_answer_is_shown(status: str, declared: bool) -> None:
    model = ScriptedModel(uses(Use(TOOL, use_id="use-1")), says("nothing"))
    tools = fixed(shelf(json.dumps(answer(item("a"))), status))
    rules = {TOOL if declared else "shelf___other": RULE}
    events = await events_of(service(model, tools, SHOWN_RESULTS=json.dumps(rules)))
    assert "result" not in [event["type"] for event in events]
