"""Reading and updating a credential provider: it takes its secret's live value, and nothing else of it changes."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.client import OPERATOR
from tests.local.rotation.interleaved import break_at, rotation
from tests.local.rotation.world import AGENTS, CORE, World, provider_name

AGENT = AGENTS[0]
GET, UPDATE = "GetOauth2CredentialProvider", "UpdateOauth2CredentialProvider"


def send(world: World, operation: str, body: dict[str, Any]) -> Any:
    return world.http.post(
        f"{world.front}/identities/{operation}",
        json=body,
        headers=world.signed(OPERATOR, "bedrock-agentcore"),
    )


def config(world: World, agent: str, **change: Any) -> dict[str, Any]:
    """A sound update; a change to None leaves the member out."""
    told = send(world, GET, {"name": provider_name(agent)}).json()
    whole = {
        **told["oauth2ProviderConfigOutput"]["customOauth2ProviderConfig"],
        "clientSecretSource": told["clientSecretSource"],
        "clientSecretConfig": {
            "secretId": told["clientSecretArn"]["secretArn"],
            "jsonKey": told["clientSecretJsonKey"],
        },
    }
    return {key: value for key, value in (whole | change).items() if value is not None}


def update(agent: str, custom: dict[str, Any], **change: Any) -> dict[str, Any]:
    return {
        "name": provider_name(agent),
        "credentialProviderVendor": "CustomOauth2",
        "oauth2ProviderConfigInput": {"customOauth2ProviderConfig": custom},
        **change,
    }


def test_a_provider_says_where_its_secret_is_and_not_what(world: World) -> None:
    told = send(world, GET, {"name": provider_name(AGENT)}).json()
    name = f"airside/test/dev/agents/{AGENT}"
    assert told["clientSecretArn"]["secretArn"].endswith(f":secret:{name}-AbCdEf")
    assert (told["clientSecretSource"], told["clientSecretJsonKey"]) == ("EXTERNAL", "client_secret")
    assert told["credentialProviderArn"] == (
        f"{CORE}:token-vault/default/oauth2credentialprovider/{provider_name(AGENT)}"
    )
    assert told["status"] == "READY"
    assert told["oauth2ProviderConfigOutput"]["customOauth2ProviderConfig"] == {
        "oauthDiscovery": {"discoveryUrl": f"{world.system.pool.issuer}/.well-known/openid-configuration"},
        "clientId": f"clientof{AGENT}",
        "clientAuthenticationMethod": "CLIENT_SECRET_BASIC",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"clientId": "clientofa001"},
        {"clientId": None},
        {"clientAuthenticationMethod": "CLIENT_SECRET_POST"},
        {"oauthDiscovery": {"discoveryUrl": "https://elsewhere.example/.well-known/openid-configuration"}},
        {"clientSecretSource": "MANAGED", "clientSecret": "m" * 30},
        {"clientSecretSource": None},
        {"clientSecret": "m" * 30},
        {"clientSecretConfig": None},
        {"clientSecretConfig": {"secretId": "airside/test/dev/agents/a001", "jsonKey": "client_secret"}},
        {"privateEndpoint": {}},
    ],
    ids=lambda change: "-".join(change),
)
def test_an_update_changes_more_than_the_secret(world: World, change: dict[str, Any]) -> None:
    before = send(world, GET, {"name": provider_name(AGENT)}).json()
    reply = send(world, UPDATE, update(AGENT, config(world, AGENT, **change)))
    assert (reply.status_code, reply.headers["x-amzn-errortype"]) == (400, "ValidationException")
    assert "m" * 30 not in reply.text
    assert send(world, GET, {"name": provider_name(AGENT)}).json() == before


@pytest.mark.parametrize(
    ("operation", "body", "status"),
    [
        (GET, {"name": "nobodys"}, 404),
        (GET, {"name": "a/b"}, 400),
        (GET, {}, 400),
        (GET, {"name": provider_name(AGENT), "more": 1}, 400),
        (UPDATE, update("nobody", {}), 404),
        (UPDATE, update(AGENT, {}, credentialProviderVendor="CognitoOauth2"), 400),
        (UPDATE, update(AGENT, {}, oauth2ProviderConfigInput={}), 400),
        (UPDATE, update(AGENT, {}, oauth2ProviderConfigInput=[]), 400),
    ],
)
def test_a_request_nobody_can_honour_is_answered(
    world: World, operation: str, body: dict[str, Any], status: int
) -> None:
    assert send(world, operation, body).status_code == status


def test_the_vault_reads_the_secret_before_it_is_told_to(world: World) -> None:
    """The stricter of two readings of AWS: a procedure that forgot the update would be found out."""
    agent = world.take()
    one = rotation(world, agent, break_at("after", "make_current"))
    with pytest.raises(Exception, match="Injected"):
        one.rotate(one.look())
    found = world.cloud.provider(one.provider)
    old, _ = world.cloud.secret_ids(found)
    world.cloud.delete(found, old)
    assert world.request(agent) == 400
    assert send(world, UPDATE, update(agent, config(world, agent))).status_code == 200
    assert world.request(agent) == 200


def test_an_update_without_a_readable_secret_takes_the_old_one_away(world: World) -> None:
    agent = world.take()
    found = world.cloud.provider(provider_name(agent))
    version = world.cloud.versions(found)
    headers = {**world.signed(OPERATOR, "secretsmanager"), "content-type": "application/x-amz-json-1.1"}
    for text in ('{"client_secret": ""}', '{"other": "x"}', "[]", "no JSON", '{"client_secret": 7}'):
        put = world.http.post(
            world.front,
            json={"SecretId": found.secret_arn, "SecretString": text},
            headers={**headers, "x-amz-target": "secretsmanager.PutSecretValue"},
        )
        assert put.status_code == 200
        reply = send(world, UPDATE, update(agent, config(world, agent)))
        assert (reply.status_code, "has no text" in reply.text) == (400, True), text
        assert world.request(agent) == 200
    assert version != world.cloud.versions(found)
