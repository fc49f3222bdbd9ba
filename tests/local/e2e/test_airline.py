"""The airline end to end: a customer's question through every layer to the tools and back."""

from __future__ import annotations

import contextlib
import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from localcloud.client import PlatformClient, new_session_id
from tests.assembly_fixture import ROOT
from tests.local.e2e.conftest import Command, ask, bookings_of, call, rpc

pytestmark = pytest.mark.xdist_group("airline")

DATA = ROOT / "systems" / "airline" / "data"
OPTION = re.compile(
    r"^\d\. (KE\d{3,4}(?:/KE\d{3,4})?) · .+? (\d\d:\d\d) .+? (\d\d:\d\d) .*?([\d,]+)(?:원|$)", re.MULTILINE
)


def rows(name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def test_a_flight_search_shows_at_most_three_korean_air_flights_and_how_it_came_about(
    airline: Command,
) -> None:
    result = airline.json("ask", "내일 인천에서 나리타 가는 항공편 찾아줘", "--customer", "C1001")
    options = OPTION.findall(result["answer"])
    assert 1 <= len(options) <= 3
    assert len(options) == len(re.findall(r"^\d\. ", result["answer"], re.MULTILINE)), result["answer"]
    assert result["agents"] == ["orchestrator", "booking"]
    assert [tool["tool"] for tool in result["tools"]] == [
        "flights-api___search_flights",
        "call_booking_agent",
    ]
    [search] = [decision for decision in result["decisions"] if decision["method"] == "tools/call"]
    assert search["layers"] == {"authorizer": "allow", "interceptor": "allow", "policy": "allow"}
    assert re.fullmatch(r"systems/airline/agents/booking\.yaml:\d+", search["source"])


def test_the_options_are_the_providers_cheapest_korean_air_offers(client: PlatformClient) -> None:
    day = (datetime.now(UTC) + timedelta(hours=9, days=20)).date().isoformat()
    offers = call(
        client,
        "booking",
        "flights-api___search_flights",
        {"originLocationCode": "ICN", "destinationLocationCode": "NRT", "departureDate": day, "adults": 1},
    )["data"]
    korean = sorted(
        int(float(offer["price"]["grandTotal"]))
        for offer in offers
        if offer["validatingAirlineCodes"] == ["KE"]
    )
    answer = ask(client, f"Find a flight from ICN to NRT on {day}")
    shown = [int(price.replace(",", "")) for price in re.findall(r"KRW ([\d,]+)", answer)]
    assert len(offers) > len(korean), "the provider offers other carriers too, or the rule is not tested"
    assert shown == sorted(shown)
    assert set(shown) <= set(korean)
    assert shown[0] == korean[0]


def test_a_flight_is_booked_from_what_was_offered_before_in_the_session(client: PlatformClient) -> None:
    session, customer = new_session_id(), "C1010"
    before = bookings_of(client, customer)
    ask(client, "모레 인천에서 나리타 가는 항공편 찾아줘", customer, session)
    answer = ask(client, "2번으로 예약해줘", customer, session)
    [number] = re.findall(r"예약 번호는 (B[A-Z0-9]{8})", answer)
    after = bookings_of(client, customer)
    assert {booking["booking_id"] for booking in after} - {booking["booking_id"] for booking in before} == {
        number
    }


def test_the_same_request_twice_books_once(client: PlatformClient) -> None:
    day = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    search = {
        "originLocationCode": "GMP",
        "destinationLocationCode": "CJU",
        "departureDate": day,
        "adults": 1,
    }
    offers = call(client, "booking", "flights-api___search_flights", search)["data"]
    offer = next(offer for offer in offers if offer["validatingAirlineCodes"] == ["KE"])
    wanted = {"customer_id": "C1011", "flight_offer": offer}
    first = call(client, "booking", "customer-mcp___create_booking", wanted)
    again = call(client, "booking", "customer-mcp___create_booking", wanted)
    assert (first["created"], again["created"]) == (True, False)
    assert first["booking"] == again["booking"]


def test_one_session_does_not_see_another(client: PlatformClient) -> None:
    ask(client, "모레 인천에서 나리타 가는 항공편 찾아줘", "C1012", new_session_id())
    before = bookings_of(client, "C1012")
    ask(client, "2번으로 예약해줘", "C1012", new_session_id())
    assert bookings_of(client, "C1012") == before


def expected_change_fees() -> list[tuple[str, dict[str, str]]]:
    """For customers with upcoming bookings: what changing each costs, from the rows alone."""
    change = {rule["rule_key"]: rule for rule in rows("rules") if rule["topic"] == "change"}
    discount = {
        rule["rule_key"]: rule["change_fee_discount_percent"]
        for rule in rows("rules")
        if rule["topic"] == "tier_discount"
    }
    tier = {member["customer_id"]: member["tier"] for member in rows("members")}
    fees: dict[str, dict[str, str]] = {}
    for booking in rows("bookings"):
        if booking["status"] != "CONFIRMED" or not booking["departure_at"].startswith("@+"):
            continue
        rule = change[f"{booking['fare_class']}#{booking['route_kind']}"]
        fee = "cannot be changed"
        if rule["changeable"]:
            amount = rule["base_fee"] * (100 - discount[tier[booking["customer_id"]]]) // 100 // 100 * 100
            fee = f"KRW {amount:,}" if amount else "free"
        fees.setdefault(booking["customer_id"], {})[booking["booking_id"]] = fee
    return sorted(fees.items())


def test_the_change_fee_is_what_the_data_implies_for_fifty_customers(client: PlatformClient) -> None:
    asked = expected_change_fees()[:50]
    assert len(asked) == 50
    assert {fee for _, fees in asked for fee in fees.values()} >= {"free"}, "the sample has no free change"
    wrong = []
    for customer, fees in asked:
        answer = ask(client, "I want to change my booking, what will it cost?", customer)
        for number, fee in fees.items():
            said = answer
            if number not in answer:
                assert "more upcoming booking" in answer, answer
                said = ask(client, f"What does it cost to change booking {number}?", customer)
            if not _says(_about(number, said), fee):
                wrong.append((customer, number, fee, said))
    assert wrong == []


def _about(booking: str, answer: str) -> str:
    """What an answer says of one booking: from its number to the next number."""
    said = answer.partition(booking)[2]
    return re.split(r"\bB[A-Z0-9]{8}\b", said)[0]


def _says(line: str, fee: str) -> bool:
    """Whether a text states this fee and no other."""
    stated = re.search(r"change fee is (KRW [\d,]+)", line)
    if fee == "free":
        return bool(re.search(r"free|no change fee|KRW 0\b", line, re.IGNORECASE))
    if fee == "cannot be changed":
        return bool(re.search(r"cannot be changed|not changeable", line, re.IGNORECASE))
    return stated is not None and stated[1] == fee


def test_the_compound_question_uses_three_specialists(airline: Command) -> None:
    result = airline.json("ask", "I want to change my booking, what will it cost?", "--customer", "C1001")
    assert "KRW 52,000" in result["answer"]
    assert {"orchestrator", "booking", "loyalty", "policy"} == set(result["agents"])


BAD_INPUT = [
    ("customer-mcp___get_customer_info", {"customer_id": "guest"}, "invalid_argument"),
    ("customer-mcp___create_booking", {"customer_id": "C1001", "flight_offer": {}}, "malformed_offer"),
]


@pytest.mark.parametrize(("tool", "arguments", "code"), BAD_INPUT)
def test_bad_input_to_a_tool_is_answered_with_a_code(
    client: PlatformClient, tool: str, arguments: dict[str, Any], code: str
) -> None:
    assert call(client, "booking", tool, arguments)["error"]["code"] == code


@pytest.mark.parametrize(
    ("question", "customer", "says"),
    [
        ("I want to change my booking, what will it cost?", "guest", r"customer number|sign in"),
        ("어제 인천에서 나리타 가는 항공편 찾아줘", "C1001", r"지난|지났|과거|이미"),
        ("2020년 1월 1일에 인천에서 나리타 가는 항공편 찾아줘", "C1001", r"지난|지났|과거|이미"),
        ("내일 인천에서 화성 가는 항공편 찾아줘", "C1001", r"어디|도착|공항"),
        ("내 등급 알려줘", "guest", r"고객 번호|로그인"),
    ],
)
def test_what_cannot_be_answered_is_said_plainly(
    client: PlatformClient, question: str, customer: str, says: str
) -> None:
    answer = ask(client, question, customer)
    assert re.search(says, answer), answer
    assert "Traceback" not in answer


def test_unknown_agents_are_named_with_the_known_ones(airline: Command) -> None:
    for words in (
        ["ask", "hello", "--agent", "pilot"],
        ["call", "--as", "pilot", "policy-mcp___get_change_policy"],
    ):
        result = airline.run(*words)
        assert result.returncode == 2
        assert "'pilot' is no agent" in result.stderr
        assert "orchestrator" in result.stderr


def test_an_empty_question_is_refused_by_the_command_and_by_the_agent(
    airline: Command, client: PlatformClient
) -> None:
    assert airline.run("ask", "  ").returncode == 2
    [error] = list(client.invoke("orchestrator", {"prompt": "  "}, user_token=client.user_token("guest")))
    assert (error["type"], error["code"]) == ("error", "empty_prompt")


def test_no_secret_or_argument_is_in_any_log(airline: Command, client: PlatformClient) -> None:
    canary = "C1001canary"
    token, user = client.token("booking"), client.user_token("C1111")
    for named, sent in ((canary, user), ("C1111", user), ("C1111", f"{user[:-4]}AAAA")):
        body = rpc(
            "tools/call", {"name": "customer-mcp___get_customer_info", "arguments": {"customer_id": named}}
        )
        client.mcp(body, token=token, user_token=sent)
    list(client.invoke("orchestrator", {"prompt": "내 등급 알려줘"}, user_token=user))
    written = "".join(path.read_text(encoding="utf-8", errors="replace") for path in _logs(airline.project))
    events = json.dumps(client.events())
    for secret in (canary, "C1111", token, token.split(".")[2], user, *user.split(".")[1:], "Bearer "):
        assert secret not in written
        assert secret not in events


def _logs(project: Path) -> list[Path]:
    found = sorted((project / ".airside" / "logs").glob("*"))
    assert found, "the platform writes logs"
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no warm process elsewhere")
def test_agents_import_their_libraries_one_by_one(client: PlatformClient) -> None:
    """Four of them would take four times as long to start."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
    lines = {
        pid: Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        for pid, of in parents.items()
        if of == client.pid
    }
    [warm] = [pid for pid, line in lines.items() if line[1].endswith(b"nursery/child/launch.py")]
    forked = [
        Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") for pid, of in parents.items() if of == warm
    ]
    assert {line[2].decode() for line in forked} == set(client.status()["agents"])
