"""What a request may hold. Everything else is refused with a code and a sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent_common.errors import AgentError
from agent_common.invocation import MAX_BODY, MAX_PROMPT, Invocation, parse
from agent_common.invocation import check as check_for
from agent_common.users import User
from tests.agents.support.users import signed_in

SESSION = "0123456789abcdef0123456789abcdef-1"
LANGUAGES = ("ko", "en")


def check(
    payload: Any,
    *,
    session_id: str | None,
    usual: str | None = None,
    user: User | None = None,
    workload_token: str | None = None,
) -> Invocation:
    return check_for(
        payload,
        languages=LANGUAGES,
        session_id=session_id,
        usual=usual,
        user=user,
        workload_token=workload_token,
    )


def refused(payload: Any, session_id: str | None = SESSION) -> str:
    with pytest.raises(AgentError) as raised:
        check(payload, session_id=session_id)
    return raised.value.code


def test_a_full_request_is_taken_over() -> None:
    payload = {"prompt": " 내일 나리타행 ", "language": "en"}
    checked = check(payload, session_id=SESSION, user=signed_in("C1001"), workload_token="w")
    assert checked == Invocation("내일 나리타행", SESSION, "en", signed_in("C1001"), "w")
    assert checked.customer_id == "C1001"


def test_a_request_of_nobody_is_about_no_customer() -> None:
    assert check({"prompt": "x"}, session_id=SESSION).customer_id is None


@pytest.mark.parametrize(
    ("prompt", "usual", "language"),
    [
        ("내 등급 알려줘", None, "ko"),
        ("내 등급 알려줘", "en", "ko"),
        ("what is my tier?", None, "en"),
        ("what is my tier?", "ko", "en"),
        ("2", None, "ko"),
        ("2", "en", "en"),
        ("C1001", "ko", "ko"),
        ("C1001", "en", "en"),
        ("我的等级?", None, "ko"),
    ],
)
def test_a_request_that_names_no_language_is_answered_in_its_own(
    prompt: str, usual: str | None, language: str
) -> None:
    assert check({"prompt": prompt}, session_id=SESSION, usual=usual).language == language


def test_the_language_a_request_names_is_not_second_guessed() -> None:
    payload = {"prompt": "내 등급 알려줘", "language": "en"}
    assert check(payload, session_id=SESSION, usual="ko").language == "en"


def test_a_language_the_system_does_not_have_is_refused_with_those_it_has() -> None:
    with pytest.raises(AgentError, match="must be one of: ko, en") as raised:
        check({"prompt": "x", "language": "fr"}, session_id=SESSION, usual="en")
    assert raised.value.code == "bad_request"


@pytest.mark.parametrize("prompt", [None, "", "   ", "\n\t "])
def test_an_empty_prompt_has_a_code_of_its_own(prompt: Any) -> None:
    assert refused({"prompt": prompt}) == "empty_prompt"


def test_a_missing_prompt_is_an_empty_one() -> None:
    assert refused({}) == "empty_prompt"


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "prompt",
        7,
        {"prompt": 7},
        {"prompt": ["a"]},
        {"prompt": "x" * (MAX_PROMPT + 1)},
        {"prompt": "\ud800"},
        {"prompt": "x", "agent": "loyalty"},
        {"prompt": "x", "Prompt": "y"},
        {"prompt": "x", "customer_id": "C1001"},
        {"prompt": "x", "customer_id": None},
        {"prompt": "x", "user_token": "t"},
        {"prompt": "x", "language": "KO"},
        {"prompt": "x", "language": ["ko"]},
        {"prompt": "x", "language": ""},
    ],
)
def test_anything_else_is_refused(payload: Any) -> None:
    assert refused(payload) == "bad_request"


def test_the_longest_prompt_allowed_fits_into_a_body_however_it_is_escaped() -> None:
    body = json.dumps({"prompt": "한" * MAX_PROMPT, "language": "ko"}).encode()
    assert len(body) <= MAX_BODY
    assert check(parse(body), session_id=SESSION).prompt == "한" * MAX_PROMPT


@pytest.mark.parametrize("session_id", ["short", "a" * 101, "-" + "a" * 40, "a" * 33 + "\n", "a b" * 20])
def test_a_session_id_of_another_form_than_the_platforms_is_refused(session_id: str) -> None:
    assert refused({"prompt": "x"}, session_id) == "bad_request"


def test_requests_without_a_session_never_share_one() -> None:
    first, second = (check({"prompt": "x"}, session_id=None).session_id for _ in range(2))
    assert first != second
    assert len(first) >= 33


def test_no_token_is_in_a_representation() -> None:
    user = signed_in("C1001", "canary-user")
    assert "canary" in user.token
    assert "canary" not in repr(
        check({"prompt": "x"}, session_id=None, user=user, workload_token="canary-wat")
    )


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(AgentError) as raised:
        check({"prompt": "x", "canary": 1}, session_id=SESSION)
    assert "canary" not in raised.value.message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"prompt": "a"} x',
        b'{"prompt": "a", "prompt": "b"}',
        b'{"prompt": NaN}',
        b'{"prompt": Infinity}',
        b'{"prompt": "a\xff"}',
        '{"prompt": "a"}'.encode("utf-16"),
        b"\xef\xbb\xbf" + b'{"prompt": "a"}',
        b"[" * 60_000,
        b'{"a":' * 20 + b"1" + b"}" * 20,
        b" " * (MAX_BODY + 1),
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_body_that_is_not_strict_json_is_refused(body: bytes) -> None:
    with pytest.raises(AgentError) as raised:
        parse(body)
    assert raised.value.code == "bad_request"
