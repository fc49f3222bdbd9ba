"""InvokeAgentRuntime through boto3: streamed as it comes, with the platform's headers and nobody else's."""

from __future__ import annotations

import json
import re
from typing import Any

import anyio
import pytest
from botocore.exceptions import ClientError

from tests.local.runtimes import kit
from tests.local.runtimes.kit import SESSION_ID, World

pytestmark = pytest.mark.anyio
OF_HTTP = {"host", "content-length", "connection", "accept-encoding", "user-agent"}
OURS = {
    "content-type",
    "accept",
    "traceparent",
    "x-amzn-bedrock-agentcore-runtime-session-id",
    "x-amzn-bedrock-agentcore-runtime-request-id",
    "x-amz-bedrock-agentcore-identity-wat",
    "workloadaccesstoken",
}
PARENT = f"00-{'a' * 32}-{'b' * 16}-01"


def invoke(client: Any, world: World, do: str, **more: Any) -> Any:
    arguments = {
        "agentRuntimeArn": world.system.runtimes[0].arn,
        "runtimeSessionId": SESSION_ID,
        "payload": json.dumps({"do": do}),
        "contentType": "application/json",
        "accept": "application/json",
        "traceParent": PARENT,
    }
    return client.invoke_agent_runtime(**arguments | more)


async def test_the_container_gets_the_platforms_headers_and_nothing_else_of_the_callers(world: World) -> None:
    def use(client: Any) -> tuple[Any, Any]:
        reply = invoke(client, world, "show", qualifier="dev")
        return reply, json.loads(reply["response"].read())

    reply, seen = await world.boto(use)
    assert (reply["runtimeSessionId"], reply["contentType"]) == (SESSION_ID, "application/json")
    headers = dict(seen["headers"])
    assert (reply["traceParent"], seen["path"]) == (headers["traceparent"], "/invocations")
    assert len(headers) == len(seen["headers"])
    assert set(headers) == OF_HTTP | OURS
    assert headers["x-amzn-bedrock-agentcore-runtime-session-id"] == SESSION_ID
    assert re.fullmatch(r"[0-9a-f-]{36}", headers["x-amzn-bedrock-agentcore-runtime-request-id"])
    # Its work is part of the invocation, which is part of what the caller does: one trace, a span of its own.
    assert headers["traceparent"].startswith(PARENT[:36])
    assert headers["traceparent"].endswith(PARENT[-3:])
    assert headers["traceparent"] != PARENT
    # Compressed bytes would reach the caller as they are.
    assert headers["accept-encoding"] == "identity"


async def test_both_workload_token_headers_hold_the_agents_own_token(world: World) -> None:
    def use(client: Any) -> None:
        headers = dict(json.loads(invoke(client, world, "show")["response"].read())["headers"])
        token = headers["x-amz-bedrock-agentcore-identity-wat"]
        assert headers["workloadaccesstoken"] == token
        with kit.bedrock_agentcore(world.url, "airline_dev_booking") as agent:
            asked = {
                "workloadIdentityToken": token,
                "resourceCredentialProviderName": "agent-booking",
                "scopes": ["airline/agent.booking"],
                "oauth2Flow": "M2M",
            }
            # The token is taken: what fails is the token endpoint, which is not there.
            with pytest.raises(ClientError, match="does not answer"):
                agent.get_resource_oauth2_token(**asked)
            with pytest.raises(agent.exceptions.UnauthorizedException):
                agent.get_resource_oauth2_token(**asked | {"workloadIdentityToken": token[:-4]})

    await world.boto(use)


async def test_an_answer_is_passed_on_part_by_part(world: World) -> None:
    """The agent's second part waits for the test to have read the first."""

    def use(client: Any) -> tuple[bytes, bytes]:
        body = invoke(client, world, "stream", accept="text/event-stream")["response"]
        first = body.read(len("data: 하나\n\n".encode()))
        (world.notes() / "go-on").touch()
        return first, body.read()

    assert await world.boto(use) == ("data: 하나\n\n".encode(), b"data: two\n\n")


