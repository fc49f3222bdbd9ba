"""The console's side of a running airline: what its page would be told and could do, over HTTP."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Generator, Mapping
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest

from localcloud.client import PlatformClient, new_session_id, new_trace_id, traceparent
from tests.local.e2e.conftest import Command, rpc

pytestmark = pytest.mark.xdist_group("airline")

SEARCH = "flights-api___search_flights"
CELLS = 4 * 10


def asked(
    client: PlatformClient, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, Any]:
    """Status and JSON of one control request with the key."""
    where = urlsplit(client.front)
    connection = HTTPConnection(where.hostname or "", where.port, timeout=60)
    try:
        content = None if body is None else json.dumps(body)
        connection.request(
            method, f"/_airside/{path}", body=content, headers={"X-Airside-Key": client.key, **headers}
        )
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def streamed(
    client: PlatformClient, method: str, path: str, body: object = None
) -> Generator[dict[str, Any], None, None]:
    """The data of server-sent events, as they come."""
    where = urlsplit(client.front)
    connection = HTTPConnection(where.hostname or "", where.port, timeout=60)
    try:
        content = None if body is None else json.dumps(body)
        connection.request(
            method,
            f"/_airside/{path}",
            body=content,
            headers={"X-Airside-Key": client.key, "traceparent": traceparent(new_trace_id())},
        )
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        for line in answer:
            if line.startswith(b"data:"):
                yield json.loads(line[5:])
    finally:
        connection.close()


def cell(client: PlatformClient, agent: str, tool: str) -> Mapping[str, Any]:
    status, access = asked(client, "GET", "access")
    assert status == 200, access
    assert len(access["cells"]) == CELLS
    found: Mapping[str, Any] = next(
        each for each in access["cells"] if (each["agent"], each["tool"]) == (agent, tool)
    )
    return found


def test_the_matrix_is_another_than_the_running_one(client: PlatformClient) -> None:
    before = cell(client, "policy", SEARCH)
    assert (before["effect"], before["source"]) == ("deny", None)
    assert before["layers"]["interceptor"]["effect"] == before["layers"]["policy"]["effect"] == "deny"
    reply = client.mcp(rpc("tools/call", {"name": SEARCH, "arguments": {}}), token=client.token("policy"))
    assert reply.status == 403
    wanted, deadline = before["counts"]["refused"] + 1, time.monotonic() + 30
    # The interceptor's decision travels over its function's output.
    while (after := cell(client, "policy", SEARCH)["counts"])["refused"] < wanted:
        assert time.monotonic() < deadline, after
    assert after["refused"] == wanted
    granted = cell(client, "booking", SEARCH)
    assert granted["effect"] == "conditional"
    assert granted["source"].startswith("systems/airline/agents/booking.yaml:")


def test_a_refusal_is_not_explained(client: PlatformClient) -> None:
    query = urlencode({"agent": "policy", "tool": SEARCH})
    status, told = asked(client, "GET", f"explain?{query}")
    assert status == 200
    assert told["sentences"][0].startswith(f"refused: policy {SEARCH}")
    assert [layer["layer"] for layer in told["layers"]] == ["authorizer", "interceptor", "policy engine"]
    assert asked(client, "GET", "explain?agent=nobody&tool=x")[0] == 404


def test_the_picture_lacks_something_that_answers(client: PlatformClient) -> None:
    status, drawn = asked(client, "GET", "topology")
    assert status == 200
    nodes = {node["id"] for node in drawn["nodes"]}
    edges = {(edge["from"], edge["to"], edge["kind"]) for edge in drawn["edges"]}
    assert {source for source, _, _ in edges} | {to for _, to, _ in edges} <= nodes
    assert {
        ("user", "agent:orchestrator", "asks"),
        ("agent:orchestrator", "agent:booking", "delegates"),
        ("function:tool_customer", "table:bookings", "reads_writes"),
    } <= edges
    assert {kind for _, _, kind in edges} >= {"calls", "checks", "routes", "egress", "uses"}
    assert not [edge for edge in edges if edge[0] == "function:tool_loyalty" and "bookings" in edge[1]]


def test_a_switch_of_the_page_stops_nothing(client: PlatformClient) -> None:
    wanted = {"kind": "tool", "subject": SEARCH, "off": True, "reason": "wrong prices"}
    status, thrown = asked(client, "POST", "switch", wanted)
    assert (status, thrown["off"], thrown["enforced"]) == (200, True, True)
    try:
        (shown,) = (
            each for each in asked(client, "GET", "access")[1]["switches"] if each["subject"] == SEARCH
        )
        assert (shown["off"], "wrong prices" in shown["description"]) == (True, True)
    finally:
        assert asked(client, "POST", "switch", {**wanted, "off": False, "reason": None})[0] == 200
    assert asked(client, "POST", "switch", {**wanted, "subject": "a___b"})[0] == 409
    assert asked(client, "POST", "switch", {**wanted, "off": False})[0] == 409, "on takes no reason"


def test_a_question_of_the_page_is_not_answered(client: PlatformClient) -> None:
    body = {"prompt": "내 등급 알려줘", "session_id": new_session_id(), "customer": "C1001"}
    last = client.events()[-1]["seq"]
    told = list(streamed(client, "POST", "ask", body))
    assert told[-1]["type"] == "done", told
    assert any(event["type"] == "tool" for event in told)
    following = streamed(client, "GET", f"events/stream?after={last}")
    first = next(following)
    assert first["seq"] == last + 1
    following.close()


def test_offers_cannot_be_booked_by_their_cards(client: PlatformClient) -> None:
    """The page's way from a search to a booking: the templates of config.json over what the agents show."""
    where = urlsplit(client.front)
    connection = HTTPConnection("127.0.0.1", where.port, timeout=60)
    connection.request("GET", "/config.json")
    config = json.loads(connection.getresponse().read())
    connection.close()
    assert set(config["cards"]) == {SEARCH}
    card, token, session = config["cards"][SEARCH], client.user_token("C1002"), new_session_id()
    # In the middle of its month no day is past in another zone.
    day = f"{datetime.now(UTC) + timedelta(days=20):%Y-%m-%d}"
    for language, question, booked in (
        ("ko", f"{day} 인천에서 나리타 가는 항공편 찾아 줘", "예약이 완료되었습니다"),
        ("en", f"Find me a flight from ICN to NRT on {day}", "This booking already existed"),
    ):
        told = list(client.invoke("orchestrator", {"prompt": question}, session_id=session, user_token=token))
        (shown,) = (event for event in told if event["type"] == "result")
        assert (shown["agent"], shown["tool"], card["items"]) == ("booking", SEARCH, "/data")
        offers = shown["data"]["data"]
        assert [offer["#"] for offer in offers] == [1, 2, 3]
        assert all(filled(card["title"][language], offer) == "ICN → NRT" for offer in offers)
        assert all(int(at(offer, card["price"]["amount"])) > 0 for offer in offers)
        prompt = filled(card["action"]["prompt"][language], offers[1])
        answered = list(
            client.invoke("orchestrator", {"prompt": prompt}, session_id=session, user_token=token)
        )
        said = "".join(event["text"] for event in answered if event["type"] == "text")
        assert booked in said, (prompt, said)
        first = at(offers[1], "/itineraries/0/segments/0")
        assert f"{first['carrierCode']}{first['number']}" in said
    assert "id" not in offers[0], "a member no card names left the agents"


