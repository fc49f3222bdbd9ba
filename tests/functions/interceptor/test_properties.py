"""Properties of the whole function: whatever is sent, only the granted call passes, and only as it was sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.functions.interceptor.tokens import Signer
from tests.functions.interceptor.world import LOYALTY, POLICY, SEARCH, World, call, request, response

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=10,
)
TOOLS = st.sampled_from([*POLICY["tools"], SEARCH]) | st.text(max_size=40)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, signer: Signer) -> World:
    """One function over many events, as in production."""
    return World(tmp_path_factory.mktemp("shared"), signer)


@settings(deadline=None)
@given(
    agent=st.sampled_from(["booking", "loyalty", "idle"]),
    tool=TOOLS,
    escaped=st.booleans(),
    padding=st.text(),
)
def test_a_call_passes_if_and_only_if_exactly_that_tool_is_granted(
    shared: World, agent: str, tool: str, escaped: bool, padding: str
) -> None:
    body = call(tool, {"text": padding})
    raw = json.dumps(body, ensure_ascii=escaped)
    answer = shared.send(request(body, shared.token(agent), raw=raw))["mcp"]
    passed = answer.get("transformedGatewayRequest")
    assert (passed is not None) is (tool in POLICY["grants"].get(agent, {}))
    if passed is not None:
        assert passed == {"body": body}


@settings(deadline=None)
@given(event=JSON | st.builds(lambda mcp: {"interceptorInputVersion": "1.0", "mcp": mcp}, JSON))
def test_no_event_makes_it_raise_or_pass(shared: World, event: Any) -> None:
    answer = shared.send(event)
    made = answer.get("mcp", answer.get("http"))["transformedGatewayResponse"]
    assert set(answer) == {"interceptorOutputVersion", "http" if "http" in answer else "mcp"}
    assert isinstance(made["body"], (dict, str))
    json.loads(shared.output[-1])


@settings(deadline=None)
@given(body=JSON)
def test_no_body_makes_it_raise_or_pass(shared: World, body: Any) -> None:
    for raw in (None, json.dumps(body)):
        answer = shared.send(request(body, shared.token(), raw=raw))["mcp"]
        assert answer["transformedGatewayResponse"]["statusCode"] in (400, 403)


@settings(deadline=None)
@given(
    result=JSON, tools=st.lists(JSON), where=st.sampled_from(["tools", "structuredContent", "content", "x"])
)
def test_no_form_of_a_list_shows_a_tool_that_is_not_granted(
    shared: World, result: Any, tools: list[Any], where: str
) -> None:
    hidden = {"tools": [*tools, {"name": LOYALTY}]}
    found = {"tools": hidden["tools"], "structuredContent": hidden, "x": hidden}.get(
        where, [{"type": "text", "text": json.dumps(hidden)}]
    )
    made = {**result, where: found} if isinstance(result, dict) else hidden
    for body in (call(SEARCH), {"jsonrpc": "2.0", "id": 7, "method": "tools/list"}):
        answer = shared.send(response(body, shared.token(), {"jsonrpc": "2.0", "id": 7, "result": made}))
        assert LOYALTY not in json.dumps(answer)
