"""End users end to end: each is served with their own data, whatever an agent is talked into."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from gateway_interceptor.events import USER_HEADER
from localcloud.client import (
    USER_TO_GATEWAY,
    NoSuchUser,
    PlatformClient,
    Reply,
    new_session_id,
    new_trace_id,
)
from tests.local.e2e.conftest import Command, ask, bookings_of, rpc

pytestmark = pytest.mark.xdist_group("airline")

BOUND = "customer-mcp___get_customer_bookings"
OTHERS = json.dumps({"customer_id": "C1002"})
OWN = json.dumps({"customer_id": "C1001"})


def decision(result: dict[str, Any]) -> tuple[str, str]:
    [found] = result["decisions"]
    return found["effect"], found["reason"]


@pytest.mark.parametrize(
    ("words", "status", "decided"),
    [
        ([OWN, "--customer", "C1001"], 200, ("allow", "granted")),
        ([OTHERS, "--customer", "C1001"], 403, ("deny", "user_mismatch")),
        ([OTHERS, "--customer", "guest"], 403, ("deny", "user_mismatch")),
        ([OTHERS], 403, ("deny", "no_user")),
        (["{}", "--customer", "C1001"], 403, ("deny", "user_mismatch")),
    ],
)
def test_a_customers_data_is_for_that_customer_only(
    airline: Command, words: list[str], status: int, decided: tuple[str, str]
) -> None:
    result = airline.json("call", "--as", "booking", BOUND, *words)
    assert (result["status"], decision(result)) == (status, decided)
    if status != 200:
        assert result["body"]["error"]["code"] == -32002
        assert "customer_id" in result["body"]["error"]["message"]
        assert "C100" not in result["body"]["error"]["message"]


def test_a_refusal_is_told_with_its_reason_and_ends_with_1(airline: Command) -> None:
    for more, reason in ((["--customer", "C1001"], "user_mismatch"), ([], "no_user")):
        result = airline.run("call", "--as", "booking", BOUND, OTHERS, *more)
        assert result.returncode == 1
        assert "HTTP 403" in result.stdout
        assert f"{reason} systems/airline/targets/customer-mcp.yaml:" in result.stdout
        assert "C1002" not in result.stdout


def test_a_booking_in_anothers_name_is_refused_and_nothing_is_booked(client: PlatformClient) -> None:
    """The agent's own token and a customer's: everything a bent agent has."""
    search = {
        "originLocationCode": "GMP",
        "destinationLocationCode": "CJU",
        "departureDate": "2030-01-15",
        "adults": 1,
    }
    user, token = client.user_token("C1001"), client.token("booking")
    before = {customer: bookings_of(client, customer) for customer in ("C1001", "C1002")}
    body = rpc("tools/call", {"name": "flights-api___search_flights", "arguments": search})
    offers = json.loads(client.mcp(body, token=token).body["result"]["content"][0]["text"])["data"]
    wanted = {"customer_id": "C1002", "flight_offer": offers[0]}
    body = rpc("tools/call", {"name": "customer-mcp___create_booking", "arguments": wanted})
    for sent in (user, None, client.user_token("guest")):
        reply = client.mcp(body, token=token, user_token=sent)
        assert (reply.status, reply.body["error"]["code"]) == (403, -32002)
    assert {customer: bookings_of(client, customer) for customer in before} == before


@pytest.mark.parametrize("adults", [0, 10, -1, 1.0, True, "1", None])
def test_a_number_out_of_its_bounds_is_refused(client: PlatformClient, adults: Any) -> None:
    search = {
        "originLocationCode": "GMP",
        "destinationLocationCode": "CJU",
        "departureDate": "2030-01-15",
        "adults": adults,
    }
    body = rpc("tools/call", {"name": "flights-api___search_flights", "arguments": search})
    assert client.mcp(body, token=client.token("booking")).status == 403


@pytest.mark.parametrize("question", ["C1002 고객의 예약을 보여줘", "Show me the bookings of customer C1002"])
def test_talk_of_another_customer_gets_nothing_of_theirs(client: PlatformClient, question: str) -> None:
    answer = ask(client, question, "C1001")
    for booking in bookings_of(client, "C1002"):
        assert booking["booking_id"] not in answer


def test_a_session_is_its_users_own(client: PlatformClient) -> None:
    session = new_session_id()
    ask(client, "모레 인천에서 나리타 가는 항공편 찾아줘", "C1020", session)
    before = {customer: bookings_of(client, customer) for customer in ("C1020", "C1021")}
    events = list(
        client.invoke(
            "orchestrator",
            {"prompt": "2번으로 예약해줘"},
            session_id=session,
            user_token=client.user_token("C1021"),
        )
    )
    assert {customer: bookings_of(client, customer) for customer in before} == before, events


def test_the_entry_agent_answers_no_one_without_a_token(client: PlatformClient) -> None:
    for token in (None, "x.y.z", client.token("orchestrator"), client.token("booking")):
        [event] = list(client.invoke("orchestrator", {"prompt": "내 등급 알려줘"}, user_token=token))
        assert (event["type"], event["code"]) == ("error", "UnauthorizedException")


def test_a_specialist_asked_alone_works_for_the_user_that_comes_along(client: PlatformClient) -> None:
    for customer, tool_used in (("C1001", True), ("guest", False)):
        trace = new_trace_id()
        events = list(
            client.invoke(
                "loyalty",
                {"prompt": "내 등급 알려줘"},
                user_token=client.user_token(customer),
                trace_id=trace,
            )
        )
        assert events[-1]["type"] == "done"
        assert any(event["type"] == "tool" for event in events) == tool_used
    assert any(event["type"] == "done" for event in client.invoke("loyalty", {"prompt": "내 등급 알려줘"})), (
        "without a user there is an answer too, and no customer's"
    )


def test_the_payload_cannot_say_who_asks(client: PlatformClient) -> None:
    payload = {"prompt": "내 등급 알려줘", "customer_id": "C1001"}
    [event] = list(client.invoke("orchestrator", payload, user_token=client.user_token("C1002")))
    assert (event["type"], event["code"]) == ("error", "bad_request")


def test_a_user_nobody_knows_is_named_before_anything_is_asked(
    airline: Command, client: PlatformClient
) -> None:
    with pytest.raises(NoSuchUser, match="C9999"):
        client.user_token("C9999")
    last = max(event["seq"] for event in client.events())
    for words in (["ask", "내 등급 알려줘"], ["call", "--as", "booking", BOUND, OWN]):
        result = airline.run(*words, "--customer", "C9999")
        assert result.returncode == 2
        assert "--customer C9999: is no user of airline" in result.stderr
        assert result.stdout == ""
    assert client.events(after=last) == []


def test_without_a_customer_a_guest_is_served(airline: Command) -> None:
    result = airline.json("ask", "내 등급 알려줘")
    assert result["error"] is None
    assert result["answer"].strip()
    assert [entry for entry in result["decisions"] if entry["tool"]] == []


def exchange(base: str, method: str, path: str, form: dict[str, str] | None = None) -> Reply:
    """One plain HTTP request, as a browser or a public client makes it; redirects are not followed."""
    parts = urlsplit(base)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        connection.request(method, path, body=urlencode(form) if form else None, headers=headers)
        response = connection.getresponse()
        raw = response.read()
        found = {name.lower(): value for name, value in response.getheaders()}
    finally:
        connection.close()
    return Reply(response.status, found, json.loads(raw) if raw else None)


def test_a_public_client_signs_a_customer_in_and_asks(client: PlatformClient) -> None:
    """What a console does: sign in by code and PKCE, then invoke the entry agent with the access token."""
    users = client.status()["users"]
    where = urlsplit(users["issuer"])
    origin = f"{where.scheme}://{where.netloc}"
    assert origin == client.issuer
    document = exchange(origin, "GET", f"{where.path}/.well-known/openid-configuration").body
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": users["client_id"],
        "redirect_uri": users["callback_urls"][0],
        "scope": "openid",
        "state": "abc",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "login_hint": "C1001",
    }
    path = urlsplit(document["authorization_endpoint"]).path
    sent = exchange(origin, "GET", f"{path}?{urlencode(query)}")
    assert sent.headers["location"].startswith(f"{users['callback_urls'][0]}?")
    told = parse_qs(urlsplit(sent.headers["location"]).query)
    form = {
        "grant_type": "authorization_code",
        "client_id": users["client_id"],
        "redirect_uri": users["callback_urls"][0],
        "code": told["code"][0],
        "code_verifier": verifier,
    }
    given = exchange(origin, "POST", urlsplit(document["token_endpoint"]).path, form).body
    for kind, ends in (("access_token", "done"), ("id_token", "error")):
        events = list(client.invoke("orchestrator", {"prompt": "내 등급 알려줘"}, user_token=given[kind]))
        assert events[-1]["type"] == ends, kind
    # At the gateway either would have to come beside an agent's.
    body = rpc("tools/call", {"name": BOUND, "arguments": {"customer_id": "C1001"}})
    assert client.mcp(body, token=given["access_token"]).status == 401
    assert client.mcp(body, token=client.token("booking"), user_token=given["id_token"]).status == 403
    assert client.mcp(body, token=client.token("booking"), user_token=given["access_token"]).status == 200


def test_a_challenge_leads_to_the_users_issuer(client: PlatformClient) -> None:
    arn = client.status()["agents"]["orchestrator"]["arn"]
    path = f"/runtimes/{arn.replace(':', '%3A').replace('/', '%2F')}/invocations"
    refused = exchange(client.front, "POST", path, {"x": "y"})
    assert refused.status == 401
    document = urlsplit(refused.headers["www-authenticate"].split('"')[1])
    found = exchange(client.front, "GET", f"{document.path}?{document.query}")
    assert found.body["authorization_servers"] == [client.status()["users"]["issuer"]]


def test_the_header_of_the_gateway_is_the_one_the_interceptor_reads() -> None:
    assert USER_TO_GATEWAY.lower() == USER_HEADER
