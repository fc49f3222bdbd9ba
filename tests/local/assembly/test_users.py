"""The users' pool as synthesized, and changes to it that would let the wrong people in or none at all."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from localcloud.assembly import load_stage
from localcloud.assembly.errors import AssemblyError, InvalidTemplate, UnsupportedProperty
from localcloud.spec import LocalSystem, UserSeed
from tests.local.assembly.build import ADDRESSES
from tests.local.assembly.conftest import Change, Stage
from tests.local.assembly.test_refused_stages import CLIENT, CORE, setting

POOL = "AWS::Cognito::UserPool"
RUNTIME = f"{CORE}Runtime"
CUSTOM = "X-Amzn-Bedrock-AgentCore-Runtime-Custom-User-Token"
JWT = "AuthorizerConfiguration.CustomJWTAuthorizer"


def of_users(change: Change) -> Change:
    """The change, made to what is the users' only: their pool, their client, the agent they talk to."""

    def filtered(node: dict[str, Any]) -> None:
        notes = node.get("Metadata", {}).get("Airside", {})
        entry = node["Type"] == RUNTIME and notes.get("Agent") == "orchestrator"
        if notes.get("Pool") == "users" or notes.get("Users") or entry:
            change(node)

    return filtered


def noting(**notes: Any) -> Change:
    def change(node: dict[str, Any]) -> None:
        node["Metadata"]["Airside"].update(notes)

    return change


def test_the_entry_agent_alone_takes_users_tokens_and_the_others_are_told_by_it(system: LocalSystem) -> None:
    users = system.users
    assert users is not None
    for runtime in system.runtimes:
        if runtime.agent == system.entry_agent:
            assert runtime.authorizer is not None
            assert runtime.authorizer.discovery_url == f"{users.issuer}/.well-known/openid-configuration"
            assert runtime.authorizer.allowed_clients == (users.clients[0].client_id,)
            assert runtime.headers == ("Authorization",)
        else:
            assert (runtime.authorizer, runtime.headers) == (None, (CUSTOM,))


def test_agents_and_users_share_neither_pool_nor_client_nor_issuer(system: LocalSystem) -> None:
    users = system.users
    assert users is not None
    assert users.issuer == f"{ADDRESSES.issuer}/{users.pool_id}"
    assert users.issuer != system.pool.issuer
    assert users.domain != system.pool.domain
    [client] = users.clients
    assert (client.agent, client.client_secret, client.flows) == ("", "", ("code",))
    assert client.scopes == ("openid",)
    # The second is the published console's, made up as every id is.
    assert client.callback_urls[0] == "http://localhost:8700/"
    assert re.fullmatch(r"https://d[a-z0-9]{13}\.cloudfront\.net/", client.callback_urls[1])
    assert len(client.callback_urls) == 2
    assert 0 < client.token_seconds <= 3600
    assert client.client_id not in {other.client_id for other in system.pool.clients}
    assert client.client_id not in system.gateway.authorizer.allowed_clients
    assert users.seed == UserSeed("customers", "customer_id")
    assert system.pool.seed is None


def test_the_interceptor_is_told_of_this_pool_and_client(system: LocalSystem) -> None:
    users = system.users
    assert users is not None
    [guard] = [f for f in system.functions if f.arn == system.gateway.interceptors[0].function_arn]
    assert guard.environment["USERS_ISSUER"] == users.issuer
    assert guard.environment["USERS_JWKS_URL"] == f"{users.issuer}/.well-known/jwks.json"
    assert guard.environment["USERS_CLIENT"] == users.clients[0].client_id


UNSOUND: list[tuple[str, Change, str]] = [
    (CLIENT, setting("GenerateSecret", True), "a browser keeps no secret"),
    (CLIENT, setting("AllowedOAuthFlows", ["code", "implicit"]), "by the flow 'code' and by no other"),
    (CLIENT, setting("AllowedOAuthFlowsUserPoolClient", False), "by the flow 'code' and by no other"),
    (CLIENT, setting("CallbackURLs", []), "needs one"),
    (CLIENT, noting(Users=None), "Users must be true"),
    (POOL, noting(Pool="agents"), "one AWS::Cognito::UserPool of agents"),
    (POOL, noting(Pool="people"), "Pool is 'people'"),
    (POOL, noting(Seed="customers"), "expected an object"),
    (POOL, noting(Seed={"table": "customers"}), "a table and an attribute"),
    (POOL, noting(Seed={"table": "people", "attribute": "id"}), "'people', which the stage does not have"),
    (RUNTIME, setting(f"{JWT}.AllowedClients", None), "would take any token"),
    (RUNTIME, setting(f"{JWT}.AllowedClients", ["stranger"]), "allows the client stranger"),
    (
        RUNTIME,
        setting(f"{JWT}.DiscoveryUrl", "https://x.example/.well-known/openid-configuration"),
        "not the pool of users",
    ),
    (RUNTIME, setting(f"{JWT}.AllowedWorkloadConfiguration", {}), "AllowedWorkloadConfiguration"),
    (RUNTIME, setting("AuthorizerConfiguration", None), "no runtime takes their tokens"),
]


@pytest.mark.parametrize(("kind", "change", "told"), UNSOUND, ids=[told for _, _, told in UNSOUND])
def test_a_change_that_lets_the_wrong_ones_in_does_not_start(
    airline: Stage, kind: str, change: Change, told: str
) -> None:
    with pytest.raises(AssemblyError, match=told):
        airline.load(kind, of_users(change), every=True)


def test_a_second_client_of_users_is_refused(airline: Stage) -> None:
    def shared(node: dict[str, Any]) -> None:
        if node["Metadata"]["Airside"].get("Users"):
            pools.append(node["Properties"]["UserPoolId"])

    def moved(node: dict[str, Any]) -> None:
        if node["Metadata"]["Airside"].get("Agent") == "booking":
            node["Properties"]["UserPoolId"] = pools[0]

    pools: list[Any] = []
    airline.load(CLIENT, shared, every=True)
    with pytest.raises(InvalidTemplate, match="Users must be true"):
        airline.load(CLIENT, moved, every=True)


def test_an_agents_credential_from_the_users_pool_is_refused(airline: Stage, system: LocalSystem) -> None:
    assert system.users is not None
    wrong = f"{system.users.issuer}/.well-known/openid-configuration"

    def change(node: dict[str, Any]) -> None:
        if node["Metadata"]["Airside"].get("Agent"):
            config = node["Properties"]["Oauth2ProviderConfigInput"]["CustomOauth2ProviderConfig"]
            config["OauthDiscovery"] = {"DiscoveryUrl": wrong}

    with pytest.raises(UnsupportedProperty, match="not the stage's own pool of agents"):
        airline.load(f"{CORE}OAuth2CredentialProvider", change, every=True)


def test_a_system_without_users_has_none_of_it(library_assembly: Path) -> None:
    library = load_stage(library_assembly, "library-dev", ADDRESSES)
    assert library.users is None
    assert [(runtime.authorizer, runtime.headers) for runtime in library.runtimes] == [(None, ())]
    templates = library_assembly.rglob("*.template.json")
    text = json.dumps([json.loads(path.read_text(encoding="utf-8")) for path in templates])
    assert "User-Token" not in text
    assert "USERS_" not in text
