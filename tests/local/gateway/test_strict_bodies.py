"""Bodies that two readers could understand differently, or that are no JSON-RPC request."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.gateway import wire
from tests.local.gateway.kit import World, call_body, rpc
from tests.local.gateway.parts import FUNCTION, INFO, gateway, interceptor


@pytest.fixture(scope="module")
def world() -> World:
    return World(gateway(interceptors=(interceptor(),)))


def _call(member: str) -> bytes:
    text = (
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"%s","arguments":{"customer_id":%s}}}'
    )
    return (text % (INFO, member)).encode()


GOOD = _call('"C1"')


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "empty"),
        (b"   ", "blank"),
        (b"{", "truncated"),
        (GOOD + b"x", "trailing text"),
        (GOOD + GOOD, "two documents"),
        (b"\xef\xbb\xbf" + GOOD, "byte order mark"),
        (GOOD.decode().encode("utf-16"), "UTF-16"),
        (GOOD.decode().encode("utf-16-le"), "UTF-16 without a mark"),
        (GOOD.decode().encode("utf-32"), "UTF-32"),
        (_call('"\xff"').decode("utf-8").encode("latin-1"), "Latin-1"),
        (b" " * 70_000 + GOOD, "70 kB of blanks"),
        (b" " * 65 + GOOD, "more than 64 blanks"),
        (b"[" * 100_000, "deep array"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "deep object"),
        (_call("[" * 65 + "]" * 65), "nested deeper than 64"),
        (_call("NaN"), "NaN"),
        (_call("Infinity"), "Infinity"),
        (_call("-Infinity"), "-Infinity"),
        (_call("1e999"), "overflowing number"),
        (_call("1" * 5000), "number of 5,000 digits"),
        (_call("01"), "leading zero"),
        (_call("'C1'"), "single quotes"),
        (_call('"a\nb"'), "raw line break in a string"),
        (_call('"\\ud800"'), "lone surrogate"),
        (_call('"C1",'), "trailing comma"),
        (_call('"C1","customer_id":"C2"'), "duplicate argument"),
        (GOOD.replace(b'"id":1', b'"id":1,"method":"ping"'), "duplicate method"),
        (GOOD.replace(b'"id":1', b'"id":1,"id":2'), "duplicate id"),
        (GOOD.replace(b'"name"', b'"name":"x","name"'), "duplicate name"),
        (GOOD.replace(b'"name"', b'"\\u006eame":"x","name"'), "duplicate name, one escaped"),
        (GOOD[:-1] + b',"params":{}}', "duplicate params"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_body_with_two_readings_is_read(world: World, raw: bytes, why: str) -> None:
    before = len(world.functions.calls)
    answer = world.post(raw)
    assert (answer.status_code, answer.json()["error"]["code"], answer.json()["id"]) == (400, -32700, None), (
        why
    )
    assert len(world.functions.calls) == before


@pytest.mark.parametrize(
    "body",
    [
        [],
        [call_body(INFO, {"customer_id": "C1"})],
        [call_body(INFO, {"customer_id": "C1"}), call_body(INFO, {"customer_id": "C2"})],
        None,
        True,
        5,
        "tools/call",
        {},
        {"jsonrpc": "2.0", "id": 1},
        {**rpc("ping"), "jsonrpc": "1.0"},
        {**rpc("ping"), "jsonrpc": 2.0},
        {"id": 1, "method": "ping"},
        {**rpc("ping"), "method": None},
        {**rpc("ping"), "method": ["tools/call"]},
        {**rpc("ping"), "method": ""},
        {**rpc("ping"), "id": None},
        {**rpc("ping"), "id": True},
        {**rpc("ping"), "id": 1.5},
        {**rpc("ping"), "id": 2**63},
        {**rpc("ping"), "id": [1]},
        {**rpc("ping"), "id": "x" * 257},
        {**rpc("ping"), "params": []},
        {**rpc("ping"), "params": None},
        {**rpc("ping"), "extra": 1},
        {"jsonrpc": "2.0", "id": 1, "result": {}},
        {
            "jsonrpc": "2.0",
            "method": "tools/call",
            "params": {"name": INFO, "arguments": {"customer_id": "C1"}},
        },
        {"jsonrpc": "2.0", "method": "tools/list"},
        {"jsonrpc": "2.0", "method": "initialize"},
    ],
    ids=lambda body: json.dumps(body)[:60],
)
def test_something_other_than_one_request_is_carried_out(world: World, body: Any) -> None:
    before = len(world.functions.calls)
    answer = world.post(body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32600)
    assert len(world.functions.calls) == before


def test_an_escaped_method_or_name_reaches_the_function_unseen_by_the_interceptor(world: World) -> None:
    raw = GOOD.replace(b"tools/call", b"tools\\/call").replace(b"customer-mcp", b"customer\\u002dmcp")
    assert world.post(raw).status_code == 200
    seen = [
        call.event["mcp"]["gatewayRequest"]["body"] for call in world.functions.calls if "mcp" in call.event
    ]
    assert (seen[-1]["method"], seen[-1]["params"]["name"]) == ("tools/call", INFO)


def test_a_few_leading_blanks_and_64_levels_are_refused(world: World) -> None:
    assert world.post(b"\r\n  " + GOOD + b"\n").status_code == 200
    nested: Any = wire.parse("[" * 64 + "]" * 64)
    for _ in range(63):
        nested = nested[0]
    assert nested == []


def test_brackets_inside_text_count_as_nesting(world: World) -> None:
    before = len(world.functions.of(FUNCTION))
    assert world.post(_call('"' + "[{" * 500 + '"')).status_code == 200
    assert len(world.functions.of(FUNCTION)) == before + 1


def test_a_surrogate_pair_is_refused(world: World) -> None:
    assert world.post(_call('"\\ud83d\\ude00"')).json()["result"]["content"][0]["text"].count("😀") == 1


def test_an_error_repeats_what_was_sent(world: World) -> None:
    answer = world.post(b'{"jsonrpc":"2.0","id":1,"method":"tools/call","secret-value"')
    assert "secret-value" not in answer.text


TEXT = st.text(max_size=12).filter(lambda text: text.isascii() or text.isprintable())
SCALAR = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | TEXT
JSON = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None, max_examples=150)
@given(JSON)
def test_strict_parsing_changes_a_value(value: Any) -> None:
    assert wire.parse(wire.encode(value)) == value


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_raise_something_unforeseen(raw: bytes) -> None:
    try:
        wire.read_message(raw)
    except wire.WireError as refused:
        assert refused.code in (wire.PARSE_ERROR, wire.INVALID_REQUEST)
