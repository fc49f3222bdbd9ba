"""OpenAPI targets against a real HTTP server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from localcloud.identity.api import OutboundError
from localcloud.spec import OAuthCredential, Target
from tests.local.gateway.flights import PROVIDER, target
from tests.local.gateway.kit import GENERIC, Outbound, World, answer_with, call_body, text_of
from tests.local.gateway.parts import GUARD, gateway, interceptor, tool
from tests.local.gateway.serving import bound_socket, serving


async def _echo(request: Request) -> Response:
    body = await request.body()
    return JSONResponse(
        {
            "method": request.method,
            "path": request.scope["raw_path"].decode(),
            "query": request.query_params.multi_items(),
            "trip": request.headers.get("x-trip"),
            "authorization": request.headers.get("authorization"),
            "kind": request.headers.get("content-type"),
            "traceparent": request.headers.get("traceparent"),
            "body": json.loads(body) if body else None,
            "client": f"{request.client.port}" if request.client else "",
        }
    )


async def _fails(_: Request) -> Response:
    return JSONResponse({"secret": "provider-detail"}, status_code=503)


async def _redirects(_: Request) -> Response:
    return RedirectResponse("/v2/text")


async def _floods(_: Request) -> Response:
    async def chunks() -> Any:
        for _ in range(200):
            yield b"x" * 65536

    return StreamingResponse(chunks())


async def _text(_: Request) -> Response:
    return Response("plain")


async def _latin(_: Request) -> Response:
    return Response(b"\xe9")


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    app = Starlette(
        routes=[
            Route("/v2/fails", _fails),
            Route("/v2/redirects", _redirects),
            Route("/v2/floods", _floods),
            Route("/v2/text", _text),
            Route("/v2/latin", _latin),
            Route("/v2/{rest:path}", _echo, methods=["GET", "PUT"]),
        ]
    )
    listening = bound_socket()
    with serving(app, listening):
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


Make = Callable[..., World]


@pytest.fixture
def make(base: str) -> Iterator[Make]:
    """Makes worlds whose connections are closed at the end."""
    with ExitStack() as stack:

        def world(
            credential: OAuthCredential | None = None, at: str = base, outbound: Any = None, **changes: Any
        ) -> World:
            spec = gateway(targets=(target(None, credential),), **changes)
            hosts = {"https://flights.example.com": at}
            return stack.enter_context(World(spec, outbound=outbound or Outbound(), hosts=hosts))

        yield world


SEARCH = "flights-api___search_flights"
CHANGE = "flights-api___change_item"


def test_parameters_go_elsewhere(make: Make) -> None:
    arguments = {
        "origin": "ICN",
        "adults": 2,
        "direct": True,
        "cabins": ["a b", "c&d"],
        "codes": ["x", "y"],
        "X-Trip": "t",
    }
    seen = text_of(make().call(SEARCH, arguments))
    assert (seen["method"], seen["path"], seen["body"], seen["trip"]) == ("GET", "/v2/offers", None, "t")
    assert seen["query"] == [
        ["origin", "ICN"],
        ["adults", "2"],
        ["direct", "true"],
        ["cabins", "a b"],
        ["cabins", "c&d"],
        ["codes", "x,y"],
    ]


def test_path_and_body_arguments_go_elsewhere(make: Make) -> None:
    arguments = {"order": "a/b?c#d %2e{item}", "item": 7, "seat": "12A", "note": {"text": "창가"}}
    seen = text_of(make().call(CHANGE, arguments))
    assert seen["method"] == "PUT"
    assert seen["path"] == "/v2/orders/a%2Fb%3Fc%23d%20%252e%7Bitem%7D/items/7"
    assert seen["body"] == {"seat": "12A", "note": {"text": "창가"}}
    assert seen["kind"] == "application/json"


@pytest.mark.parametrize("order", ["..", ".", ""])
def test_a_path_argument_climbs_out_of_its_path(make: Make, order: str) -> None:
    answer = make(debug_exceptions=True).call(CHANGE, {"order": order, "item": 1, "seat": "x"})
    assert answer.json()["result"]["isError"] is True
    assert "order" in answer.json()["result"]["content"][0]["text"]


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "\x00", " padded", "é", ""])
def test_a_header_argument_adds_a_header(make: Make, value: str) -> None:
    answer = make().call(SEARCH, {"origin": "ICN", "X-Trip": value})
    assert answer.json()["result"] == {"isError": True, "content": [{"type": "text", "text": GENERIC}]}


@pytest.mark.parametrize(
    "arguments",
    [{}, {"origin": "icn"}, {"origin": "ICN", "adults": 0}, {"origin": "ICN", "max": 1}, {"origin": ["ICN"]}],
)
def test_arguments_outside_the_document_are_sent(make: Make, arguments: dict[str, Any]) -> None:
    assert make().call(SEARCH, arguments).status_code == 400


def test_the_outbound_token_is_not_the_vaults_or_the_callers_leaks(make: Make) -> None:
    world = make(OAuthCredential(PROVIDER, ("flights.read",)))
    seen = text_of(world.call(SEARCH, {"origin": "ICN"}))
    assert seen["authorization"] == "Bearer outbound-secret"
    assert world.outbound.asked == [(PROVIDER, ("flights.read",))]
    assert "outbound-secret" not in str(list(world.events))


def test_the_callers_token_is_sent_where_no_credential_is_configured(make: Make) -> None:
    assert text_of(make().call(SEARCH, {"origin": "ICN"}))["authorization"] is None


def test_an_interceptors_authorization_does_not_override(make: Make) -> None:
    body = call_body(SEARCH, {"origin": "ICN"})
    world = make(OAuthCredential(PROVIDER), interceptors=(interceptor("REQUEST"),))
    request = {"body": body, "headers": {"authorization": "Bearer downstream", "X-Trip": "injected"}}
    world.functions.functions[GUARD] = answer_with(transformedGatewayRequest=request)
    seen = text_of(world.post(body))
    assert (seen["authorization"], seen["trip"], world.outbound.asked) == ("Bearer downstream", None, [])


def test_the_trace_ends_at_thetarget(make: Make) -> None:
    world = make()
    seen = text_of(world.call(SEARCH, {"origin": "ICN"}))
    assert seen["traceparent"].split("-")[1] == world.events[-1]["trace_id"]


class _NoToken:
    async def token(self, provider_arn: str, scopes: tuple[str, ...]) -> str:
        raise OutboundError(f"{provider_arn}: provider-detail")


def test_without_an_outbound_token_the_api_is_called(make: Make) -> None:
    world = make(OAuthCredential(PROVIDER), outbound=_NoToken())
    answer = world.call(SEARCH, {"origin": "ICN"})
    assert answer.json()["result"] == {"isError": True, "content": [{"type": "text", "text": GENERIC}]}
    assert world.events.layer("target")[-1]["status"] == "credentials"


@pytest.mark.parametrize(
    ("name", "status"),
    [("fails", "error"), ("redirects", "error"), ("floods", "too_large"), ("latin", "error")],
)
def test_an_api_failure_is_a_success_or_leaks(make: Make, name: str, status: str) -> None:
    world = make()
    answer = world.call(f"flights-api___{name}")
    assert answer.json()["result"] == {"isError": True, "content": [{"type": "text", "text": GENERIC}]}
    assert world.events.layer("target")[-1]["status"] == status


def test_debugging_hides_the_status(make: Make) -> None:
    answer = make(debug_exceptions=True).call("flights-api___fails")
    assert answer.json()["result"]["content"][0]["text"] == "The API answered HTTP 503."


def test_text_answers_are_refused(make: Make) -> None:
    answer = make().call("flights-api___text")
    assert answer.json()["result"]["content"][0]["text"] == "plain"


def test_an_unreachable_api_breaks_the_request(make: Make) -> None:
    listening = bound_socket()
    port = listening.getsockname()[1]
    listening.close()
    world = make(at=f"http://127.0.0.1:{port}")
    assert world.call(SEARCH, {"origin": "ICN"}).json()["result"]["isError"] is True
    assert world.events.layer("target")[-1]["status"] == "unreachable"


def test_an_operation_is_listed_in_another_form(make: Make, base: str) -> None:
    world = make()
    assert world.tools()[:2] == [SEARCH, CHANGE]
    plain = gateway(targets=(target(), Target("flights-api", "T", "lambda", tools=(tool("search_flights"),))))
    with pytest.raises(ValueError, match="declared twice"):
        World(plain, hosts={"https://flights.example.com": base})
