"""Outbound credentials: each target gets its own, where it is expected, and nothing of it is told to anybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from localcloud.gateway.outbound import NoRole, Role
from localcloud.identity.api import OutboundError
from localcloud.spec import Credential, KeyCredential, RoleCredential, Target
from tests.local.gateway.flights import target as openapi_target
from tests.local.gateway.kit import GENERIC, Outbound, World, answer_with, call_body
from tests.local.gateway.mcp_server import Seen, Server
from tests.local.gateway.parts import GUARD, gateway, interceptor, tool
from tests.local.gateway.serving import bound_socket, serving

ARN = "arn:aws:bedrock-agentcore:us-east-1:111122223333:token-vault/default/apikeycredentialprovider/k"
SETTINGS = {
    "AWS_ACCESS_KEY_ID": "LOCAL.air-dev",
    "AWS_SECRET_ACCESS_KEY": "role-secret",
    "AWS_REGION": "us-east-1",
}
SECRET = "outbound-secret"
CALLS = {"api": ("flights-api___search_flights", {"origin": "ICN"}), "mcp": ("tools-mcp___look", {})}
Make = Callable[..., World]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Server, str]]:
    """Answers both kinds of target: for an API any JSON will do, and the request is what counts."""
    server, listening = Server(), bound_socket()
    with serving(_Recorder(server), listening):
        yield server, f"http://127.0.0.1:{listening.getsockname()[1]}"


class _Recorder:
    """The MCP server, and beside it an API that keeps the requests it gets."""

    def __init__(self, server: Server) -> None:
        self._server, self._mcp = server, server.app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] == "POST":
            await self._mcp(scope, receive, send)
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        query = httpx.QueryParams(scope["query_string"].decode()).multi_items()
        self._server.seen.append(Seen({"method": "GET"}, headers, query, ""))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


@pytest.fixture
def make(served: tuple[Server, str]) -> Iterator[Make]:
    served[0].seen.clear()
    with ExitStack() as stack:

        def world(credential: Credential | None, outbound: Any = None, **changes: Any) -> World:
            mcp = Target(
                "tools-mcp",
                "TARGET0043",
                "mcp_server",
                endpoint="https://tools.example/mcp",
                tools=(tool("look"),),
                credential=credential,
            )
            hosts = {"https://flights.example.com": served[1], "https://tools.example": served[1]}
            spec = gateway(targets=(openapi_target(None, credential), mcp), **changes)
            made = World(spec, outbound=outbound or Outbound(), hosts=hosts, role=Role(SETTINGS))
            return stack.enter_context(made)

        yield world


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize(
    ("place", "name", "prefix"),
    [
        ("header", "X-Api-Key", ""),
        ("header", "Authorization", "Key "),
        ("query", "appid", ""),
        ("query", "k.1", "v-"),
    ],
)
def test_a_key_goes_elsewhere(
    make: Make, served: tuple[Server, str], kind: str, place: str, name: str, prefix: str
) -> None:
    world = make(KeyCredential(ARN, place, name, prefix))
    assert world.call(*CALLS[kind]).json()["result"]["isError"] is False
    assert world.outbound.asked == [(ARN, ())]
    assert served[0].seen
    for seen in served[0].seen:
        header = [value for key, value in seen.headers.items() if key.lower() == name.lower()]
        query = [value for key, value in seen.query if key == name]
        expected = [prefix + SECRET]
        assert (header, query) == ((expected, []) if place == "header" else ([], expected))
        assert [value for key, value in seen.query if key == "origin"] == (["ICN"] if kind == "api" else [])
    assert SECRET not in str(list(world.events))


@pytest.mark.parametrize("kind", CALLS)
def test_an_interceptors_authorization_meets_the_key_beside_it(
    make: Make, served: tuple[Server, str], kind: str
) -> None:
    body = call_body(*CALLS[kind])
    for credential in (KeyCredential(ARN, "query", "appid"), RoleCredential("execute-api")):
        world = make(credential, interceptors=(interceptor("REQUEST"),))
        request = {"body": body, "headers": {"authorization": "Bearer downstream"}}
        world.functions.functions[GUARD] = answer_with(transformedGatewayRequest=request)
        served[0].seen.clear()
        world.post(body)
        assert world.outbound.asked == []
        assert {seen.headers["authorization"] for seen in served[0].seen} == {"Bearer downstream"}
        assert all(
            "appid" not in dict(seen.query) and "x-amz-date" not in seen.headers for seen in served[0].seen
        )


class _NoKey(Outbound):
    async def key(self, provider_arn: str) -> str:
        raise OutboundError(f"{provider_arn}: provider-detail")


@pytest.mark.parametrize("kind", CALLS)
def test_without_a_key_the_target_is_called(make: Make, served: tuple[Server, str], kind: str) -> None:
    world = make(KeyCredential(ARN, "header", "X-Api-Key"), outbound=_NoKey())
    answer = world.call(*CALLS[kind]).json()["result"]
    assert answer == {"isError": True, "content": [{"type": "text", "text": GENERIC}]}
    assert world.events.layer("target")[-1]["status"] == "credentials"
    assert served[0].seen == []


SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=LOCAL\.air-dev/\d{8}/us-east-1/bedrock-agentcore/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)


@pytest.mark.parametrize("kind", CALLS)
def test_a_signed_target_gets_another_service_or_one_signature_for_all(
    make: Make, served: tuple[Server, str], kind: str
) -> None:
    world = make(RoleCredential("bedrock-agentcore"))
    assert world.call(*CALLS[kind]).json()["result"]["isError"] is False
    signatures = [SIGNED.fullmatch(seen.headers["authorization"]) for seen in served[0].seen]
    assert all(found and "host" in found[1].split(";") for found in signatures)
    assert len({found[2] for found in signatures if found}) == len(signatures)
    assert "role-secret" not in str([seen.headers for seen in served[0].seen])
    assert "role-secret" not in str(list(world.events))


def test_the_signature_is_over_something_else() -> None:
    """Against botocore itself: the same request, key, region and second give the same signature."""
    request = httpx.Request("POST", "http://127.0.0.1:1/a%3Ab/c?x=y", content=b'{"a": "\xea\xb0\x80"}')
    Role(SETTINGS).sign(request, "bedrock-agentcore")
    date = request.headers["X-Amz-Date"]
    theirs = AWSRequest("POST", "http://127.0.0.1:1/a%3Ab/c?x=y", data=b'{"a": "\xea\xb0\x80"}')
    theirs.headers["Host"] = "127.0.0.1:1"
    theirs.context["timestamp"] = date
    signer = SigV4Auth(Credentials("LOCAL.air-dev", "role-secret"), "bedrock-agentcore", "us-east-1")
    theirs.headers["X-Amz-Date"] = date
    signature = signer.signature(signer.string_to_sign(theirs, signer.canonical_request(theirs)), theirs)
    assert request.headers["Authorization"].endswith(f"Signature={signature}")


def test_a_gateway_without_a_role_signs_nothing_and_asks_anyway() -> None:
    target = Target("t", "T", "mcp_server", endpoint="https://x", credential=RoleCredential("lambda"))
    with pytest.raises(NoRole, match="target t: its requests are signed"):
        World(gateway(targets=(target,)))
