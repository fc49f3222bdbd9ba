"""The token endpoint of the users' pool: a code for tokens, and what stands in them.

Source: Amazon Cognito Developer Guide, "The token issuer endpoint", "Understanding the access token", "…ID token";
OpenID Connect Core 1.0 §2, §3.1.3.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from localcloud.issuer.codes import Codes, SignIn, answers
from localcloud.issuer.directory import subject
from localcloud.issuer.grant import KNOWN_GRANTS, GrantError
from localcloud.issuer.keys import SigningKeys
from localcloud.spec import Client, UserPool


def exchange(
    pool: UserPool, codes: Codes, authorization: bytes | None, form: Mapping[str, str], now: datetime
) -> SignIn:
    """Decides one token request of a public client. Raises GrantError."""
    kind = form.get("grant_type")
    if not kind:
        raise GrantError("invalid_request")
    client = next((each for each in pool.clients if each.client_id == form.get("client_id")), None)
    # A public client has nothing to authenticate with; one that tries takes itself for another.
    if client is None or authorization is not None or "client_secret" in form:
        raise GrantError("invalid_client")
    if kind not in KNOWN_GRANTS:
        raise GrantError("unsupported_grant_type")
    if kind != "authorization_code" or "code" not in client.flows:
        raise GrantError("unauthorized_client")
    if not all(form.get(name) for name in ("code", "redirect_uri", "code_verifier")):
        raise GrantError("invalid_request")
    signed_in = codes.redeem(form["code"], now)
    if (
        signed_in is None
        or signed_in.client != client
        or signed_in.redirect_uri != form["redirect_uri"]
        or not answers(signed_in.challenge, form["code_verifier"])
    ):
        raise GrantError("invalid_grant")
    return signed_in


def tokens(pool: UserPool, keys: SigningKeys, signed_in: SignIn, now: datetime) -> dict[str, Any]:
    """The token endpoint's answer: an access token and, for the scope `openid`, an id token."""
    access = keys.sign(
        access_claims(
            pool, signed_in.client, signed_in.username, now, scopes=signed_in.scopes, since=signed_in.at
        )
    )
    answer: dict[str, Any] = {"access_token": access}
    if "openid" in signed_in.scopes:
        answer["id_token"] = keys.sign(id_claims(pool, signed_in, access, now))
    return {**answer, "expires_in": signed_in.client.token_seconds, "token_type": "Bearer"}


def access_claims(
    pool: UserPool,
    client: Client,
    username: str,
    now: datetime,
    *,
    scopes: tuple[str, ...],
    since: datetime | None = None,
) -> dict[str, Any]:
    """Access-token claims of a person, as a Cognito token carries them. `since` is the moment of sign-in."""
    issued = int(now.timestamp())
    return {
        "sub": subject(pool.issuer, username),
        "iss": pool.issuer,
        "version": 2,
        "client_id": client.client_id,
        "origin_jti": str(uuid.uuid4()),
        "event_id": str(uuid.uuid4()),
        "token_use": "access",
        "scope": " ".join(scopes),
        "auth_time": int((since or now).timestamp()),
        "exp": issued + client.token_seconds,
        "iat": issued,
        "jti": str(uuid.uuid4()),
        "username": username,
    }


def id_claims(pool: UserPool, signed_in: SignIn, access_token: str, now: datetime) -> dict[str, Any]:
    """Id-token claims: who signed in, for the client itself. No gateway or runtime takes such a token."""
    issued = int(now.timestamp())
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    claims = {
        "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
        "sub": subject(pool.issuer, signed_in.username),
        "iss": pool.issuer,
        "cognito:username": signed_in.username,
        "aud": signed_in.client.client_id,
        "token_use": "id",
        "auth_time": int(signed_in.at.timestamp()),
        "exp": issued + signed_in.client.token_seconds,
        "iat": issued,
        "jti": str(uuid.uuid4()),
    }
    return claims if signed_in.nonce is None else {**claims, "nonce": signed_in.nonce}
