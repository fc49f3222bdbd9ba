"""Rate limits: what is one too many is refused before anybody looks at it, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.gateway import wire
from localcloud.gateway.authorizer import Caller
from localcloud.gateway.limits import RateLimits
from localcloud.spec import RateLimit, RateLimitEntry
from tests.local.gateway.kit import Clock, World, call_body, claims, rpc, token
from tests.local.gateway.parts import CREATE, FUNCTION, GUARD, INFO, gateway, interceptor

CLIENT = "$.context.jwt.client_id"
CUSTOMER = {"customer_id": "C1"}


def limit(name: str, *entries: tuple[Any, int, int], keys: tuple[str, ...] = ("toolName",)) -> RateLimit:
    """Entries are values (or one value), rate, seconds."""
    made = [
        RateLimitEntry((values,) if isinstance(values, str) else values, rate, seconds)
        for values, rate, seconds in entries
    ]
    return RateLimit(name, keys, tuple(made))


def agents(*entries: tuple[Any, int, int]) -> RateLimit:
    return limit("agents", *entries, keys=(CLIENT,))


def world(*limits: RateLimit, **changes: Any) -> World:
    return World(gateway(rate_limits=limits, **changes))


def statuses(here: World, times: int, name: str = INFO, agent: str = "booking") -> list[int]:
    return [here.call(name, CUSTOMER, agent=agent).status_code for _ in range(times)]


def test_one_call_too_many_reaches_the_function() -> None:
    here = world(limit("tools", (INFO, 2, 60)))
    assert statuses(here, 4) == [200, 200, 429, 429]
    assert len(here.functions.of(FUNCTION)) == 2


def test_the_answer_is_in_another_form_than_the_documented_one() -> None:
    """AgentCore Developer Guide, "Rate limit enforcement": throttled responses, MCP."""
    here = world(limit("tools", (INFO, 1, 60)))
    here.call(INFO, CUSTOMER)
    here.clock.advance(20.5)
    answer = here.post(call_body(INFO, CUSTOMER, request_id="request-1"))
    assert answer.status_code == 429
    assert answer.json() == {
        "jsonrpc": "2.0",
        "id": "request-1",
        "error": {
            "code": -32003,
            "message": "Rate limit exceeded",
            "data": {"limitKey": f"tools/toolName={INFO}", "metric": "requests", "retryAfter": 40},
        },
    }


def test_waiting_as_long_as_told_is_not_long_enough() -> None:
    here = world(limit("tools", (INFO, 2, 60)))
    statuses(here, 1)
    here.clock.advance(30)
    statuses(here, 1)
    told = here.call(INFO, CUSTOMER).json()["error"]["data"]["retryAfter"]
    here.clock.advance(told - 0.001)
    assert statuses(here, 1) == [429]
    here.clock.advance(0.001)
    assert statuses(here, 2) == [200, 429]


def test_a_minutes_calls_pass_twice_around_the_turn_of_a_window() -> None:
    """However a minute lies, no more than the rate passes in it: counting by the clock's minutes allows twice."""
    here = world(limit("tools", (INFO, 3, 60)))
    passed: list[float] = []
    for step in range(60):
        if statuses(here, 1) == [200]:
            passed.append(step * 7)
        here.clock.advance(7)
    assert len(passed) > 10
    assert all(later - first >= 60 for first, later in zip(passed, passed[3:], strict=False))


def test_a_refused_request_is_known_to_nobody_but_the_log() -> None:
    here = world(limit("tools", (INFO, 1, 60)), interceptors=(interceptor(),))
    statuses(here, 1)
    seen = len(here.functions.of(GUARD))
    here.events.clear()
    statuses(here, 1)
    assert len(here.functions.of(GUARD)) == seen
    (event,) = here.events.layer("rate_limit")
    assert (event["effect"], event["reason"], event["source"]) == ("deny", "rate_limited", "tools")
    assert (event["tool"], event["method"], event["client"]) == (INFO, "tools/call", "client-booking")
    assert [each["layer"] for each in here.events] == ["authorizer", "rate_limit"]


def test_requests_that_pass_fill_the_log() -> None:
    here = world(limit("tools", (INFO, 5, 60)))
    statuses(here, 3)
    assert here.events.layer("rate_limit") == []


def test_a_stranger_uses_up_an_agents_requests() -> None:
    """Who is calling is settled first: a request without a valid token counts for nobody."""
    here = world(agents(("client-booking", 1, 60)))
    for bearer in (None, "nonsense", token(exp=1), token("rogue")):
        assert here.post(call_body(INFO, CUSTOMER), bearer=bearer).status_code == 401
    assert statuses(here, 1) == [200]


def test_one_agent_uses_up_anothers_requests() -> None:
    here = world(agents(("*", 2, 60)))
    assert statuses(here, 3) == [200, 200, 429]
    assert statuses(here, 3, agent="loyalty") == [200, 200, 429]


