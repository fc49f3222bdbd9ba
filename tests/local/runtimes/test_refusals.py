"""Who may not invoke, and what no container is given: decided before the container hears of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from localcloud.errors import PlatformError
from localcloud.identity import Identity
from localcloud.runtimes import RuntimePool
from localcloud.runtimes.request import MAX_BODY
from localcloud.spec import Grant
from localcloud.telemetry.events import EventLog
from localcloud.telemetry.logs import LogSink
from tests.local.identity.conftest import Clock
from tests.local.runtimes import kit
from tests.local.runtimes.kit import SESSION, World

pytestmark = pytest.mark.anyio
DELEGATOR = "airline_dev_orchestrator"
USER = "X-Amzn-Bedrock-AgentCore-Runtime-User-Id"


def refused(reply: httpx.Response, status: int, kind: str) -> None:
    assert (reply.status_code, reply.headers["x-amzn-errortype"]) == (status, kind), reply.text


async def test_a_role_decides_who_may_invoke_and_the_agent_hears_of_no_other(world: World) -> None:
    assert (await world.post("show", who=DELEGATOR)).status_code == 200
    for who in ("airline_dev_loyalty", "airline_dev_booking", "airline-dev-tool-customer", "stranger", None):
        refused(await world.post("die", who=who), 403, "AccessDeniedException")
    assert (world.notices, world.pool.states()) == ([], {"booking": "ready"})


async def test_the_endpoint_is_authorized_besides_the_runtime(tmp_path: Path) -> None:
    booking = kit.runtime("booking", tmp_path)
    arn = booking.arn
    every = Grant("Allow", ("bedrock-agentcore:*",), ("*",))
    grants = {
        "only_dev": (kit.may_invoke(booking, "dev"),),
        "only_the_runtime": (Grant("Allow", kit.INVOKE, (arn,)),),
        "only_endpoints": (Grant("Allow", kit.INVOKE, (f"{arn}/*",)),),
        "denied": (every, Grant("Deny", ("bedrock-agentcore:invokeagent*",), (f"{arn}/*/dev",))),
    }
    async with kit.running(kit.system(booking, grants=grants), tmp_path) as world:
        for who, query, expected in (
            ("only_dev", "?qualifier=dev", 200),
            ("only_dev", "", 403),
            ("only_the_runtime", "", 403),
            ("only_endpoints", "", 403),
            ("denied", "", 200),
            ("denied", "?qualifier=dev", 403),
        ):
            reply = await world.post("show", who=who, query=query)
            assert reply.status_code == expected, (who, query)


@pytest.mark.parametrize("qualifier", ["live", "", "default", "dev%2f"])
async def test_an_unknown_endpoint_is_refused(world: World, qualifier: str) -> None:
    query = f"?qualifier={qualifier}"
    refused(await world.post("show", query=query), 404, "ResourceNotFoundException")
    # A caller that may not, learns nothing of which there are.
    refused(await world.post("show", query=query, who=DELEGATOR), 403, "AccessDeniedException")


@pytest.mark.parametrize("query", ["?qualifier=dev&qualifier=DEFAULT", "?other=1", "?" + "a=1&" * 40])
async def test_a_query_that_could_be_read_two_ways_is_refused(world: World, query: str) -> None:
    refused(await world.post("show", query=query), 400, "ValidationException")


async def test_nobody_speaks_for_a_user(tmp_path: Path) -> None:
    booking = kit.runtime("booking", tmp_path)
    grants = {
        DELEGATOR: (kit.may_invoke(booking),),
        "for_users": (Grant("Allow", ("bedrock-agentcore:InvokeAgentRuntime*",), ("*",)),),
    }
    async with kit.running(kit.system(booking, grants=grants), tmp_path) as world:
        for who in (DELEGATOR, "operator"):
            reply = await world.post("show", who=who, headers={USER: "u1"})
            refused(reply, 403, "AccessDeniedException")
            assert "InvokeAgentRuntimeForUser" in reply.json()["message"]
        refused(await world.post("show", who="for_users", headers={USER: "u1"}), 400, "ValidationException")


@pytest.mark.parametrize(
    ("session", "accepted"),
    [
        ("a" * 32, False),
        ("a" * 33, True),
        ("a" * 100, True),
        ("a" * 101, False),
        ("-" + "a" * 40, False),
        ("a" * 40 + "/", False),
        ("", False),
    ],
)
async def test_session_ids_have_the_length_and_alphabet_every_service_takes(
    world: World, session: str, accepted: bool
) -> None:
    reply = await world.post("show", headers={SESSION: session})
    if accepted:
        assert (reply.status_code, reply.headers[SESSION]) == (200, session)
        assert dict(reply.json()["headers"])[SESSION] == session
    else:
        refused(reply, 400, "ValidationException")


async def test_a_request_without_a_session_begins_one(world: World) -> None:
    replies = [await world.post("show") for _ in range(2)]
    ids = {reply.headers[SESSION] for reply in replies}
    assert len(ids) == 2
    assert {dict(reply.json()["headers"])[SESSION] for reply in replies} == ids
    assert all(len(session) >= 33 for session in ids)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/runtimes/{arn}/stopruntimesession"),
        ("POST", "/runtimes/{arn}/commands"),
        ("GET", "/runtimes/{arn}/invocations"),
        ("POST", "/runtimes/{arn}/invocations/more"),
        ("POST", "/runtimes/"),
        ("POST", "/browsers/x"),
    ],
)
async def test_an_operation_without_a_stand_in_is_refused(world: World, method: str, path: str) -> None:
    url = world.url + path.format(arn=world.path().split("/")[2])
    async with httpx.AsyncClient(trust_env=False) as client:
        reply = await client.request(method, url, headers=kit.signature("operator"))
    refused(reply, 404, "ResourceNotFoundException")


@pytest.mark.parametrize(("name", "limit"), [("tracestate", 512), ("baggage", 8192), ("x-tenant", 4096)])
async def test_a_header_too_long_is_refused_not_dropped(tmp_path: Path, name: str, limit: int) -> None:
    booking = kit.runtime("booking", tmp_path, headers=("X-Tenant",))
    async with kit.running(kit.system(booking), tmp_path) as world:
        traced = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
        fits = await world.post("show", headers={**traced, name: "v" * limit})
        assert dict(fits.json()["headers"])[name] == "v" * limit
        for others in (traced, {}):
            reply = await world.post("show", headers={**others, name: "v" * (limit + 1)})
            refused(reply, 400, "ValidationException")


async def test_only_listed_headers_of_the_callers_are_passed_on(tmp_path: Path) -> None:
    listed = ("X-Tenant", "X-Amzn-Bedrock-AgentCore-Runtime-Custom-Kind")
    booking = kit.runtime("booking", tmp_path, headers=listed)
    sent = {
        "X-Tenant": "서울".encode(),
        "X-Amzn-Bedrock-AgentCore-Runtime-Custom-Kind": "k",
        "X-Amzn-Bedrock-AgentCore-Runtime-Custom-Other": "no",
        "X-Amzn-Bedrock-AgentCore-Runtime-Request-Id": "forged",
        "X-Amz-Bedrock-AgentCore-Identity-WAT": "forged",
        "WorkloadAccessToken": "forged",
        "X-Forwarded-For": "no",
        "Cookie": "no",
    }
    async with kit.running(kit.system(booking), tmp_path) as world:
        seen = dict((await world.post("show", headers=sent)).json()["headers"])
    assert seen["x-tenant"].encode("latin-1").decode() == "서울"
    assert seen["x-amzn-bedrock-agentcore-runtime-custom-kind"] == "k"
    assert not {"no", "forged"} & set(seen.values())
    assert "authorization" not in seen


def pool(tmp_path: Path, **change: Any) -> RuntimePool:
    system = kit.system(replace(kit.runtime("booking", tmp_path), **change))
    return RuntimePool(
        system,
        environment=lambda _: {},
        tokens=Identity(system, clock=Clock()),
        events=EventLog(),
        logs=LogSink(tmp_path / "logs"),
    )


@pytest.mark.parametrize(
    "name",
    [
        "WorkloadAccessToken",
        "X-Amz-Bedrock-AgentCore-Identity-WAT",
        "x-amzn-bedrock-agentcore-runtime-session-id",
        "Authorization",
        "Host",
        "Transfer-Encoding",
        "traceparent",
        "bad name",
        "",
    ],
)
def test_an_allowlist_cannot_let_callers_speak_as_the_platform(tmp_path: Path, name: str) -> None:
    with pytest.raises(PlatformError, match=r"airline_dev_booking: .*header allowlist"):
        pool(tmp_path, headers=(name,))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"protocol": "A2A"}, "A2A"),
        ({"build_args": {}}, "AGENT"),
        ({"build_args": {"AGENT": "-c"}}, "AGENT"),
        ({"build_args": {"AGENT": "../other"}}, "AGENT"),
        ({"name": "operator"}, "operator"),
    ],
)
def test_a_runtime_that_cannot_run_here_is_refused_by_name(
    tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    with pytest.raises(PlatformError, match=told):
        pool(tmp_path, **change)


async def test_a_payload_over_the_limit_is_refused(world: World) -> None:
    sent = 0

    async def receive() -> dict[str, Any]:
        nonlocal sent
        sent += 1
        return {"type": "http.request", "body": bytes(MAX_BODY // 4), "more_body": True}

    replies: list[Any] = []

    async def send(message: Any) -> None:
        replies.append(message)

    path = world.path()
    headers = [(name.encode(), value.encode()) for name, value in kit.signature("operator").items()]
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "headers": headers}
    await world.pool({**scope, "query_string": b""}, receive, send)
    assert (replies[0]["status"], sent) == (400, 5)


async def test_no_refusal_and_no_event_tells_a_header(world: World) -> None:
    secret = "Bearer-of-secrets"
    replies = [
        await world.post("show", who="stranger", headers={"X-Amz-Security-Token": secret}),
        await world.post("fail", status=500, headers={"X-Other": secret}),
    ]
    told = "".join(reply.text for reply in replies) + str(world.events.select()) + world.log()
    assert secret not in told
    assert "AWS4-HMAC" not in told
