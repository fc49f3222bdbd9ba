"""The end user's token goes to the interceptor that is deployed, and to nothing behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from gateway_interceptor.handler import compose
from localcloud.issuer.user_tokens import access_claims
from localcloud.spec import OAuthCredential
from tests.local.gateway.flights import PROVIDER, target
from tests.local.gateway.kit import NOW, Functions, World, call_body, keys, rpc, text_of, token
from tests.local.gateway.parts import CREATE, CUSTOMER, FUNCTION, GUARD, INFO, ISSUER, gateway, interceptor
from tests.local.gateway.serving import bound_socket, serving
from tests.local.issuer import users_kit

HEADER = "X-Airside-User-Token"
SEARCH = "flights-api___search_flights"
USERS = users_kit.POOL
ENVIRON = {
    "ISSUER": ISSUER,
    "JWKS_URL": f"{ISSUER}/.well-known/jwks.json",
    "METRIC_NAMESPACE": "Airside/air-dev",
    "USERS_ISSUER": USERS.issuer,
    "USERS_JWKS_URL": f"{USERS.issuer}/.well-known/jwks.json",
    "USERS_CLIENT": users_kit.CONSOLE.client_id,
}
RULE = {"customer_id": {"user": "customer_id", "source": "customer.yaml:7"}}
POLICY = {
    "version": 3,
    "system": "air",
    "environment": "dev",
    "badges": {"air/agent.booking": "booking"},
    "grants": {"booking": dict.fromkeys((INFO, CREATE, SEARCH), "booking.yaml:1")},
    "tools": sorted((INFO, CREATE, SEARCH)),
    "users": {"claims": {"customer_id": "username"}},
    "arguments": {INFO: RULE, CREATE: RULE},
}


def user_token(name: str = "C1001") -> str:
    return users_kit.keys().sign(access_claims(USERS, users_kit.CONSOLE, name, NOW, scopes=("openid",)))


class Gate:
    """A gateway with the deployed interceptor in front of one function and one HTTP API."""

    def __init__(self, folder: Path, api: str) -> None:
        self.lines: list[str] = []
        path = folder / "policy.json"
        path.write_text(json.dumps(POLICY, sort_keys=True), "utf-8")
        published = {
            ENVIRON["JWKS_URL"]: keys().jwks(),
            ENVIRON["USERS_JWKS_URL"]: users_kit.keys().jwks(),
        }
        documents = {url.partition("8702")[2]: json.dumps(found).encode() for url, found in published.items()}
        guard = compose(
            ENVIRON,
            str(path),
            NOW.timestamp,
            lambda: 0.0,
            lambda: 0,
            fetch=lambda endpoint: documents[endpoint.path],
            write=self.lines.append,
        )

        def run(event: Any, _: Mapping[str, Any]) -> Any:
            return guard(event)

        spec = gateway(
            targets=(CUSTOMER, target(None, OAuthCredential(PROVIDER))),
            interceptors=(interceptor(headers=True),),
        )
        functions = Functions({FUNCTION: lambda event, _: {"echo": event}, GUARD: run})
        self.world = World(spec, functions=functions, hosts={"https://flights.example.com": api})

    def call(self, tool: str, arguments: Any, *, user: str | None) -> Any:
        headers = {} if user is None else {HEADER: user}
        return self.world.post(call_body(tool, arguments), bearer=token(), headers=headers)

    def decisions(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines if '"decision"' in line]


async def _headers(request: Request) -> JSONResponse:
    pairs = [[name.decode(), value.decode()] for name, value in request.scope["headers"]]
    return JSONResponse({"headers": pairs, "query": str(request.url.query)})


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    listening = bound_socket()
    with serving(Starlette(routes=[Route("/v2/{rest:path}", _headers)]), listening):
        made = Gate(tmp_path, f"http://127.0.0.1:{listening.getsockname()[1]}")
        with made.world:
            yield made


def test_the_users_token_reaches_a_function(gate: Gate) -> None:
    sent = user_token()
    answer = gate.call(INFO, {"customer_id": "C1001"}, user=sent)
    assert answer.status_code == 200
    [call] = gate.world.functions.of(FUNCTION)
    assert call.event == {"customer_id": "C1001"}, "the arguments and nothing else"
    assert set(call.context) == {
        *("bedrockAgentCoreMessageVersion", "bedrockAgentCoreAwsRequestId", "bedrockAgentCoreMcpMessageId"),
        *("bedrockAgentCoreGatewayId", "bedrockAgentCoreTargetId", "bedrockAgentCoreToolName"),
    }
    for told in (
        str(call),
        answer.text,
        str(dict(answer.headers)),
        "".join(gate.lines),
        str(gate.world.events),
    ):
        assert sent not in told
        assert "user-token" not in told.lower()
    # It did get where it belongs, or the test would prove nothing.
    assert sent in str([seen.event for seen in gate.world.functions.of(GUARD)])
    assert [decision["user"] for decision in gate.decisions()] == [True]


def test_the_users_token_reaches_an_http_api(gate: Gate) -> None:
    sent = user_token()
    seen = text_of(gate.call(SEARCH, {"origin": "ICN"}, user=sent))
    assert {name for name, _ in seen["headers"]} == {
        *("host", "accept", "accept-encoding", "connection", "user-agent", "traceparent", "authorization"),
    }
    assert sent not in str(seen)
    assert sent in str([call.event for call in gate.world.functions.of(GUARD)])


@pytest.mark.parametrize(
    ("user", "customer", "reason"),
    [
        (None, "C1001", "no_user"),
        ("C1001", "C1002", "user_mismatch"),
        ("guest", "C1001", "user_mismatch"),
        ("guest", "Guest", "user_mismatch"),
    ],
)
def test_another_users_data_is_given(gate: Gate, user: str | None, customer: str, reason: str) -> None:
    answer = gate.call(CREATE, {"customer_id": customer}, user=user and user_token(user))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, -32002)
    assert customer not in answer.text
    assert [decision["reason"] for decision in gate.decisions()] == [reason]
    assert gate.world.functions.of(FUNCTION) == []


@pytest.mark.parametrize("tool", [INFO, SEARCH])
@pytest.mark.parametrize("kind", ["agent's", "nonsense", "empty", "id token"])
def test_another_token_than_a_users_is_taken_for_one(gate: Gate, kind: str, tool: str) -> None:
    claims = access_claims(USERS, users_kit.CONSOLE, "C1001", NOW, scopes=("openid",))
    sent = {
        "agent's": token(),
        "nonsense": "x.y.z",
        "empty": "",
        "id token": users_kit.keys().sign({**claims, "token_use": "id"}),
    }[kind]
    arguments = {"customer_id": "C1001"} if tool == INFO else {"origin": "ICN"}
    answer = gate.call(tool, arguments, user=sent)
    assert answer.status_code == 403
    assert [decision["reason"] for decision in gate.decisions()] == ["bad_user_token"]


def test_two_users_are_one(gate: Gate) -> None:
    pair = [(HEADER, user_token("C1002")), (HEADER.lower(), user_token("C1001"))]
    for headers in (pair, pair[::-1]):
        answer = gate.world.post(call_body(INFO, {"customer_id": "C1001"}), bearer=token(), headers=headers)
        assert answer.status_code == 403
    assert gate.world.functions.of(FUNCTION) == []


def test_a_users_token_opens_the_gateway_by_itself(gate: Gate) -> None:
    """A customer is no agent: the gateway's own authorizer knows another pool."""
    answer = gate.world.post(call_body(INFO, {"customer_id": "C1001"}), bearer=user_token())
    assert answer.status_code == 401


def test_what_needs_no_user_is_refused_for_want_of_one(gate: Gate) -> None:
    assert gate.call(SEARCH, {"origin": "ICN"}, user=None).status_code == 200
    assert gate.world.post(rpc("tools/list"), bearer=token()).status_code == 200
    assert [decision["user"] for decision in gate.decisions()] == [False, False]
