"""A client's two secrets: what Cognito's operations do to them, and what the token endpoint takes meanwhile."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from localcloud.client import OPERATOR
from localcloud.issuer import ClientSecrets, SigningKeys, create_admin, create_issuer
from localcloud.issuer.client_secrets import SecretsError
from localcloud.spec import Client, UserPool

ORIGIN = "http://127.0.0.1:8702"
POOL_ID = "eu-west-1_Secrets01"
NOW = datetime(2026, 11, 21, 9, 0, 0, tzinfo=UTC)
FIRST, SECOND = "f" * 32, "s" * 32
CLIENT = Client("a", "clienta", FIRST, ("t/agent.a",), ("client_credentials",), 900)
OTHER = Client("b", "clientb", "o" * 32, ("t/agent.b",), ("client_credentials",), 900)
PUBLIC = Client("", "public", "", ("t/agent.a",), ("code",), 900)
POOL = UserPool(POOL_ID, f"{ORIGIN}/{POOL_ID}", "t", ("t/agent.a", "t/agent.b"), (CLIENT, OTHER, PUBLIC))
ABOUT = {"UserPoolId": POOL_ID, "ClientId": "clienta"}


class World:
    def __init__(self, keys: SigningKeys) -> None:
        self.now = NOW
        self.secrets = ClientSecrets(POOL.clients, lambda: self.now)
        self._issuer = create_issuer(POOL, keys, lambda: self.now, self.secrets)
        self._admin = create_admin(POOL, self.secrets)

    def _send(self, app: Any, path: str, **more: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=ORIGIN) as client:
                return await client.post(path, **more)

        return asyncio.run(run())

    def takes(self, secret: str, client: str = "clienta") -> bool:
        """What the token endpoint says to a secret."""
        form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
        reply = self._send(self._issuer, "/oauth2/token", data=form)
        assert reply.status_code == 200 or reply.json() == {"error": "invalid_client"}
        return reply.status_code == 200

    def ask(
        self, operation: str, body: Any, *, service: str = "AWSCognitoIdentityProviderService"
    ) -> httpx.Response:
        signed = (
            f"AWS4-HMAC-SHA256 Credential={OPERATOR}/20261121/eu-west-1/cognito-idp/aws4_request, "
            f"SignedHeaders=host, Signature={'0' * 64}"
        )
        headers = {"authorization": signed, "x-amz-target": f"{service}.{operation}"}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._send(self._admin, "/", content=content, headers=headers)

    def ids(self) -> list[str]:
        listed = self.ask("ListUserPoolClientSecrets", ABOUT).json()["ClientSecrets"]
        return [each["ClientSecretId"] for each in listed]


@pytest.fixture(scope="module")
def keys() -> SigningKeys:
    return SigningKeys.generate()


@pytest.fixture
def world(keys: SigningKeys) -> World:
    return World(keys)


def test_a_second_secret_replaces_the_first_before_it_is_deleted(world: World) -> None:
    assert (world.takes(FIRST), world.takes(SECOND)) == (True, False)
    added = world.ask("AddUserPoolClientSecret", {**ABOUT, "ClientSecret": SECOND})
    made = added.json()["ClientSecretDescriptor"]
    assert (added.status_code, made.keys()) == (200, {"ClientSecretId", "ClientSecretCreateDate"})
    assert (world.takes(FIRST), world.takes(SECOND)) == (True, True)
    old, new = world.ids()
    assert new == made["ClientSecretId"]
    assert world.ask("DeleteUserPoolClientSecret", {**ABOUT, "ClientSecretId": old}).json() == {}
    assert (world.takes(FIRST), world.takes(SECOND)) == (False, True)
    assert world.ids() == [new]


def test_the_secret_of_one_client_is_taken_for_anothers(world: World) -> None:
    world.ask("AddUserPoolClientSecret", {**ABOUT, "ClientSecret": SECOND})
    assert not world.takes(SECOND, "clientb")
    assert not world.takes(OTHER.client_secret)
    assert not world.takes(SECOND, "nobody")


def test_a_generated_secret_is_shown_twice_or_never(world: World) -> None:
    made = world.ask("AddUserPoolClientSecret", ABOUT).json()["ClientSecretDescriptor"]
    assert world.takes(made["ClientSecretValue"])
    listed = world.ask("ListUserPoolClientSecrets", ABOUT)
    assert made["ClientSecretValue"] not in listed.text
    assert FIRST not in listed.text
    assert [set(each) for each in listed.json()["ClientSecrets"]] == [
        {"ClientSecretId", "ClientSecretCreateDate"}
    ] * 2


def test_an_id_is_given_again(world: World) -> None:
    """A marker that names a deleted secret must never mean a later one, even within one second."""
    seen = set(world.ids())
    for number in range(3):
        world.ask("AddUserPoolClientSecret", {**ABOUT, "ClientSecret": f"{number}" * 30})
        old, new = world.ids()
        assert new not in seen
        seen.add(new)
        world.ask("DeleteUserPoolClientSecret", {**ABOUT, "ClientSecretId": old})
    world.now += timedelta(days=1)
    world.ask("AddUserPoolClientSecret", ABOUT)
    assert world.ids()[1] == f"clienta--{int(world.now.timestamp())}"


SECRET_ID = f"clienta--{int(NOW.timestamp())}"


@pytest.mark.parametrize(
    ("operation", "body", "kind"),
    [
        ("AddUserPoolClientSecret", {**ABOUT, "ClientSecret": FIRST}, "InvalidParameterException"),
        ("AddUserPoolClientSecret", {**ABOUT, "ClientSecret": "short"}, "InvalidParameterException"),
        ("AddUserPoolClientSecret", {**ABOUT, "ClientSecret": "x" * 65}, "InvalidParameterException"),
        ("AddUserPoolClientSecret", {**ABOUT, "ClientSecret": "-" * 30}, "InvalidParameterException"),
        ("AddUserPoolClientSecret", {**ABOUT, "ClientSecret": "비" * 30}, "InvalidParameterException"),
        ("AddUserPoolClientSecret", {**ABOUT, "ClientSecret": ""}, "InvalidParameterException"),
        ("AddUserPoolClientSecret", {**ABOUT, "ClientSecret": None}, "InvalidParameterException"),
        ("AddUserPoolClientSecret", {**ABOUT, "Extra": "x"}, "InvalidParameterException"),
        ("AddUserPoolClientSecret", {**ABOUT, "ClientId": "nobody"}, "ResourceNotFoundException"),
        ("AddUserPoolClientSecret", {**ABOUT, "ClientId": "public"}, "ResourceNotFoundException"),
        ("AddUserPoolClientSecret", {**ABOUT, "UserPoolId": "eu-west-1_Other"}, "ResourceNotFoundException"),
        ("AddUserPoolClientSecret", {"ClientId": "clienta"}, "InvalidParameterException"),
        ("ListUserPoolClientSecrets", {**ABOUT, "NextToken": "x"}, "InvalidParameterException"),
        ("ListUserPoolClientSecrets", {**ABOUT, "ClientId": 7}, "InvalidParameterException"),
        ("DeleteUserPoolClientSecret", {**ABOUT, "ClientSecretId": SECRET_ID}, "InvalidParameterException"),
        ("DeleteUserPoolClientSecret", {**ABOUT, "ClientSecretId": "x"}, "ResourceNotFoundException"),
        ("DeleteUserPoolClientSecret", {**ABOUT, "ClientSecretId": "x" * 129}, "InvalidParameterException"),
        ("DeleteUserPoolClientSecret", ABOUT, "InvalidParameterException"),
        ("DescribeUserPoolClient", ABOUT, "UnknownOperationException"),
        ("CreateUserPoolClient", ABOUT, "UnknownOperationException"),
        ("ListUserPoolClientSecrets", b"{", "InvalidParameterException"),
        ("ListUserPoolClientSecrets", b"[]", "InvalidParameterException"),
        ("ListUserPoolClientSecrets", b"[" * 6000, "InvalidParameterException"),
        ("ListUserPoolClientSecrets", b'{"a": "' + b"x" * 9000 + b'"}', "InvalidParameterException"),
    ],
)
def test_a_change_cognito_would_refuse_is_made(world: World, operation: str, body: Any, kind: str) -> None:
    reply = world.ask(operation, body)
    assert (reply.status_code, reply.json()["__type"]) == (400, kind)
    assert world.ids() == [SECRET_ID]
    assert world.takes(FIRST)
    value = body.get("ClientSecret") if isinstance(body, dict) else None
    assert not value or value not in reply.text


def test_a_client_has_three_secrets(world: World) -> None:
    world.ask("AddUserPoolClientSecret", ABOUT)
    reply = world.ask("AddUserPoolClientSecret", {**ABOUT, "ClientSecret": SECOND})
    assert reply.json()["__type"] == "LimitExceededException"
    assert not world.takes(SECOND)
    assert len(world.ids()) == 2


def test_another_services_operation_is_answered(world: World) -> None:
    reply = world.ask("AddUserPoolClientSecret", ABOUT, service="SomeOtherService")
    assert reply.json()["__type"] == "UnknownOperationException"
    assert len(world.ids()) == 1


def test_the_issuer_keeps_a_value() -> None:
    """Not even whoever reads the process's own description of its secrets learns one."""
    secrets = ClientSecrets(POOL.clients, lambda: NOW)
    (one,) = secrets.of("clienta")
    assert FIRST not in repr(vars(secrets))
    assert one.digest.hex() not in repr(one)
    assert repr(one.digest) not in repr(one)
    with pytest.raises(SecretsError, match="no secret"):
        secrets.of("public")
