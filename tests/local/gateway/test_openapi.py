"""OpenAPI targets against a real HTTP server."""

from __future__ import annotations

import copy
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
from tests.local.gateway.kit import (
    GENERIC,
    GUARD,
    Outbound,
    World,
    answer_with,
    call_body,
    gateway,
    interceptor,
    text_of,
    tool,
)
from tests.local.gateway.serving import bound_socket, serving

PROVIDER = (
    "arn:aws:bedrock-agentcore:us-east-1:111122223333:token-vault/default/oauth2credentialprovider/flights"
)
TEXT = {"type": "string"}


def _parameter(name: str, place: str = "query", **more: Any) -> dict[str, Any]:
    schema = more.pop("schema", TEXT)
    return {"name": name, "in": place, "required": place == "path", "schema": schema, **more}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Flights", "version": "1"},
    "servers": [{"url": "https://flights.example.com/v2/"}],
    "paths": {
        "/offers": {
            "get": {
                "operationId": "search_flights",
                "summary": "Searches flights.",
                "parameters": [
                    _parameter(
                        "origin",
                        required=True,
                        description="IATA code.",
                        schema={**TEXT, "pattern": "^[A-Z]{3}$"},
                    ),
                    _parameter("adults", schema={"type": "integer", "minimum": 1, "maximum": 9}),
                    _parameter("direct", schema={"type": "boolean"}),
                    _parameter("cabins", schema={"type": "array", "items": TEXT}),
                    _parameter("codes", explode=False, schema={"type": "array", "items": TEXT}),
                    _parameter("X-Trip", "header"),
                ],
            }
        },
        "/orders/{order}/items/{item}": {
            "parameters": [_parameter("order", "path")],
            "put": {
                "operationId": "change_item",
                "description": "Changes an item.",
                "parameters": [_parameter("item", "path", schema={"type": "integer"})],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Change"}}},
                },
            },
        },
        **{
            f"/{name}": {"get": {"operationId": name, "description": f"Answers {name}."}}
            for name in ("fails", "redirects", "floods", "text", "latin")
        },
    },
    "components": {
        "schemas": {
            "Change": {
                "type": "object",
                "required": ["seat"],
                "properties": {"seat": TEXT, "note": {"$ref": "#/components/schemas/Note"}},
            },
            "Note": {"type": "object", "properties": {"text": TEXT}},
        }
    },
}


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


def _target(document: Any = None, credential: OAuthCredential | None = None) -> Target:
    return Target(
        "flights-api", "TARGET0009", "openapi", document=document or DOCUMENT, credential=credential
    )


Make = Callable[..., World]


@pytest.fixture
def make(base: str) -> Iterator[Make]:
    """Makes worlds whose connections are closed at the end."""
    with ExitStack() as stack:

        def world(
            credential: OAuthCredential | None = None, at: str = base, outbound: Any = None, **changes: Any
        ) -> World:
            spec = gateway(targets=(_target(None, credential),), **changes)
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


def test_the_trace_ends_at_the_target(make: Make) -> None:
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


@pytest.mark.parametrize(
    "hosts",
    [
        {},
        {"https://other.example.com": "http://127.0.0.1:1"},
        {"https://flights.example.co": "http://127.0.0.1:1"},
        {"https://flights.example.com": "https://93.184.216.34"},
        {"https://flights.example.com": "http://127.0.0.1.evil.example"},
    ],
)
def test_a_gateway_would_call_out_of_this_computer(hosts: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="no local stand-in"):
        World(gateway(targets=(_target(),)), hosts=hosts)


def _changed(path: str, value: Any) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    node: Any = document
    *parents, last = path.split(">")
    for part in parents:
        node = node[int(part)] if isinstance(node, list) else node[part]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return document


GET = "paths>/offers>get"
SCHEMA = "components>schemas>Change"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (_changed("openapi", "2.0"), "3.0.x or 3.1.x"),
        (_changed("servers", []), "exactly one"),
        (_changed("servers", [{"url": "https://{region}.example.com"}]), "literal"),
        (_changed(f"{GET}>operationId", None), "GET /offers: has no operationId"),
        (_changed(f"{GET}>summary", None), "has no description"),
        (_changed(f"{GET}>parameters>5>name", "Authorization"), "belongs to the gateway"),
        (_changed(f"{GET}>parameters>0>in", "cookie"), "path, query or header"),
        (_changed(f"{GET}>parameters>0>style", "deepObject"), "deepObject"),
        (_changed(f"{GET}>parameters>0>name", "adults"), "adults is declared twice"),
        (_changed(f"{GET}>parameters>0>schema", {"oneOf": [TEXT]}), "oneOf"),
        (_changed(f"{GET}>callbacks", {}), "callbacks"),
        (_changed(SCHEMA, {"type": "array"}), "object with properties"),
        (_changed(f"{SCHEMA}>properties>note", {"$ref": "https://evil.example/x"}), "outside the document"),
        (_changed(f"{SCHEMA}>properties>note", {"$ref": "#/components/schemas/Change"}), "circular"),
        (_changed(f"{SCHEMA}>properties>note", {"$ref": "#/components/schemas/None"}), "leads nowhere"),
        (_changed(f"{SCHEMA}>properties>order", TEXT), "order is declared twice"),
        (_changed("paths>/orders/{order}/items/{item}>parameters", []), "placeholders"),
    ],
)
def test_a_document_that_cannot_be_honoured_is_served(document: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        World(
            gateway(targets=(_target(document),)), hosts={"https://flights.example.com": "http://127.0.0.1:1"}
        )


def test_an_operation_is_listed_in_another_form(make: Make, base: str) -> None:
    world = make()
    assert world.tools()[:2] == [SEARCH, CHANGE]
    plain = gateway(
        targets=(_target(), Target("flights-api", "T", "lambda", tools=(tool("search_flights"),)))
    )
    with pytest.raises(ValueError, match="declared twice"):
        World(plain, hosts={"https://flights.example.com": base})
