"""The calls themselves: an error never repeats what was sent, and a secret goes to the pool's own address only."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError

from cli.rotation import connect
from cli.rotation.cloud import CallFailed, Cloud, NotOurs, Provider
from cli.rotation.state import Secret
from localcloud.client import OPERATOR
from tests.local.rotation.world import AGENTS, REGION, World, provider_name, scope

VALUE = "v" * 40
ISSUER = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Pool00001"
SOUND: dict[str, Any] = {
    "credentialProviderVendor": "CustomOauth2",
    "clientSecretSource": "EXTERNAL",
    "clientSecretArn": {"secretArn": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:s-AbCdEf"},
    "clientSecretJsonKey": "client_secret",
    "oauth2ProviderConfigOutput": {
        "customOauth2ProviderConfig": {
            "clientId": "client",
            "oauthDiscovery": {"discoveryUrl": f"{ISSUER}/.well-known/openid-configuration"},
            "clientAuthenticationMethod": "CLIENT_SECRET_BASIC",
        }
    },
    "lastUpdatedTime": datetime(2026, 11, 21, tzinfo=UTC),
}
DOCUMENT = {"issuer": ISSUER, "token_endpoint": "https://t.auth.eu-central-1.amazoncognito.com/oauth2/token"}


class Client:
    """A boto3 client whose every operation does one thing."""

    def __init__(self, does: Callable[..., Any]) -> None:
        self._does = does

    def __getattr__(self, name: str) -> Any:
        def operation(**arguments: Any) -> Any:
            return self._does(**arguments)

        operation.__name__ = name
        return operation


def failing(error: Exception) -> Client:
    def fail(**_: Any) -> Any:
        raise error

    return Client(fail)


def cloud(
    told: dict[str, Any] | None = None,
    answer: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(200, json=DOCUMENT),
    other: Client | None = None,
) -> Cloud:
    client = other or Client(lambda **_: {})
    http = httpx.Client(transport=httpx.MockTransport(answer))
    return Cloud(control=Client(lambda **_: told or SOUND), cognito=client, manager=client, http=http)


def found(one: Cloud) -> Provider:
    return one.provider("p")


@pytest.mark.parametrize(
    "error",
    [
        ClientError(
            {"Error": {"Code": "InvalidParameterException", "Message": f"Value '{VALUE}' at 'clientSecret'"}},
            "AddUserPoolClientSecret",
        ),
        ParamValidationError(report=f"Invalid length for parameter ClientSecret, value: {VALUE}"),
        EndpointConnectionError(endpoint_url=f"https://x.example/?{VALUE}"),
    ],
)
def test_a_services_error_repeats_the_secret(error: Exception) -> None:
    one = cloud(other=failing(error))
    with pytest.raises(CallFailed) as caught:
        one.add(found(one), Secret(VALUE))
    assert VALUE not in f"{caught.value} {caught.value!r} {vars(caught.value)}"
    assert str(caught.value).startswith("add_user_pool_client_secret: ")
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"clientSecretSource": "MANAGED"}, "Deploy the identity stack"),
        ({"clientSecretSource": None}, "Deploy the identity stack"),
        ({"credentialProviderVendor": "CognitoOauth2"}, "CognitoOauth2"),
        ({"oauth2ProviderConfigOutput": {"includedOauth2ProviderConfig": {}}}, "CustomOauth2"),
    ],
)
def test_a_provider_that_keeps_its_own_secret_is_rotated(change: dict[str, Any], words: str) -> None:
    with pytest.raises(NotOurs, match=words):
        found(cloud({**SOUND, **change}))


@pytest.mark.parametrize(
    "document",
    [
        {**DOCUMENT, "token_endpoint": "http://t.auth.eu-central-1.amazoncognito.com/oauth2/token"},
        {**DOCUMENT, "token_endpoint": "http://127.0.0.1.example/oauth2/token"},
        {**DOCUMENT, "token_endpoint": "/oauth2/token"},
        {**DOCUMENT, "token_endpoint": 7},
        {**DOCUMENT, "issuer": "https://elsewhere.example"},
        {},
        [],
        "x",
    ],
)
def test_a_secret_is_sent_where_no_pool_of_ours_listens(document: Any) -> None:
    with pytest.raises(CallFailed, match="discovery document"):
        found(cloud(answer=lambda _: httpx.Response(200, json=document)))


def test_a_redirect_takes_a_secret_elsewhere() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        if request.url.path.endswith("openid-configuration"):
            return httpx.Response(200, json=DOCUMENT)
        return httpx.Response(307, headers={"location": "https://elsewhere.example/"}, json={})

    one = cloud(answer=answer)
    with pytest.raises(CallFailed, match="token endpoint: HTTP 307"):
        one.accepted(found(one), Secret(VALUE), "s")
    assert not [url for url in asked if "elsewhere" in url]


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, {"access_token": "t"}, True),
        (400, {"error": "invalid_client"}, False),
        (400, {"error": "invalid_scope"}, None),
        (200, {}, None),
        (200, [], None),
        (500, {"error": "server_error"}, None),
        (429, {}, None),
    ],
)
def test_a_broken_token_endpoint_is_taken_for_an_answer(status: int, body: Any, outcome: bool | None) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=DOCUMENT)
        return httpx.Response(status, json=body)

    one = cloud(answer=answer)
    if outcome is None:
        with pytest.raises(CallFailed):
            one.accepted(found(one), Secret(VALUE), "s")
    else:
        assert one.accepted(found(one), Secret(VALUE), "s") is outcome


def test_an_update_leaves_out_what_the_provider_has() -> None:
    """An update replaces the whole configuration: what is not sent again would be lost."""
    sent: list[dict[str, Any]] = []
    custom = {
        **SOUND["oauth2ProviderConfigOutput"]["customOauth2ProviderConfig"],
        "privateEndpoint": {"a": 1},
    }
    told = {**SOUND, "oauth2ProviderConfigOutput": {"customOauth2ProviderConfig": custom}}

    def answer(**arguments: Any) -> Any:
        sent.append(arguments)
        return told

    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=DOCUMENT)))
    one = Cloud(control=Client(answer), cognito=None, manager=None, http=http)
    one.update(found(one))
    assert sent[1] == {
        "name": "p",
        "credentialProviderVendor": "CustomOauth2",
        "oauth2ProviderConfigInput": {
            "customOauth2ProviderConfig": {
                **custom,
                "clientSecretSource": "EXTERNAL",
                "clientSecretConfig": {
                    "secretId": SOUND["clientSecretArn"]["secretArn"],
                    "jsonKey": "client_secret",
                },
            }
        },
    }


def test_a_new_secret_is_guessable_or_of_a_form_cognito_refuses() -> None:
    texts: list[str] = []

    def answer(**arguments: Any) -> Any:
        texts.append(arguments["SecretString"])
        return {"VersionId": "v"}

    one = cloud(other=Client(answer))
    for _ in range(20):
        one.prepare(found(one), "old-id")
    made = [json.loads(text) for text in texts]
    assert {(each["client_id"], each["replaces"]) for each in made} == {("client", "old-id")}
    values = {each["client_secret"] for each in made}
    assert len(values) == 20
    assert all(len(value) == 48 and value.isalnum() and value.isascii() for value in values)


def test_a_persons_profile_or_proxy_has_a_say_in_a_local_rotation(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The stand-in's own library reads the profile when it is loaded, and it runs in this process here.
    assert world.stored(AGENTS[0], "AWSCURRENT")
    for name, value in {
        "AWS_PROFILE": "not-there",
        "AWS_CONFIG_FILE": "/nonexistent/config",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://127.0.0.1:1",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "HTTPS_PROXY": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    one = connect.local(world.front, REGION, OPERATOR)
    try:
        provider = one.provider(provider_name(AGENTS[0]))
        live = one.stored(provider, one.versions(provider).current)
        assert one.secret_ids(provider)
        assert one.accepted(provider, live.secret, scope(AGENTS[0]))
    finally:
        one.disconnect()
