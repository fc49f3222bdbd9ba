"""API keys: the gateway gets its targets', a runtime only one its role names, and nobody is told of one in passing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from localcloud.identity.api import OutboundError
from localcloud.spec import Grant, KeyProvider
from tests.local.identity.conftest import DIRECTORY, KEPT, Clock, Counting, World, local_system

pytestmark = pytest.mark.anyio

KEYS = f"{KEPT}/apikeycredentialprovider"
WEATHER = KeyProvider("outbound-weather", f"{KEYS}/outbound-weather", "weather", "k3y-of-weather")
OWN = f"{DIRECTORY}/workload-identity/airline_dev_booking-*"


@pytest.fixture
async def keyed() -> AsyncIterator[World]:
    """The airline with a key, which the booking agent's role may fetch."""
    system = local_system("http://127.0.0.1:1")
    may = Grant(
        "Allow",
        ("bedrock-agentcore:GetResourceApiKey",),
        (KEPT, WEATHER.arn, f"{KEYS}/gone", DIRECTORY, OWN),
    )
    booking = system.grants["airline_dev_booking"]
    system = replace(
        system,
        key_providers=(WEATHER,),
        grants={**system.grants, "airline_dev_booking": (*booking, may)},
    )

    async def nobody(scope: object, receive: object, send: object) -> None:
        raise AssertionError("a key needs no token endpoint")

    made = World(system, Clock(), Counting(nobody))
    yield made
    await made.client.aclose()
    await made.identity.aclose()


def asking(world: World, agent: str = "booking", **change: str) -> dict[str, str]:
    workload = next(runtime for runtime in world.system.runtimes if runtime.agent == agent)
    token = world.identity.workload_token(workload)
    return {"workloadIdentityToken": token, "resourceCredentialProviderName": WEATHER.name, **change}


async def test_the_gateway_gets_the_key_of_a_target(keyed: World) -> None:
    assert await keyed.identity.key(WEATHER.arn) == WEATHER.key
    for arn in (f"{KEYS}/other", keyed.system.oauth_providers[0].arn, ""):
        with pytest.raises(OutboundError, match="not in this stage"):
            await keyed.identity.key(arn)


async def test_a_key_is_no_token(keyed: World) -> None:
    with pytest.raises(OutboundError):
        await keyed.identity.token(WEATHER.arn, ())


async def test_a_runtime_gets_a_key_its_role_names(keyed: World) -> None:
    reply = await keyed.send("api-key", asking(keyed))
    assert (reply.status_code, reply.json()) == (200, {"apiKey": WEATHER.key})
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("who", "change", "status"),
    [
        ("airline_dev_loyalty", {}, 403),
        (None, {}, 403),
        ("airline-dev", {}, 403),
        ("airline_dev_booking", {"resourceCredentialProviderName": "other"}, 403),
        ("airline_dev_booking", {"resourceCredentialProviderName": "gone"}, 404),
        ("airline_dev_booking", {"workloadIdentityToken": "x"}, 401),
        ("airline_dev_booking", {"extra": "x"}, 400),
    ],
)
async def test_a_key_is_given_or_told_to_somebody_else(
    keyed: World, who: str | None, change: dict[str, str], status: int
) -> None:
    reply = await keyed.send("api-key", asking(keyed, **change), who=who)
    assert reply.status_code == status
    assert WEATHER.key not in reply.text


async def test_a_key_is_given_for_another_workloads_token(keyed: World) -> None:
    reply = await keyed.send("api-key", asking(keyed, agent="loyalty"))
    assert (reply.status_code, WEATHER.key in reply.text) == (403, False)