@pytest.mark.parametrize("status", [500, 400, 404, 204, 302])
async def test_an_answer_that_is_no_success_is_a_runtime_client_error(world: World, status: int) -> None:
    reply = await world.post("fail", status=status)
    assert (reply.status_code, reply.headers["x-amzn-errortype"]) == (424, "RuntimeClientError")
    # What went wrong inside is for the agent's own log.
    assert str(status) in reply.json()["message"]
    assert "detail" not in reply.text


async def test_boto3_reads_a_runtime_client_error_as_one(world: World) -> None:
    def use(client: Any) -> None:
        with pytest.raises(client.exceptions.RuntimeClientError) as caught:
            invoke(client, world, "fail", payload=json.dumps({"do": "fail", "status": 500}))
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 424

    await world.boto(use)


@pytest.mark.parametrize("given", [None, "x", "00-" + "0" * 32 + "-" + "b" * 16 + "-01", "ff" + PARENT[2:]])
async def test_a_request_without_a_trace_begins_one(world: World, given: str | None) -> None:
    headers = {"tracestate": "of=another"} | ({} if given is None else {"traceparent": given})
    reply = await world.post("show", headers=headers)
    seen = dict(reply.json()["headers"])
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", seen["traceparent"])
    assert seen["traceparent"] == reply.headers["traceparent"] != given
    assert "tracestate" not in seen


async def test_an_invocation_is_recorded_under_its_trace(world: World) -> None:
    sent = {"traceparent": PARENT, "tracestate": "a=b", "baggage": "c=d", "x-amzn-trace-id": "Root=1-2-3"}
    seen = dict((await world.post("show", headers=sent)).json()["headers"])
    assert {name: seen.get(name) for name in sent} == {**sent, "traceparent": seen["traceparent"]}
    await kit.until(lambda: bool(world.events.select()))
    (event,) = world.events.select(trace_id="a" * 32)
    recorded = {key: event[key] for key in ("event", "layer", "agent", "caller", "outcome", "status")}
    assert recorded == {
        "event": "invocation",
        "layer": "runtime",
        "agent": "booking",
        "caller": "operator",
        "outcome": "finished",
        "status": 200,
    }


async def test_a_runtime_is_found_by_its_id_in_its_own_account_only(world: World) -> None:
    runtime = world.system.runtimes[0]
    path = f"/runtimes/{runtime.runtime_id}/invocations"
    assert (await world.post("show", path=f"{path}?accountId=111122223333")).status_code == 200
    other_account = world.path().replace("111122223333", "999999999999")
    for wrong in (
        path,
        f"{path}?accountId=999999999999",
        f"{world.path()}?accountId=999999999999",
        other_account,
        world.path().replace("booking", "Booking"),
        "/runtimes/airline_dev_booking/invocations?accountId=111122223333",
    ):
        assert (await world.post("show", path=wrong)).status_code == 404, wrong


async def test_bytes_and_content_types_pass_unchanged_both_ways_and_inner_headers_stay_inside(
    world: World,
) -> None:
    body = json.dumps({"do": "mirror"}).encode() + b" " * 10

    def use(client: Any) -> Any:
        reply = invoke(client, world, "", payload=body, contentType="application/x-thing; a=b", accept="*/*")
        return reply["contentType"], reply["response"].read(), reply["ResponseMetadata"]["HTTPHeaders"]

    kind, answered, headers = await world.boto(use)
    assert (kind, answered) == ("application/x-thing; a=b", bytes(range(256)) + body)
    assert "x-agent-internal" not in headers


async def test_one_slow_request_does_not_hold_up_another(world: World) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(world.post, "hold")
        await kit.until((world.notes() / "working").exists)
        assert (await world.post("show")).status_code == 200
        group.cancel_scope.cancel()


async def test_an_invocation_is_recorded_without_its_content(world: World) -> None:
    await world.post("say", text="비밀")
    await kit.until(lambda: bool(world.events.select()))
    assert "비밀" not in str(world.events.select())
