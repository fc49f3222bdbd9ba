"""The client-credentials grant as Cognito decides it: a pure function from a request to claims or an error.

Source: Amazon Cognito Developer Guide, "The token issuer endpoint"; RFC 6749 §4.4, §5.2.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from localcloud.issuer.client_secrets import ClientSecrets
from localcloud.spec import Client, UserPool

MAX_FIELDS = 16
KNOWN_GRANTS = frozenset({"authorization_code", "refresh_token", "client_credentials"})


class GrantError(Exception):
    """The token endpoint's refusal; `error` is the RFC 6749 §5.2 code and the whole body."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True)
class Grant:
    """What may be issued: to whom, for which scopes (full names, in the order asked)."""

    client: Client
    scopes: tuple[str, ...]


def parse_form(body: bytes) -> dict[str, str]:
    """Form fields of a token request. A field given twice is `invalid_request` (RFC 6749 §3.2)."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        raise GrantError("invalid_request") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise GrantError("invalid_request")
    return form


def decide(
    pool: UserPool, secrets: ClientSecrets, authorization: bytes | None, form: Mapping[str, str]
) -> Grant:
    """Decides one request; `secrets` are those that are live at this moment. Raises `GrantError`."""
    kind = form.get("grant_type")
    if not kind:
        raise GrantError("invalid_request")
    client = _authenticate(pool, secrets, authorization, form)
    if kind not in KNOWN_GRANTS:
        raise GrantError("unsupported_grant_type")
    if kind != "client_credentials" or kind not in client.flows:
        raise GrantError("unauthorized_client")
    return Grant(client, _scopes(client, form.get("scope")))


def claims(pool: UserPool, grant: Grant, now: datetime, token_id: str) -> dict[str, Any]:
    """Access-token claims of a machine client, as a Cognito token carries them; no `aud`, no user."""
    issued = int(now.timestamp())
    return {
        "sub": grant.client.client_id,
        "token_use": "access",
        "scope": " ".join(grant.scopes),
        "auth_time": issued,
        "iss": pool.issuer,
        "exp": issued + grant.client.token_seconds,
        "iat": issued,
        "version": 2,
        "jti": token_id,
        "client_id": grant.client.client_id,
    }


def _authenticate(
    pool: UserPool, secrets: ClientSecrets, authorization: bytes | None, form: Mapping[str, str]
) -> Client:
    if authorization is None:
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    else:
        client_id, secret = _basic(authorization)
        if "client_secret" in form or form.get("client_id", client_id) != client_id:
            raise GrantError("invalid_request")
    accepted = secrets.accepts(client_id, secret)
    client = next((each for each in pool.clients if each.client_id == client_id), None)
    if client is None or not accepted:
        raise GrantError("invalid_client")
    return client


def _basic(authorization: bytes) -> tuple[str, str]:
    scheme, _, value = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        raise GrantError("invalid_client")
    try:
        client_id, colon, secret = base64.b64decode(value, validate=True).decode().partition(":")
        # RFC 6749 §2.3.1 form-encodes both before they are joined; many clients do not. Neither holds a "%" or
        # a blank, and "+" is left as it is, so either spelling is read rightly.
        client_id, secret = unquote(client_id, errors="strict"), unquote(secret, errors="strict")
    except (binascii.Error, UnicodeDecodeError):
        raise GrantError("invalid_client") from None
    if not colon:
        raise GrantError("invalid_client")
    return client_id, secret


def _scopes(client: Client, asked: str | None) -> tuple[str, ...]:
    """The client's scopes where none is asked for; else those asked for, each once and each the client's."""
    scopes = client.scopes if asked is None else tuple(asked.split(" "))
    if not scopes or len(set(scopes)) != len(scopes) or not set(scopes) <= set(client.scopes):
        raise GrantError("invalid_scope")
    return scopes
