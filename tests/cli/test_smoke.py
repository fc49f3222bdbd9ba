"""`smoke`: an answer that is none, and a stranger who is let in, are never taken for a working system."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cli import smoke, smoking
from cli.__main__ import main
from cli.outcome import Failure
from governance.names import Names
from tests.cli.aws_account import Fake
from tests.local.gateway.serving import bound_socket, serving

ARN = "arn:aws:bedrock-agentcore:ap-northeast-2:982347102345:runtime/shop_dev_clerk-abcdefghij"
TOKEN = "a-user's-token"
EVENTS = ({"type": "text", "text": "Good morning."}, {"type": "tool", "agent": "clerk", "tool": "x", "status": "ok"},
          {"type": "done"})  # fmt: skip


class Aws:
    """The data plane of AgentCore, and a gateway: what they take, and what they answer to whom."""

    def __init__(self, events: tuple[Any, ...] = EVENTS, stranger: int = 401, gateway: int = 401) -> None:
        self.events = events
        self.stranger = stranger
        self.gateway = gateway
        self.asked: list[Request] = []
        self.bodies: list[Any] = []

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/runtimes/{arn:path}/invocations", self._invoke, methods=["POST"]),
                Route("/mcp", self._gateway, methods=["POST"]),
            ]
        )

    async def _invoke(self, request: Request) -> Response:
        self.asked.append(request)
        self.bodies.append(json.loads(await request.body()))
        given = request.headers.get("authorization", "")
        if given != f"Bearer {TOKEN}" and not given.startswith("AWS4-HMAC-SHA256 "):
            return JSONResponse(
                {"message": "who?"}, self.stranger, {"x-amzn-ErrorType": "AccessDeniedException:x"}
            )
        lines = [
            f"data: {json.dumps(event)}\n\n" if isinstance(event, dict) else event for event in self.events
        ]
        return Response("".join(lines), media_type="text/event-stream")

    async def _gateway(self, request: Request) -> Response:
        self.asked.append(request)
        return JSONResponse({}, self.gateway)


@contextmanager
def deployed(aws: Aws) -> Iterator[smoking.Deployed]:
    listening = bound_socket()
    with serving(aws.app(), listening), httpx.Client(trust_env=False) as http:
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        core = boto3.client(
            "bedrock-agentcore",
            region_name="ap-northeast-2",
            endpoint_url=base,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )
        try:
            yield smoking.Deployed(
                "here", core=core, http=http, runtime=ARN, qualifier="stable", gateway=f"{base}/mcp"
            )
        finally:
            core.close()


def words(*, as_json: bool = False) -> argparse.Namespace:
    return argparse.Namespace(question="안녕하세요", json=as_json)


@pytest.mark.parametrize("token", [TOKEN, None], ids=["a user's token", "a signature"])
def test_an_answer_and_two_refusals_are_a_working_system(
    token: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    aws = Aws()
    with deployed(aws) as system:
        assert smoke.smoke(words(), system, token) == 0
    out = capsys.readouterr().out
    assert out.startswith("Good morning.\n")
    assert "refused: the entry agent without credentials: HTTP 401" in out
    assert "refused: the gateway without a token: HTTP 401" in out
    asked, stranger, gateway = aws.asked
    assert (asked.path_params["arn"], asked.query_params["qualifier"]) == (ARN, "stable")
    assert aws.bodies[0] == {"prompt": "안녕하세요"}
    session = asked.headers["x-amzn-bedrock-agentcore-runtime-session-id"]
    assert 33 <= len(session) <= 100
    assert "authorization" not in stranger.headers
    assert "authorization" not in gateway.headers


@pytest.mark.parametrize(
    "events",
    [
        (),
        ({"type": "done"},),
        ({"type": "text", "text": "Good"},),
        (
            {"type": "text", "text": "Good"},
            {"type": "error", "code": "model_unavailable", "message": "later"},
        ),
        ("data: {broken\n\n", ": a comment\n\n", "data: 5\n\n"),
    ],
    ids=["nothing", "no text", "no end", "an error", "no events"],
)
def test_half_an_answer_is_none(events: tuple[Any, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with deployed(Aws(events)) as system:
        assert smoke.smoke(words(), system, TOKEN) == 1
    assert "NOT ANSWERED" in capsys.readouterr().out


@pytest.mark.parametrize(("stranger", "gateway"), [(200, 401), (401, 200), (401, 500), (404, 403)])
def test_a_stranger_who_is_let_in_is_no_success(
    stranger: int, gateway: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with deployed(Aws(stranger=stranger, gateway=gateway)) as system:
        assert smoke.smoke(words(as_json=True), system, TOKEN) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["answered"] is True
    assert [each["status"] for each in told["strangers"]] == [stranger, gateway]
    assert not all(each["refused"] for each in told["strangers"])


def test_a_token_that_is_refused_is_told_and_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with deployed(Aws()) as system:
        assert smoke.smoke(words(), system, "an-old-token") == 1
    said = capsys.readouterr()
    assert "AccessDeniedException: the token is not one of this system's users, or has expired" in said.err
    assert "an-old-token" not in said.out + said.err


def test_a_system_that_is_not_there_is_not_asked() -> None:
    with pytest.raises(
        Failure, match=r"has no parameter /airside/shop/dev/runtime-arn: shop-dev is not deployed"
    ):
        smoke._deployed(Fake().account, Names("shop", "dev"))


def test_an_address_that_does_not_answer_is_told() -> None:
    listening = bound_socket()
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    listening.close()
    core = boto3.client(
        "bedrock-agentcore",
        region_name="ap-northeast-2",
        endpoint_url=address,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    with httpx.Client(trust_env=False) as http:
        system = smoking.Deployed(
            "here", core=core, http=http, runtime=ARN, qualifier="q", gateway=f"{address}/mcp"
        )
        with pytest.raises(Failure, match="the entry runtime does not answer"):
            system.ask("x", "s" * 36, TOKEN, len)
        with pytest.raises(Failure, match="the entry agent without credentials: does not answer"):
            list(system.strangers("s" * 36))
    core.close()


def test_without_a_users_token_the_airline_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AIRSIDE_USER_TOKEN", raising=False)
    assert main(["smoke"]) == 2
    assert "put the access token of one into AIRSIDE_USER_TOKEN" in capsys.readouterr().err
    monkeypatch.setenv("OTHER", "a\nb")
    assert main(["smoke", "--token-env", "OTHER"]) == 2
    assert main(["smoke", " "]) == 2
