"""An agent that does not know its gateway, its badge or its limits does not start."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent_common.call import NoTools
from agent_common.definition import AgentDefinition, gateway_tools
from agent_common.errors import StartError
from agent_common.settings import Settings

COMPLETE = {
    "AGENT_NAME": "booking",
    "AWS_REGION": "us-east-1",
    "MODEL_ID": "model-1",
    "GATEWAY_URL": "https://gateway.example/mcp",
    "GATEWAY_TOKEN_PROVIDER": "airline-dev-agent-booking",
    "GATEWAY_TOKEN_SCOPE": "airline/agent.booking",
    "LIMIT_TURNS": "12",
    "LIMIT_SECONDS": "60",
    "LANGUAGES": "ko,en",
    "UTC_OFFSET": "+09:00",
}
ARN = "arn:aws:bedrock-agentcore:us-east-1:111122223333:runtime/booking-0123456789"


def test_a_complete_environment_is_read_as_written() -> None:
    settings = Settings.read(COMPLETE)
    assert (settings.agent, settings.token_scope) == ("booking", "airline/agent.booking")
    assert (settings.limit_turns, settings.limit_seconds, settings.port) == (12, 60, 8080)
    assert settings.languages == ("ko", "en")
    assert settings.time_zone.utcoffset(None) == timedelta(hours=9)
    assert settings.delegates == {}


@pytest.mark.parametrize("name", sorted(COMPLETE))
def test_a_missing_variable_stops_the_start_and_is_named(name: str) -> None:
    environment = {key: value for key, value in COMPLETE.items() if key != name}
    with pytest.raises(StartError, match="AWS_DEFAULT_REGION" if name == "AWS_REGION" else name):
        Settings.read(environment)


def test_a_system_without_users_names_no_claim() -> None:
    assert Settings.read(COMPLETE).user_claim is None
    assert Settings.read({**COMPLETE, "USER_CLAIM": "cognito:username"}).user_claim == "cognito:username"


def test_a_claim_set_to_nothing_is_not_taken_for_a_system_without_users() -> None:
    with pytest.raises(StartError, match="USER_CLAIM is not set"):
        Settings.read({**COMPLETE, "USER_CLAIM": ""})


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"a___b": {"items": "/x"}}'])
def test_half_a_rule_about_shown_answers_lets_the_agent_start(text: str) -> None:
    assert "a___b" not in Settings.read(COMPLETE).shown
    with pytest.raises(StartError, match="SHOWN_RESULTS must be rules as the template writes them"):
        Settings.read({**COMPLETE, "SHOWN_RESULTS": text})


def test_every_problem_is_reported_at_once() -> None:
    with pytest.raises(StartError) as raised:
        Settings.read({"PORT": "eighty"}, delegates=("booking",))
    for name in (*(set(COMPLETE) - {"AWS_REGION"}), "DELEGATE_BOOKING_ARN", "PORT"):
        assert name in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GATEWAY_URL", "ftp://gateway.example/mcp"),
        ("GATEWAY_URL", "https:///mcp"),
        ("GATEWAY_TOKEN_SCOPE", "airline/agent.booking airline/agent.loyalty"),
        ("LIMIT_TURNS", "0"),
        ("LIMIT_TURNS", "1e3"),
        ("LIMIT_SECONDS", "-5"),
        ("LIMIT_SECONDS", "901"),
        ("LIMIT_SECONDS", "６０"),
        ("AGENT_NAME", "Booking Agent"),
        ("AWS_REGION", "somewhere"),
        ("LANGUAGES", "ko,xx"),
        ("LANGUAGES", "ko, en"),
        ("LANGUAGES", "KO"),
        ("LANGUAGES", "ko,"),
        ("LANGUAGES", "ko,en,ko"),
        ("UTC_OFFSET", "09:00"),
        ("UTC_OFFSET", "+9:00"),
        ("UTC_OFFSET", "+15:00"),
        ("UTC_OFFSET", "+09:60"),
        ("UTC_OFFSET", "+09:00\n"),
        ("UTC_OFFSET", "Asia/Tokyo"),
        ("USER_CLAIM", "user name"),
        ("USER_CLAIM", "username\n"),
    ],
)
def test_a_malformed_value_stops_the_start_and_is_shown(name: str, value: str) -> None:
    with pytest.raises(StartError) as raised:
        Settings.read({**COMPLETE, name: value})
    assert name in str(raised.value)
    assert repr(value) in str(raised.value)


@pytest.mark.parametrize(
    ("value", "minutes"), [("+00:00", 0), ("-03:30", -210), ("+05:45", 345), ("-00:30", -30), ("+14:00", 840)]
)
def test_an_offset_with_minutes_or_to_the_west_is_not_misread(value: str, minutes: int) -> None:
    settings = Settings.read({**COMPLETE, "UTC_OFFSET": value})
    assert settings.time_zone.utcoffset(None) == timedelta(minutes=minutes)


def test_a_delegate_the_code_needs_must_have_an_arn() -> None:
    with pytest.raises(StartError, match="DELEGATE_LOYALTY_ARN is not set"):
        Settings.read(
            {**COMPLETE, "DELEGATE_BOOKING_ARN": ARN, "DELEGATE_QUALIFIER": "dev"},
            delegates=("booking", "loyalty"),
        )


def test_delegates_without_an_endpoint_name_would_reach_whatever_is_newest() -> None:
    with pytest.raises(StartError, match="DELEGATE_QUALIFIER is not set"):
        Settings.read({**COMPLETE, "DELEGATE_BOOKING_ARN": ARN}, delegates=("booking",))


def test_a_delegates_name_is_recovered_from_its_variable() -> None:
    environment = {**COMPLETE, "DELEGATE_FARE_RULES_ARN": ARN, "DELEGATE_QUALIFIER": "dev"}
    settings = Settings.read(environment, delegates=("fare-rules",))
    assert settings.delegates == {"fare-rules": ARN}
    assert settings.delegate_qualifier == "dev"


def test_an_agent_that_is_granted_nothing_asks_the_gateway_all_the_same() -> None:
    assert Settings.read(COMPLETE).gateway_tools is True
    granted_nothing = Settings.read(
        {**COMPLETE, "GATEWAY_TOOLS": "none", "CODE_INTERPRETER_ID": "x-abcdefghij"}
    )
    assert granted_nothing.gateway_tools is False
    assert isinstance(gateway_tools(granted_nothing), NoTools)
    with pytest.raises(StartError, match="GATEWAY_TOOLS must be none, or left out, not 'some'"):
        Settings.read({**COMPLETE, "GATEWAY_TOOLS": "some"})


def test_an_agent_with_nothing_to_answer_from_starts() -> None:
    """It could only guess. One whose code opens a toolbox of its own, as an orchestrator's does, has that."""
    alone = Settings.read({**COMPLETE, "GATEWAY_TOOLS": "none"})
    usual = AgentDefinition(prompt=lambda *_: "")
    with pytest.raises(StartError, match="booking is granted no tool, has no code interpreter or browser"):
        usual.check(alone)
    usual.check(Settings.read(COMPLETE))
    for part in ("CODE_INTERPRETER_ID", "BROWSER_ID"):
        usual.check(Settings.read({**COMPLETE, "GATEWAY_TOOLS": "none", part: "x-abcdefghij"}))
    AgentDefinition(prompt=lambda *_: "", open_toolbox=lambda _: NoTools()).check(alone)
