"""MCP server targets: the handshake, the unprefixed name, and every answer that is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from localcloud.gateway import sse, web
from localcloud.spec import Credential, OAuthCredential, Target
from tests.local.gateway.kit import GENERIC, Outbound, World
from tests.local.gateway.mcp_server import SESSION, Seen, Server, reply, text
from tests.local.gateway.parts import gateway, tool
from tests.local.gateway.serving import bound_socket, serving

ADVICE = "nursery___plant_care"
ARN = "arn:aws:bedrock-agentcore:us-east-1:111122223333:token-vault/default/oauth2credentialprovider/nursery"
Make = Callable[..., World]


def target(
    credential: Credential | None = None, endpoint: str = "https://nursery.example/care/mcp?a=b"
) -> Target:
    return Target(
        "nursery",
        "TARGET0042",
        "mcp_server",
        endpoint=endpoint,
        tools=(tool("plant_care", "species", species="string"),),
        credential=credential,
    )


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Server, str]]:
    server, listening = Server(), bound_socket()
    with serving(server.app, listening):
        yield server, f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def server(served: tuple[Server, str]) -> Server:
    made = served[0]
    made.seen.clear()
    made.change, made.delay = (lambda _, response: response), 0.0
    return made


@pytest.fixture
def make(served: tuple[Server, str], server: Server) -> Iterator[Make]:
    with ExitStack() as stack:

        def world(credential: Credential | None = None, at: str = served[1], **changes: Any) -> World:
            spec = gateway(targets=(target(credential),), **changes)
            return stack.enter_context(World(spec, hosts={"https://nursery.example": at}))

        yield world


def call(world: World) -> Any:
    return world.call(ADVICE, {"species": "장미"}).json()["result"]


def test_a_call_is_a_handshake_and_the_tools_own_name(make: Make, server: Server) -> None:
    world = make(OAuthCredential(ARN, ("care",)))
    assert call(world) == {"isError": False, "content": [text("fine")]}
    assert [seen.method for seen in server.seen] == ["initialize", "notifications/initialized", "tools/call"]
    assert server.seen[0].body["params"]["protocolVersion"] == "2025-11-25"
    assert server.seen[2].body["params"] == {"name": "plant_care", "arguments": {"species": "장미"}}
    assert {(seen.path, *seen.query) for seen in server.seen} == {("/care/mcp", ("a", "b"))}
    # Each request carries the credential, the last two the session and the version that was agreed on.
    assert {seen.headers["authorization"] for seen in server.seen} == {"Bearer outbound-secret"}
    assert [seen.headers.get(SESSION) for seen in server.seen] == [None, "session-1", "session-1"]
    assert [seen.headers.get("mcp-protocol-version") for seen in server.seen] == [
        None,
        "2025-11-25",
        "2025-11-25",
    ]
    assert {seen.headers["accept"] for seen in server.seen} == {"application/json, text/event-stream"}
    assert server.seen[2].headers["traceparent"].split("-")[1] == world.events[-1]["trace_id"]
    assert (world.events[-1]["kind"], world.events[-1]["status"]) == ("mcp_server", "ok")
    assert "outbound-secret" not in str(list(world.events))


def test_two_calls_share_a_session(make: Make, server: Server) -> None:
    world = make()
    call(world)
    call(world)
    assert [seen.method for seen in server.seen].count("initialize") == 2
    assert all("authorization" not in seen.headers for seen in server.seen)


def test_a_server_without_sessions_is_refused(make: Make, server: Server) -> None:
    def stateless(_: Seen, response: Response) -> Response:
        if SESSION in response.headers:
            del response.headers[SESSION]
        return response

    server.change = stateless
    assert call(make())["isError"] is False
    assert all(SESSION not in seen.headers for seen in server.seen)


def test_what_the_server_lists_is_asked_or_shown(make: Make, server: Server) -> None:
    world = make()
    assert world.tools() == [ADVICE]
    assert server.seen == []
    assert world.call("nursery___rewrite_prices").status_code == 404
    assert server.seen == []


def of(method: str, answer: Callable[[Seen], Response]) -> Callable[[Seen, Response], Response]:
    return lambda seen, response: answer(seen) if seen.method == method else response


def result(value: Any) -> Callable[[Seen, Response], Response]:
    return of("tools/call", lambda seen: JSONResponse(reply(seen, value)))


def stream(*events: str) -> Callable[[Seen, Response], Response]:
    return of("tools/call", lambda _: Response("".join(events), media_type="text/event-stream"))


def flood() -> Response:
    async def chunks() -> Any:
        for _ in range(200):
            yield b" " * 65536

    return StreamingResponse(chunks(), media_type="application/json")


FINE = '{"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"fine"}]}}'
LOG = 'data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n'
ASKS = 'data: {"jsonrpc":"2.0","id":2,"method":"sampling/createMessage","params":{}}\n\n'

SOUND = {
    "an event stream": stream(f"event: message\ndata: {FINE}\n\n"),
    "after a notification and a request of the server's own": stream(LOG, ASKS, f"data:{FINE}\r\n\r\n"),
    "in several lines": stream(": hi\n\n", "data: " + FINE.replace(",", ",\ndata: ") + "\n\n"),
    "without isError": result({"content": [text("fine")]}),
}


@pytest.mark.parametrize("case", SOUND)
def test_a_sound_answer_is_refused(make: Make, server: Server, case: str) -> None:
    server.change = SOUND[case]
    assert call(make()) == {"isError": False, "content": [text("fine")]}


def test_structured_content_is_lost(make: Make, server: Server) -> None:
    server.change = result({"content": [], "structuredContent": {"a": 1}, "_meta": {"x": 1}})
    assert call(make()) == {"isError": False, "content": [], "structuredContent": {"a": 1}}


FAULTS: dict[str, tuple[Callable[[Seen, Response], Response], str, str]] = {
    # case: what the server does, the status in the log, what debugging shows
    "an error result": (
        result({"content": [text("no such\nrow")], "isError": True}),
        "error",
        "no such row",
    ),
    "isError that is no truth value": (result({"content": [], "isError": "no"}), "error", ""),
    "a JSON-RPC error": (
        of(
            "tools/call",
            lambda seen: JSONResponse({"jsonrpc": "2.0", "id": 2, "error": {"code": -1, "message": "m"}}),
        ),
        "error",
        "JSON-RPC -1: m",
    ),
    "a refused handshake": (
        of("initialize", lambda _: JSONResponse({"jsonrpc": "2.0", "id": 1, "error": {"code": -32600}})),
        "error",
        "JSON-RPC -32600",
    ),
    "another version": (
        of("initialize", lambda seen: JSONResponse(reply(seen, {"protocolVersion": "2024-11-05"}))),
        "error",
        "no protocol version of the gateway's",
    ),
    "no tools": (
        of(
            "initialize",
            lambda seen: JSONResponse(reply(seen, {"protocolVersion": "2025-06-18", "capabilities": {}})),
        ),
        "error",
        "no tools capability",
    ),
    "a refused notification": (
        of("notifications/initialized", lambda _: Response(status_code=400)),
        "error",
        "HTTP 400",
    ),
    "401": (of("initialize", lambda _: Response(status_code=401)), "error", "HTTP 401"),
    "a redirect": (of("tools/call", lambda _: RedirectResponse("/elsewhere")), "error", "HTTP 307"),
    "no content": (result({}), "error", "no content"),
    "content of no type": (result({"content": [{}]}), "error", "no content"),
    "structured content that is a list": (
        result({"content": [], "structuredContent": []}),
        "error",
        "no object",
    ),
    "a result that is a text": (result("fine"), "error", "no result"),
    "another request's answer": (
        of("tools/call", lambda _: JSONResponse({"jsonrpc": "2.0", "id": 9, "result": {}})),
        "error",
        "did not answer",
    ),
    "an answer that is a list": (of("tools/call", lambda _: JSONResponse([])), "error", "did not answer"),
    "no JSON": (
        of("tools/call", lambda _: Response("{", media_type="application/json")),
        "error",
        "not JSON",
    ),
    "duplicate keys": (
        of("tools/call", lambda _: Response('{"id":2,"id":2}', media_type="application/json")),
        "error",
        "not JSON",
    ),
    "another media type": (
        of("tools/call", lambda _: Response(FINE, media_type="text/html")),
        "error",
        "neither",
    ),
    "a stream without the answer": (stream(LOG), "error", "did not answer"),
    "an unfinished event": (stream(f"data: {FINE}\n"), "error", "did not answer"),
    "another event": (stream(f"event: endpoint\ndata: {FINE}\n\n"), "error", "did not answer"),
    "a flood": (of("tools/call", lambda _: flood()), "too_large", "larger than 6 MB"),
    "a session with blanks": (
        of("initialize", lambda seen: JSONResponse(reply(seen, {}), headers={SESSION: "a b"})),
        "error",
        "malformed session",
    ),
    "a changed session": (
        of(
            "tools/call",
            lambda seen: JSONResponse(reply(seen, {"content": []}), headers={SESSION: "session-2"}),
        ),
        "error",
        "changed the session",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_of_the_server_is_an_answer_or_leaks(make: Make, server: Server, case: str) -> None:
    server.change, status, shown = FAULTS[case]
    world = make()
    assert call(world) == {"isError": True, "content": [text(GENERIC)]}
    assert world.events.layer("target")[-1]["status"] == status
    debugged = call(make(debug_exceptions=True))["content"][0]["text"]
    assert shown in debugged
    assert "\n" not in debugged


def test_a_long_error_text_is_shown_whole(make: Make, server: Server) -> None:
    server.change = result({"content": [text("x" * 5000)], "isError": True})
    assert len(call(make(debug_exceptions=True))["content"][0]["text"]) == 300


def test_a_server_that_does_not_answer_holds_the_call(
    make: Make, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "SECONDS", 0.05)
    server.delay = 5
    world = make()
    assert call(world)["isError"] is True
    assert world.events.layer("target")[-1]["status"] == "timeout"


def test_an_unreachable_server_breaks_the_request(make: Make) -> None:
    listening = bound_socket()
    port = listening.getsockname()[1]
    listening.close()
    world = make(at=f"http://127.0.0.1:{port}")
    assert call(world)["isError"] is True
    assert world.events.layer("target")[-1]["status"] == "unreachable"


def test_a_server_without_a_stand_in_is_called_out_there() -> None:
    with pytest.raises(
        web.UnmappedHost, match=r"nursery: https://nursery\.example/care/mcp.* has no local stand-in"
    ):
        World(gateway(targets=(target(),)), outbound=Outbound())


def test_an_encoded_path_reaches_the_server_decoded(server: Server, served: tuple[Server, str]) -> None:
    """A hosted server's URL holds its ARN percent-encoded."""
    path = "/runtimes/arn%3Aaws%3Abedrock-agentcore%3Ar%3A1%3Aruntime%2Fx/invocations"
    spec = gateway(targets=(target(endpoint=f"https://core.example{path}?qualifier=main"),))
    with World(spec, hosts={"https://core.example": served[1]}) as world:
        assert call(world)["isError"] is False
    assert {(seen.path, *seen.query) for seen in server.seen} == {(path, ("qualifier", "main"))}


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"", []),
        (b"data: a\n\n", [b"a"]),
        (b"data: a\r\rdata: b\r\n\r\n", [b"a", b"b"]),
        (b"\xef\xbb\xbfdata:a\ndata:  b\n\n", [b"a\n b"]),
        (b":x\nid: 1\nretry: 5\ndata\n\n", [b""]),
        (b"event: ping\ndata: a\n\ndata: b\n\n", [b"b"]),
        (b"data: a", []),
    ],
)
def test_event_streams_are_read_as_browsers_read_them(stream: bytes, expected: list[bytes]) -> None:
    assert sse.events(stream) == expected
