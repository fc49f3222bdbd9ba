"""A policy that cannot be read with certainty grants nothing, to nobody, and says why."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway_interceptor.policy import load, parse
from gateway_interceptor.refused import POLICY_UNAVAILABLE, Refused
from tests.functions.interceptor.tokens import Signer
from tests.functions.interceptor.world import BOOKING, POLICY, World, call, method, refused, request, response

MAX_BYTES = 16_777_216


def _without(name: str) -> bytes:
    return json.dumps({key: value for key, value in POLICY.items() if key != name}).encode()


def _changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    policy = copy.deepcopy(POLICY)
    change(policy)
    return json.dumps(policy).encode()


def _earlier(version: int, *missing: str) -> bytes:
    """A policy as it was before members of that name were there."""
    kept = {key: value for key, value in POLICY.items() if key not in missing}
    return json.dumps({**kept, "version": version}).encode()


SCOPE = "airline/agent.booking"
BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "blank": (b" \n", "empty"),
    "not JSON": (b"version: 1", "malformed"),
    "half written": (json.dumps(POLICY).encode()[:-20], "malformed"),
    "byte order mark": (b"\xef\xbb\xbf" + json.dumps(POLICY).encode(), "malformed"),
    "UTF-16": (json.dumps(POLICY).encode("utf-16"), "malformed"),
    "a list": (b"[]", "malformed"),
    "null": (b"null", "malformed"),
    "a key twice": (json.dumps(POLICY).encode()[:-1] + b',"badges":{}}', "malformed"),
    "deep": (b"[" * 100_000, "malformed"),
    "too large": (b'"' + b"a" * MAX_BYTES + b'"', "malformed"),
    "version 1 in its own form": (_earlier(1, "users", "arguments"), "version"),
    "version 2 in its own form": (_earlier(2), "version"),
    "the version after": (_changed(lambda p: p.update(version=4)), "version"),
    "version as text": (_changed(lambda p: p.update(version="3")), "version"),
    "version true": (_changed(lambda p: p.update(version=True)), "version"),
    "version 3.0": (_changed(lambda p: p.update(version=3.0)), "version"),
    "no version": (_without("version"), "version"),
    "no badges": (_without("badges"), "malformed"),
    "no grants": (_without("grants"), "malformed"),
    "no tools": (_without("tools"), "malformed"),
    "no system": (_without("system"), "malformed"),
    "no users": (_without("users"), "malformed"),
    "no arguments": (_without("arguments"), "malformed"),
    "unknown member": (_changed(lambda p: p.update(default="allow")), "malformed"),
    "badges a list": (_changed(lambda p: p.update(badges=[])), "malformed"),
    "grants null": (_changed(lambda p: p.update(grants=None)), "malformed"),
    "tools an object": (_changed(lambda p: p.update(tools={})), "malformed"),
    "a tool is no text": (_changed(lambda p: p["tools"].append(None)), "malformed"),
    "a tool is a list": (_changed(lambda p: p["tools"].append(["x"])), "malformed"),
    "a tool twice": (_changed(lambda p: p["tools"].append(BOOKING)), "malformed"),
    "a tool with a blank": (_changed(lambda p: p["tools"].append("a b")), "malformed"),
    "a tool with a look-alike": (_changed(lambda p: p["tools"].append("t___tоol")), "malformed"),
    "a badge of two words": (_changed(lambda p: p["badges"].update({"a b": "x"})), "malformed"),
    "an empty badge": (_changed(lambda p: p["badges"].update({"": "x"})), "malformed"),
    "two badges of one agent": (_changed(lambda p: p["badges"].update(x="booking")), "malformed"),
    "a badge of no agent": (_changed(lambda p: p["badges"].update(x=None)), "malformed"),
    "grants of a stranger": (_changed(lambda p: p["grants"].update(ghost={})), "malformed"),
    "a grant for no declared tool": (
        _changed(lambda p: p["grants"]["booking"].update(x___y="a:1")),
        "malformed",
    ),
    "a grant without source": (_changed(lambda p: p["grants"]["booking"].update({BOOKING: ""})), "malformed"),
    "a grant true": (_changed(lambda p: p["grants"]["booking"].update({BOOKING: True})), "malformed"),
    "grants a list of tools": (_changed(lambda p: p["grants"].update(booking=[BOOKING])), "malformed"),
}


@pytest.mark.parametrize(("data", "detail"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_policy_refuses_every_request(
    data: bytes, detail: str, tmp_path: Path, signer: Signer
) -> None:
    world = World(tmp_path, signer, policy=data)
    for body in (call(), method("initialize"), method("tools/list")):
        assert refused(world.send(request(body, world.token()))) == (500, -32603, 7)
        assert refused(world.send(request(body, None))) == (500, -32603, 7)
    listed = {"jsonrpc": "2.0", "id": 7, "result": {"tools": [{"name": BOOKING}]}}
    assert refused(world.send(response(method("tools/list"), None, listed))) == (500, -32603, 7)
    assert {(line["effect"], line["reason"], line["detail"]) for line in world.lines} == {
        ("deny", POLICY_UNAVAILABLE, detail)
    }


def test_a_missing_policy_refuses_and_says_so(tmp_path: Path, signer: Signer) -> None:
    world = World(tmp_path, signer, policy=None)
    assert refused(world.call()) == (500, -32603, 7)
    assert world.lines[0]["detail"] == "missing"
    assert world.lines[0]["policy"] is None


def test_an_unreadable_policy_refuses_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        load(str(tmp_path))  # A folder: unreadable for the superuser too.
    assert (caught.value.reason, caught.value.detail) == (POLICY_UNAVAILABLE, "unreadable")


def test_without_a_policy_its_own_refusal_passes_the_response_point(tmp_path: Path, signer: Signer) -> None:
    world = World(tmp_path, signer, policy=None)
    refusal = world.call()["mcp"]["transformedGatewayResponse"]["body"]
    answer = world.send(response(call(), world.token(), refusal, status=500))
    assert answer["mcp"]["transformedGatewayResponse"] == {"statusCode": 500, "body": refusal}


def test_the_digest_is_of_the_bytes_that_were_read() -> None:
    data = json.dumps(POLICY).encode()
    assert parse(data).digest == hashlib.sha256(data).hexdigest()[:16]
    assert parse(data + b"\n").digest != parse(data).digest


def test_an_agent_without_grants_is_no_fault() -> None:
    assert "idle" not in parse(json.dumps(POLICY).encode()).grants


def test_nobody_changes_a_policy_after_it_was_read() -> None:
    policy = parse(json.dumps(POLICY).encode())
    with pytest.raises(AttributeError, match="frozen"):
        policy.tools = frozenset()
    with pytest.raises(TypeError):
        policy.grants["booking"]["x___y"] = "a:1"  # type: ignore[index]
    with pytest.raises(TypeError):
        policy.badges["x"] = "booking"  # type: ignore[index]


def test_a_policy_of_a_thousand_agents_locks_everybody_out() -> None:
    tools = [f"target-{number // 100}___tool_{number}" for number in range(1_000)]
    large = {
        **POLICY,
        "badges": {f"airline/agent.a{number}": f"a{number}" for number in range(1_000)},
        "grants": {f"a{n}": dict.fromkeys(tools[n : n + 40], f"systems/a{n}.yaml:9") for n in range(1_000)},
        "tools": tools,
    }
    data = json.dumps(large).encode()
    assert len(data) > 1 << 20, "no large policy"
    assert parse(data).grants["a7"].keys() == set(tools[7:47])


def test_a_policy_is_read_up_to_the_limit_and_not_a_byte_more(tmp_path: Path) -> None:
    """Blanks come first, so that the last byte is one without which it cannot be read."""
    text = json.dumps(POLICY).encode()
    file = tmp_path / "policy.json"
    file.write_bytes(text.rjust(MAX_BYTES))
    assert load(str(file)).grants["booking"]
    file.write_bytes(text.ljust(MAX_BYTES + 1))
    with pytest.raises(Refused) as caught:
        load(str(file))
    assert (caught.value.reason, caught.value.detail) == (POLICY_UNAVAILABLE, "malformed")
