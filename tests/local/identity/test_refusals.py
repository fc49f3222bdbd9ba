"""What Identity refuses: another's credential, another's token, flows without a stand-in, malformed requests."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.local.identity.conftest import World, secret

pytestmark = pytest.mark.anyio
OTHER = "airline_dev_loyalty"


def _refused(reply: Any, status: int, kind: str) -> None:
    assert (reply.status_code, reply.headers["x-amzn-errortype"]) == (status, kind), reply.text
    assert "accessToken" not in reply.text
    assert reply.headers["content-type"] == "application/json"


async def test_an_agent_cannot_use_another_agents_credential(airline: World) -> None:
    asked = airline.asking(resourceCredentialProviderName="agent-loyalty", scopes=["airline/agent.loyalty"])
    _refused(await airline.send("oauth2/token", asked), 403, "AccessDeniedException")
    asked = airline.asking(resourceCredentialProviderName="outbound-flights", scopes=[])
    _refused(await airline.send("oauth2/token", asked), 403, "AccessDeniedException")


async def test_an_agent_cannot_learn_which_credentials_exist(airline: World) -> None:
    there = await airline.send("oauth2/token", airline.asking(resourceCredentialProviderName="agent-loyalty"))
    not_there = await airline.send(
        "oauth2/token", airline.asking(resourceCredentialProviderName="agent-nobody")
    )
    assert there.status_code == not_there.status_code == 403
    assert there.text.replace("agent-loyalty", "agent-nobody") == not_there.text


async def test_an_agent_cannot_use_another_agents_workload_token(airline: World) -> None:
    stolen = airline.asking("loyalty")["workloadIdentityToken"]
    _refused(
        await airline.send("oauth2/token", airline.asking(workloadIdentityToken=stolen)),
        403,
        "AccessDeniedException",
    )
    # Nor present its own while signing as the other.
    _refused(await airline.send("oauth2/token", airline.asking(), who=OTHER), 403, "AccessDeniedException")


async def test_an_agent_cannot_ask_for_another_badge_with_its_own_client(airline: World) -> None:
    asked = airline.asking(scopes=["airline/agent.loyalty"])
    _refused(await airline.send("oauth2/token", asked), 400, "ValidationException")
    asked = airline.asking(scopes=["airline/agent.booking airline/agent.loyalty"])
    _refused(await airline.send("oauth2/token", asked), 400, "ValidationException")


@pytest.mark.parametrize("who", [None, "stranger", "operator", "airline-dev-tool-customer"])
async def test_only_runtimes_have_a_workload_identity(airline: World, who: str | None) -> None:
    _refused(await airline.send("oauth2/token", airline.asking(), who=who), 403, "AccessDeniedException")


async def test_a_workload_token_ends_and_cannot_be_changed(airline: World) -> None:
    good = airline.asking()["workloadIdentityToken"]
    raw = base64.urlsafe_b64decode(good)
    for position in (0, len(raw) // 2, len(raw) - 1):
        flipped = bytes(byte ^ (index == position) for index, byte in enumerate(raw))
        asked = airline.asking(workloadIdentityToken=base64.urlsafe_b64encode(flipped).decode())
        _refused(await airline.send("oauth2/token", asked), 401, "UnauthorizedException")
    for text in ("x", "가", "AAAA", good[:-8], good + "AAAA", "=" * 40):
        asked = airline.asking(workloadIdentityToken=text)
        _refused(await airline.send("oauth2/token", asked), 401, "UnauthorizedException")
    asked = airline.asking()
    airline.clock.passes(901)
    _refused(await airline.send("oauth2/token", asked), 401, "UnauthorizedException")
    assert airline.issuer.requests == 0


@pytest.mark.parametrize("flow", ["USER_FEDERATION", "ON_BEHALF_OF_TOKEN_EXCHANGE", "m2m", "X"])
async def test_another_flow_is_refused_by_name(airline: World, flow: str) -> None:
    reply = await airline.send("oauth2/token", airline.asking(oauth2Flow=flow))
    _refused(reply, 400, "ValidationException")
    assert flow in reply.json()["message"]


@pytest.mark.parametrize(
    "change",
    [
        {"workloadIdentityToken": None},
        {"workloadIdentityToken": 7},
        {"resourceCredentialProviderName": None},
        {"resourceCredentialProviderName": "agent-*"},
        {"resourceCredentialProviderName": "a/b"},
        {"resourceCredentialProviderName": "a" * 129},
        {"scopes": None},
        {"scopes": "airline/agent.booking"},
        {"scopes": [""]},
        {"scopes": ["a b"]},
        {"scopes": ['a"b']},
        {"scopes": ["a" * 129]},
        {"scopes": ["a"] * 101},
        {"oauth2Flow": None},
        {"forceAuthentication": "yes"},
        {"audiences": ["narrow"]},
        {"resources": ["https://narrow.example"]},
        {"customParameters": {"a": "b"}},
        {"sessionUri": "urn:ietf:params:oauth:request_uri:x"},
    ],
)
async def test_a_malformed_or_unhonoured_member_is_refused(airline: World, change: dict[str, Any]) -> None:
    missing = [key for key, value in change.items() if value is None]
    body = {key: value for key, value in (airline.asking() | change).items() if key not in missing}
    _refused(await airline.send("oauth2/token", body), 400, "ValidationException")


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"\xff", b"[" * 100_000, b'"x"', b"{" + b" " * 300_000 + b"}"], ids=range(6)
)
async def test_a_body_that_is_no_small_json_object_is_refused(airline: World, body: bytes) -> None:
    _refused(await airline.send("oauth2/token", body), 400, "ValidationException")


async def test_a_workload_cannot_take_anothers_token_or_one_for_a_user(airline: World) -> None:
    for workload in (airline.system.runtimes[1].workload, "unknown-workload"):
        reply = await airline.send("GetWorkloadAccessToken", {"workloadName": workload})
        _refused(reply, 403, "AccessDeniedException")
    reply = await airline.send("GetWorkloadAccessToken", {"workloadName": "airline_dev_booking-zzzzzzzzzz"})
    _refused(reply, 404, "ResourceNotFoundException")
    for operation in ("ForUserId", "ForJWT"):
        reply = await airline.send(f"GetWorkloadAccessToken{operation}", {"workloadName": "x", "userId": "u"})
        _refused(reply, 403, "AccessDeniedException")


async def test_operations_without_a_stand_in_are_refused(airline: World) -> None:
    reply = await airline.send(
        "api-key", {"resourceCredentialProviderName": "key", "workloadIdentityToken": "x"}
    )
    _refused(reply, 403, "AccessDeniedException")
    _refused(await airline.send("Unknown", {}), 404, "ResourceNotFoundException")
    got = await airline.client.get("/identities/oauth2/token")
    _refused(got, 404, "ResourceNotFoundException")


async def test_no_refusal_tells_a_secret_or_a_token(airline: World) -> None:
    asked = airline.asking(scopes=["airline/agent.loyalty"])
    for reply in (
        await airline.send("oauth2/token", asked),
        await airline.send("oauth2/token", asked, who=OTHER),
        await airline.send("oauth2/token", asked | {"oauth2Flow": "USER_FEDERATION"}),
    ):
        assert reply.status_code >= 400
        assert secret("booking") not in reply.text
        assert asked["workloadIdentityToken"] not in reply.text