def test_an_agents_requests_are_only_its_calls() -> None:
    here = world(agents(("*", 3, 60)))
    body = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert here.post(rpc("initialize", protocolVersion="2025-11-25")).status_code == 200
    assert here.post(body).status_code == 202
    assert here.post(rpc("tools/list")).status_code == 200
    late = here.post(body)
    assert (late.status_code, late.content) == (429, b"")
    assert statuses(here, 1) == [429]


def test_a_tools_calls_are_counted_for_each_agent() -> None:
    here = world(limit("tools", (INFO, 3, 60)))
    assert statuses(here, 2) == [200, 200]
    assert statuses(here, 2, agent="loyalty") == [200, 429]


def test_the_default_goes_before_a_tools_own_number() -> None:
    here = world(limit("tools", (INFO, 1, 60), ("*", 2, 60)))
    assert statuses(here, 2) == [200, 429]
    assert statuses(here, 3, CREATE) == [200, 200, 429]


def test_an_entry_for_one_tool_limits_another() -> None:
    assert set(statuses(world(limit("tools", (CREATE, 1, 60))), 5)) == {200}


def test_one_limit_is_enough_to_pass() -> None:
    here = world(agents(("*", 3, 60)), limit("tools", (INFO, 1, 60)))
    assert statuses(here, 2) == [200, 429]
    # The tool's limit is the lower one, so it was asked first and the agent's counted nothing.
    assert statuses(here, 3, CREATE) == [200, 200, 429]


def test_a_request_that_a_later_limit_refuses_is_given_back() -> None:
    here = world(agents(("*", 2, 60)), limit("tools", (INFO, 3, 60)))
    assert statuses(here, 2, agent="loyalty") == [200, 200]
    assert statuses(here, 2) == [200, 429]
    assert statuses(here, 1, CREATE) == [429]


def test_more_dimensions_are_asked_last() -> None:
    both = limit("both", (("client-booking", INFO), 1, 60), keys=(CLIENT, "toolName"))
    here = world(limit("tools", (INFO, 5, 60)), both)
    statuses(here, 1)
    answer = here.call(INFO, CUSTOMER).json()["error"]["data"]
    assert answer["limitKey"] == f"both/{CLIENT}=client-booking,toolName={INFO}"


ENTRIES = {
    ("client-booking", INFO): 1,
    ("client-booking", "*"): 2,
    ("*", "*"): 3,
}


@pytest.mark.parametrize(
    ("agent", "tool", "rate"),
    [("booking", INFO, 1), ("booking", CREATE, 2), ("loyalty", INFO, 3), ("loyalty", CREATE, 3)],
)
def test_a_less_specific_entry_wins(agent: str, tool: str, rate: int) -> None:
    made = limit("both", *((values, most, 60) for values, most in ENTRIES.items()), keys=(CLIENT, "toolName"))
    assert statuses(world(made), rate + 1, tool, agent) == [200] * rate + [429]


def test_a_rate_of_zero_lets_something_through() -> None:
    here = world(limit("tools", (INFO, 0, 60)))
    assert statuses(here, 2) == [429, 429]
    assert here.call(INFO, CUSTOMER).json()["error"]["data"]["retryAfter"] == 60


def test_seconds_are_counted_as_minutes() -> None:
    here = world(limit("tools", (INFO, 1, 1)))
    assert statuses(here, 2) == [200, 429]
    here.clock.advance(1)
    assert statuses(here, 1) == [200]


@pytest.mark.parametrize("name", ["nothing___here", "x" * 300, INFO.upper(), 7, None])
def test_a_made_up_tool_has_a_count_of_its_own_or_is_repeated(name: Any) -> None:
    here = world(limit("tools", ("*", 1, 60)))
    answers = [here.call(name, CUSTOMER) for _ in range(3)]
    assert 429 not in {answer.status_code for answer in answers}
    assert here.events.layer("rate_limit") == []


@pytest.mark.parametrize("value", [None, ["a"], 5, ""])
def test_a_claim_that_is_no_text_is_limited(value: Any) -> None:
    """The service skips a limit whose dimension a request has not (Developer Guide, "Rate limit dimensions")."""
    here = world(limit("tiers", ("*", 1, 60), keys=("$.context.jwt.tier",)))
    bearer = token(tier=value)
    codes = [here.post(call_body(INFO, CUSTOMER), bearer=bearer).status_code for _ in range(3)]
    assert codes == [200, 200, 200]


def test_counting_grows_without_end() -> None:
    """Each value of a claim has a bucket; those that have run empty are let go."""
    clock = Clock()
    limits = RateLimits([limit("people", ("*", 5, 60), keys=("$.context.jwt.jti",))], frozenset(), clock)
    message = wire.message_of(rpc("tools/list"))
    for number in range(20):
        for each in range(500):
            limits.refuse(Caller(claims(jti=f"{number}-{each}"), "issuer", 0, 0.0), message)
        clock.advance(61)
    assert limits.remembered < 2000