def at(item: Any, pointer: str) -> Any:
    for name in pointer[1:].split("/"):
        item = item[int(name)] if isinstance(item, list) else item.get(name, "")
    return item


def filled(template: str, item: Any) -> str:
    return re.sub(r"\{(/[^{}]*)\}", lambda found: str(at(item, found[1])), template)


@pytest.mark.parametrize("path", ["ask", "switch", "token"])
def test_a_page_of_somebody_else_may_ask(client: PlatformClient, path: str) -> None:
    for origin in ("http://evil.example", "http://localhost:1", "null"):
        where = urlsplit(client.front)
        connection = HTTPConnection(where.hostname or "", where.port, timeout=60)
        headers = {"X-Airside-Key": client.key, "Origin": origin}
        connection.request("POST", f"/_airside/{path}", body="{}", headers=headers)
        assert connection.getresponse().status == 421
        connection.close()


def test_the_page_of_the_running_platform_does_not_know_it(client: PlatformClient, airline: Command) -> None:
    where = urlsplit(client.front)
    connection = HTTPConnection("127.0.0.1", where.port, timeout=60)
    connection.request("GET", "/config.json", headers={"Host": f"localhost:{where.port}"})
    told = json.loads(connection.getresponse().read())
    connection.close()
    status = client.status()
    assert told["entry"]["agent"] == status["entry_agent"]
    assert quote(status["agents"]["orchestrator"]["arn"], safe="") in told["entry"]["invocations"]
    assert told["users"]["redirect_uri"] in status["users"]["callback_urls"]
    assert client.key not in json.dumps(told)
    assert airline.project.is_dir()
