"""The decision line tells who, what, why and by which line, and never a secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway_interceptor.decide import Decision
from gateway_interceptor.decision_log import MAX_QUOTED, DecisionLog
from tests.functions.interceptor.tokens import Signer, claims
from tests.functions.interceptor.world import (
    BOOKING,
    LOYALTY,
    SOURCE,
    World,
    call,
    method,
    request,
    response,
)

CANARY = "canary5ecret"


def test_a_decision_is_told_in_full(world: World) -> None:
    headers = {
        "Authorization": f"Bearer {world.token()}",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    world.send(request(call(request_id="req-1"), None, headers=headers))
    (line,) = world.lines
    aws = line.pop("_aws")
    digest = line.pop("policy")
    assert len(digest) == 16
    assert line == {
        "event": "decision",
        "layer": "interceptor",
        "point": "request",
        "agent": "booking",
        "tool": BOOKING,
        "method": "tools/call",
        "effect": "allow",
        "reason": "granted",
        "detail": None,
        "source": SOURCE,
        "user": False,
        "request_id": "req-1",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "micros": 0,
        "Agent": "booking",
        "Effect": "allow",
        "Allowed": 1,
        "Denied": 0,
        "DecisionMicros": 0,
    }
    assert aws["Timestamp"] == int(world.clock.now * 1000)
    (metrics,) = aws["CloudWatchMetrics"]
    assert metrics["Namespace"] == "Airside/airline-dev"
    assert metrics["Dimensions"] == [["Effect"], ["Agent", "Effect"]]
    assert [metric["Name"] for metric in metrics["Metrics"]] == ["Allowed", "Denied", "DecisionMicros"]
    for named in ("Effect", "Agent", "Allowed", "Denied", "DecisionMicros"):
        assert named in line, "CloudWatch drops a metric whose member is missing"


def test_a_denial_counts_as_one(world: World) -> None:
    world.call(LOYALTY)
    (line,) = world.lines
    assert (line["effect"], line["reason"], line["source"]) == ("deny", "not_granted", None)
    assert (line["Effect"], line["Allowed"], line["Denied"]) == ("deny", 0, 1)


def test_one_line_per_request_and_none_for_an_answer_that_passes(world: World) -> None:
    world.call()
    world.send(response(call(), world.token(), {"jsonrpc": "2.0", "id": 7, "result": {}}))
    assert len(world.output) == 1


def test_names_without_number_neither_fill_the_memory_nor_blur_a_line() -> None:
    """A known agent may call tools by any plain name; each stands in its line, and few are kept."""
    lines: list[str] = []
    log = DecisionLog("Airside/x", None, lines.append)
    names = [f"t___tool{number}" for number in range(MAX_QUOTED + 50)]
    for name in [*names, *names]:
        log.record(
            Decision(False, "unknown_tool", "booking"),
            point="request",
            method="tools/call",
            tool=name,
            request_id=None,
            trace_id=None,
            micros=0,
            now=0.0,
        )
    assert [json.loads(line)["tool"] for line in lines] == [*names, *names]
    assert log.kept <= MAX_QUOTED


IDS: list[tuple[Any, Any]] = [
    (7, 7),
    (-1, -1),
    ("a" * 64, "a" * 64),
    ("한국", "한국"),
    ("a" * 65, None),
    ("a\nb", None),
    ('"},{"effect":"allow', '"},{"effect":"allow'),
    ("\u202e", None),
    ("", ""),
]


@pytest.mark.parametrize(("sent", "told"), IDS)
def test_a_request_id_can_neither_break_nor_forge_a_line(world: World, sent: Any, told: Any) -> None:
    world.send(request(call(request_id=sent), world.token()))
    (line,) = world.lines
    assert line["request_id"] == told
    assert "\n" not in world.output[0]


TRACES: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    ({"traceparent": "00-" + "0" * 32 + "-b7ad6b7169203331-01"}, None),
    ({"traceparent": "00-" + "A" * 32 + "-b7ad6b7169203331-01"}, None),
    ({"traceparent": CANARY}, None),
    ({"traceparent": None}, None),
    ({"traceparent": ["x"]}, None),
    ({"TraceParent": "00-" + "a" * 32 + "-b7ad6b7169203331-00"}, "a" * 32),
    ({"X-Amzn-Trace-Id": f"Root=1-67891233-{'a' * 24};Sampled=1"}, "67891233" + "a" * 24),
    ({"x-amzn-trace-id": f"Self=1-0-0;Root=1-67891233-{'b' * 24}"}, "67891233" + "b" * 24),
    ({"x-amzn-trace-id": f"Root=1-{CANARY}"}, None),
    ({"x-amzn-trace-id": 5}, None),
]


@pytest.mark.parametrize(("headers", "trace"), TRACES)
def test_a_trace_id_is_hexadecimal_or_absent(
    world: World, headers: dict[str, Any], trace: str | None
) -> None:
    world.send(request(method("ping"), None, headers=headers))
    assert world.lines[0]["trace_id"] == trace


def test_a_stranger_writes_no_text_of_its_own_into_the_log(world: World) -> None:
    for body in (call(CANARY), call("customer-mcp___" + CANARY), method(CANARY), method("tools/" + CANARY)):
        world.send(request(body, None))
        world.send(request(body, f"{CANARY}.{CANARY}.{CANARY}"))
    world.send(request(call(BOOKING), None))
    assert CANARY not in "".join(world.output)
    assert world.lines[-1]["tool"] == BOOKING, "a declared name tells what was tried"


def test_no_token_header_or_argument_is_told_to_anyone(
    world: World, stranger: Signer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Looks for each secret in every line and every answer, over every kind of outcome."""
    good = world.token(jti=CANARY)
    forged = stranger.token(claims("airline/agent.booking", world.clock.now, jti=CANARY))
    expired = world.token(exp=1, jti=CANARY)
    arguments = {"customer_id": CANARY, "nested": [{CANARY: CANARY}]}
    bodies: list[Any] = [
        call(arguments=arguments),
        call(LOYALTY, arguments),
        call(f"{CANARY} {CANARY}", arguments),
        method("tools/list", _meta={"x": CANARY}),
        method(f"{CANARY}/x", x=CANARY),
        [call(arguments=arguments)],
        CANARY,
    ]
    secrets = {CANARY, *(part for token in (good, forged, expired) for part in token.split("."))}
    for token in (good, forged, expired, CANARY, None):
        for body in bodies:
            event = request(body, token)
            event["mcp"]["gatewayRequest"]["headers"]["X-Custom"] = CANARY
            event["mcp"]["gatewayRequest"]["headers"]["Cookie"] = CANARY
            answer = world.send(event)
            told = answer["mcp"].get("transformedGatewayResponse")
            if told is not None:
                assert not [secret for secret in secrets if secret in json.dumps(told)]
            else:
                assert token in (good, None)
                assert set(answer["mcp"]["transformedGatewayRequest"]) == {"body"}
    log = "".join(world.output) + capsys.readouterr().out
    assert len(world.output) == 5 * len(bodies)
    assert not [secret for secret in secrets if secret in log]


def test_what_cannot_be_written_is_not_done(world: World) -> None:
    def broken(line: str) -> None:
        raise OSError("no space")

    log = DecisionLog("Airside/x", None, broken)
    with pytest.raises(OSError, match="no space"):
        log.record(
            Decision(True, "granted"),
            point="request",
            method=None,
            tool=None,
            request_id=None,
            trace_id=None,
            micros=0,
            now=0.0,
        )
