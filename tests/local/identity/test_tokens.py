"""An agent gets its own client's token, once for many requests, and only while its own token is good."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest

from localcloud.identity.api import OutboundError
from tests.local.identity.conftest import TOKEN_SECONDS, VAULT, World, secret, world

pytestmark = pytest.mark.anyio


def _claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert isinstance(claims, dict)
    return claims


async def test_an_agent_gets_a_token_with_its_badge(airline: World) -> None:
    reply = await airline.send("oauth2/token", airline.asking())
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "no-store"
    claims = _claims(reply.json()["accessToken"])
    assert (claims["client_id"], claims["scope"]) == ("client-of-booking", "airline/agent.booking")


async def test_a_token_is_kept_until_it_is_nearly_over(airline: World) -> None:
    first = (await airline.send("oauth2/token", airline.asking())).json()
    airline.clock.passes(TOKEN_SECONDS - 61)
    assert (await airline.send("oauth2/token", airline.asking())).json() == first
    assert airline.issuer.requests == 1
    airline.clock.passes(2)
    assert (await airline.send("oauth2/token", airline.asking())).json() != first
    assert airline.issuer.requests == 2


async def test_many_who_ask_at_once_make_one_request(airline: World) -> None:
    replies = await asyncio.gather(*(airline.send("oauth2/token", airline.asking()) for _ in range(20)))
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.json()["accessToken"] for reply in replies}) == 1
    assert airline.issuer.requests == 1


async def test_a_forced_request_gets_a_new_token_after_a_refusal(airline: World) -> None:
    first = (await airline.send("oauth2/token", airline.asking())).json()
    forced = (await airline.send("oauth2/token", airline.asking(forceAuthentication=True))).json()
    assert first != forced
    assert (await airline.send("oauth2/token", airline.asking())).json() == forced


async def test_agents_never_share_a_kept_token(airline: World) -> None:
    await airline.send("oauth2/token", airline.asking())
    other = await airline.send("oauth2/token", airline.asking("loyalty"), who="airline_dev_loyalty")
    assert _claims(other.json()["accessToken"])["client_id"] == "client-of-loyalty"


async def test_a_client_that_posts_its_secret_is_understood() -> None:
    async with world(client_auth="CLIENT_SECRET_POST") as made:
        assert (await made.send("oauth2/token", made.asking())).status_code == 200


async def test_a_wrong_secret_is_told_without_the_secret() -> None:
    async with world(client_secret="wrong-secret-of-booking") as made:
        reply = await made.send("oauth2/token", made.asking())
    assert (reply.status_code, reply.headers["x-amzn-errortype"]) == (400, "ValidationException")
    assert "wrong-secret" not in reply.text
    assert "agent-booking" in reply.json()["message"]


async def test_a_token_endpoint_that_is_away_is_told_and_not_remembered() -> None:
    async with world(token_url="http://127.0.0.1:1/oauth2/token") as made:
        reply = await made.send("oauth2/token", made.asking())
        assert reply.status_code == 400
        assert "does not answer" in reply.json()["message"]


async def test_a_workload_gets_a_token_of_its_own_and_uses_it(airline: World) -> None:
    workload = airline.system.runtimes[0].workload
    got = await airline.send("GetWorkloadAccessToken", {"workloadName": workload})
    assert got.status_code == 200
    asked = airline.asking(workloadIdentityToken=got.json()["workloadAccessToken"])
    assert (await airline.send("oauth2/token", asked)).status_code == 200


async def test_the_gateway_gets_outbound_tokens_but_no_agents(airline: World) -> None:
    with pytest.raises(OutboundError, match="refused") as caught:
        await airline.identity.token(f"{VAULT}/outbound-flights", ())
    assert secret("outbound-flights") not in str(caught.value)
    with pytest.raises(OutboundError, match="agent's own client"):
        await airline.identity.token(f"{VAULT}/agent-booking", ("airline/agent.booking",))
    with pytest.raises(OutboundError, match="not in this stage"):
        await airline.identity.token(f"{VAULT}/unknown", ())
