"""The gateway token: fetched once, refreshed in time, forced after a 401, never shown."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import pytest

from agent_common.errors import GatewayUnavailable
from agent_common.tokens import TokenSource, expiry, identity_client
from tests.agents.support.aws import AwsStub, aws_error, jwt
from tests.agents.support.serving import serving

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class Vault:
    """An identity service in memory; `gate` holds every request until it is set."""

    def __init__(self, *tokens: Any) -> None:
        self._tokens = list(tokens)
        self.requests: list[dict[str, Any]] = []
        self.gate = threading.Event()
        self.gate.set()

    def get_resource_oauth2_token(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        assert self.gate.wait(5)
        token = self._tokens.pop(0) if len(self._tokens) > 1 else self._tokens[0]
        if isinstance(token, Exception):
            raise token
        return {"accessToken": token}


def source(vault: Vault, clock: Clock | None = None) -> TokenSource:
    made = TokenSource(
        lambda: vault,
        provider="airline-dev-agent-booking",
        scope="airline/agent.booking",
        clock=clock or Clock(),
    )
    made.prime("wat-1")
    return made


async def test_the_token_is_asked_for_with_the_agents_own_provider_and_badge_only() -> None:
    vault = Vault(jwt(NOW + 900))
    assert await source(vault).token() == jwt(NOW + 900)
    assert vault.requests == [
        {
            "workloadIdentityToken": "wat-1",
            "resourceCredentialProviderName": "airline-dev-agent-booking",
            "scopes": ["airline/agent.booking"],
            "oauth2Flow": "M2M",
        }
    ]


async def test_a_token_is_used_until_a_minute_before_its_end_and_not_a_second_longer() -> None:
    clock, vault = Clock(), Vault(jwt(NOW + 900, "first"), jwt(NOW + 1800, "second"))
    tokens = source(vault, clock)
    assert await tokens.token() == jwt(NOW + 900, "first")
    clock.now = NOW + 839.9
    assert await tokens.token() == jwt(NOW + 900, "first")
    clock.now = NOW + 840
    assert await tokens.token() == jwt(NOW + 1800, "second")
    assert len(vault.requests) == 2


async def test_callers_who_come_together_cause_one_request() -> None:
    vault = Vault(jwt(NOW + 900))
    vault.gate.clear()
    tokens = source(vault)
    waiting = [asyncio.create_task(tokens.token()) for _ in range(5)]
    while not vault.requests:
        await asyncio.sleep(0)
    vault.gate.set()
    assert set(await asyncio.gather(*waiting)) == {jwt(NOW + 900)}
    assert len(vault.requests) == 1


async def test_a_refused_token_is_replaced_once_however_many_calls_it_was_refused_to() -> None:
    vault = Vault(jwt(NOW + 900, "refused"), jwt(NOW + 900, "fresh"))
    tokens = source(vault)
    refused = await tokens.token()
    again = await asyncio.gather(*(tokens.token(rejected=refused) for _ in range(4)))
    assert set(again) == {jwt(NOW + 900, "fresh")}
    assert len(vault.requests) == 2


async def test_replacing_a_refused_token_goes_past_the_vaults_own_cache() -> None:
    vault = Vault(jwt(NOW + 900))
    tokens = source(vault)
    await tokens.token(rejected=await tokens.token())
    assert [request.get("forceAuthentication") for request in vault.requests] == [None, True]


async def test_a_refresh_presents_the_newest_requests_workload_token() -> None:
    clock, vault = Clock(), Vault(jwt(NOW + 900), jwt(NOW + 1800))
    tokens = source(vault, clock)
    await tokens.token()
    tokens.prime("wat-2")
    clock.now = NOW + 900
    await tokens.token()
    assert [request["workloadIdentityToken"] for request in vault.requests] == ["wat-1", "wat-2"]


async def test_another_thread_with_an_empty_context_gets_the_token_too() -> None:
    vault = Vault(jwt(NOW + 900))
    tokens = source(vault)
    got: list[str] = []
    thread = threading.Thread(target=lambda: got.append(asyncio.run(tokens.token())))
    thread.start()
    await asyncio.to_thread(thread.join)
    assert got == [jwt(NOW + 900)]


@pytest.mark.parametrize("workload_token", [None, ""])
async def test_a_request_without_a_workload_token_gets_nowhere(workload_token: str | None) -> None:
    tokens = source(Vault(jwt(NOW + 900)))
    await tokens.token()
    with pytest.raises(GatewayUnavailable):
        tokens.prime(workload_token)


@pytest.mark.parametrize("answer", [None, "", 7, "two words", "line\r\nX-Other: header", "toké"])
async def test_an_answer_that_is_no_token_is_not_sent_to_the_gateway(answer: Any) -> None:
    with pytest.raises(GatewayUnavailable):
        await source(Vault(answer)).token()


@pytest.mark.parametrize(
    "token",
    [
        "opaque",
        "a.b",
        "a.b.c.d",
        "a.!!!.c",
        "a.e30.c",
        "a.W10.c",
        "a.eyJleHAiOiAiOTk5OTk5OTk5OSJ9.c",
        "한.글.c",
    ],
)
async def test_a_token_whose_end_cannot_be_read_is_never_kept(token: str) -> None:
    assert expiry(token) == 0.0


async def test_the_vaults_own_words_reach_neither_the_error_nor_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    vault = Vault(RuntimeError("canary wat-1"))
    tokens = source(vault)
    with pytest.raises(GatewayUnavailable) as raised:
        await tokens.token()
    assert raised.value.__cause__ is None
    shown = f"{raised.value} {raised.value.message} {tokens!r} {caplog.text}"
    shown += " ".join(str(vars(record)) for record in caplog.records)
    assert "canary" not in shown
    assert "wat-1" not in shown


async def test_the_request_has_the_services_wire_form(aws_environment: pytest.MonkeyPatch) -> None:
    stub = AwsStub(tokens=[jwt(NOW + 900, "a"), jwt(NOW + 900, "b")])
    async with serving(stub.app) as url:
        aws_environment.setenv("AWS_ENDPOINT_URL", url)
        client = identity_client("us-east-1")
        tokens = TokenSource(lambda: client, provider="p", scope="airline/agent.booking", clock=Clock())
        tokens.prime("wat-1")
        first = await tokens.token()
        assert await tokens.token() == first
        assert await tokens.token(rejected=first) == jwt(NOW + 900, "b")
        client.close()  # type: ignore[attr-defined]
    assert [request["workloadIdentityToken"] for request in stub.token_requests] == ["wat-1", "wat-1"]
    assert stub.token_requests[0]["oauth2Flow"] == "M2M"
    assert stub.token_requests[1]["forceAuthentication"] is True


async def test_a_refusal_by_the_service_is_a_clear_error(aws_environment: pytest.MonkeyPatch) -> None:
    stub = AwsStub(token_error=aws_error("AccessDeniedException", 403))
    async with serving(stub.app) as url:
        aws_environment.setenv("AWS_ENDPOINT_URL", url)
        client = identity_client("us-east-1")
        tokens = TokenSource(lambda: client, provider="p", scope="s", clock=Clock())
        tokens.prime("wat-1")
        with pytest.raises(GatewayUnavailable) as raised:
            await tokens.token()
        client.close()  # type: ignore[attr-defined]
    assert "canary" not in str(raised.value)
