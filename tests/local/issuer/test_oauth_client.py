"""The issuer as an OAuth client meets it that was written elsewhere: Authlib gets tokens, PyJWT reads them.

Neither shares code with the issuer's signing, so a mistake in both readings of a standard is unlikely.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url

from localcloud.issuer import SigningKeys, create_issuer
from localcloud.spec import Client, UserPool
from tests.local.gateway.serving import bound_socket, serving

POOL_ID = "ap-northeast-2_Test00001"
SCOPES = ("air/agent.booking", "air/agent.loyalty")
METHODS = ("client_secret_basic", "client_secret_post")
# Cognito allows + in a secret (CreateUserPoolClient: ClientSecret), which form encoding treats specially.
BOOKING = Client("booking", "client-booking", "s3cret+with+plus", SCOPES, ("client_credentials",), 900)
PUBLIC = Client("public", "client-public", "", SCOPES, ("client_credentials",), 900)


@pytest.fixture(scope="module")
def keys() -> SigningKeys:
    return SigningKeys.generate()


@pytest.fixture(scope="module")
def metadata(keys: SigningKeys) -> Iterator[dict[str, Any]]:
    """The served issuer's discovery document, found as OpenID Connect Discovery says."""
    listening = bound_socket()
    issuer = f"http://127.0.0.1:{listening.getsockname()[1]}/{POOL_ID}"
    pool = UserPool(POOL_ID, issuer, "air", SCOPES, (BOOKING, PUBLIC))
    with serving(create_issuer(pool, keys, lambda: datetime.now(UTC)), listening):
        yield get_json(get_well_known_url(issuer, external=True))


def get_json(url: str) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.get(url, trust_env=False).raise_for_status().json()
    return answer


@contextmanager
def client(method: str, client: Client = BOOKING, secret: str | None = None) -> Iterator[OAuth2Client]:
    with OAuth2Client(
        client.client_id,
        client.client_secret if secret is None else secret,
        token_endpoint_auth_method=method,
        trust_env=False,
    ) as made:
        yield made


def fetch(metadata: dict[str, Any], method: str = METHODS[0], **asked: Any) -> dict[str, Any]:
    with client(method) as oauth:
        token: dict[str, Any] = oauth.fetch_token(
            metadata["token_endpoint"], grant_type="client_credentials", **asked
        )
    return token


def read(metadata: dict[str, Any], token: str) -> dict[str, Any]:
    """The claims, after PyJWT has checked signature, issuer and times with the published keys."""
    published = jwt.PyJWKSet.from_dict(get_json(metadata["jwks_uri"]))
    key = published[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(
        token,
        key,
        algorithms=["RS256"],
        issuer=metadata["issuer"],
        options={"require": ["exp", "iat", "iss", "sub", "jti"]},
    )


def test_the_discovery_document_is_no_valid_server_metadata(metadata: dict[str, Any]) -> None:
    AuthorizationServerMetadata(metadata).validate()
    provider = OpenIDProviderMetadata(metadata)
    provider.validate()
    assert set(provider.token_endpoint_auth_methods_supported) == set(METHODS)
    assert provider.grant_types_supported == ["client_credentials"]


@pytest.mark.parametrize("method", METHODS)
def test_a_stated_way_to_authenticate_gets_no_usable_token(metadata: dict[str, Any], method: str) -> None:
    token = fetch(metadata, method, scope=SCOPES[0])
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 900)
    claims = read(metadata, token["access_token"])
    assert (claims["sub"], claims["client_id"], claims["scope"]) == (
        BOOKING.client_id,
        BOOKING.client_id,
        SCOPES[0],
    )
    assert claims["exp"] - claims["iat"] == token["expires_in"]


def test_a_secret_sent_form_encoded_is_another_secret(metadata: dict[str, Any]) -> None:
    """RFC 6749 §2.3.1 encodes the secret before Basic; many clients, Authlib among them, do not."""
    with client("client_secret_basic", secret="s3cret%2Bwith%2Bplus") as oauth:
        token = oauth.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
    assert read(metadata, token["access_token"])["client_id"] == BOOKING.client_id


@pytest.mark.parametrize(
    ("asked", "granted"),
    [({}, set(SCOPES)), ({"scope": SCOPES[1]}, {SCOPES[1]}), ({"scope": list(SCOPES)}, set(SCOPES))],
)
def test_a_token_has_other_scopes_than_asked_for(
    metadata: dict[str, Any], asked: dict[str, Any], granted: set[str]
) -> None:
    claims = read(metadata, fetch(metadata, **asked)["access_token"])
    assert set(claims["scope"].split()) == granted


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("who", "secret", "asked", "error"),
    [
        (BOOKING, "wrong", {}, "invalid_client"),
        (BOOKING, "", {}, "invalid_client"),
        (PUBLIC, "", {}, "invalid_client"),
        (Client("no", "nobody", "x", (), (), 900), None, {}, "invalid_client"),
        (BOOKING, None, {"scope": "air/agent.admin"}, "invalid_scope"),
        (BOOKING, None, {"scope": f"{SCOPES[0]} air/agent.admin"}, "invalid_scope"),
        (BOOKING, None, {"grant_type": "password"}, "unsupported_grant_type"),
        (BOOKING, None, {"grant_type": "authorization_code", "code": "x"}, "unauthorized_client"),
    ],
)
def test_a_refusal_is_not_the_error_a_client_can_act_on(
    metadata: dict[str, Any], method: str, who: Client, secret: str | None, asked: dict[str, str], error: str
) -> None:
    with client(method, who, secret) as oauth, pytest.raises(OAuthError) as refused:
        oauth.fetch_token(metadata["token_endpoint"], **{"grant_type": "client_credentials", **asked})
    assert refused.value.error == error


def test_keys_published_after_a_rotation_do_not_verify_both_tokens(
    metadata: dict[str, Any], keys: SigningKeys
) -> None:
    before = fetch(metadata)["access_token"]
    keys.rotate()
    after = fetch(metadata)["access_token"]
    assert jwt.get_unverified_header(before)["kid"] != jwt.get_unverified_header(after)["kid"]
    assert {read(metadata, token)["client_id"] for token in (before, after)} == {BOOKING.client_id}


def test_a_token_with_changed_claims_verifies(metadata: dict[str, Any]) -> None:
    one, other = (fetch(metadata, scope=scope)["access_token"].split(".") for scope in SCOPES)
    with pytest.raises(jwt.InvalidSignatureError):
        read(metadata, ".".join((one[0], other[1], one[2])))
