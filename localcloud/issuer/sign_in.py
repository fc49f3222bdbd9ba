"""The authorization endpoint as a pure decision: from a query to an address the browser is sent to.

Nobody is asked for a password: `login_hint` says who signs in (docs/fidelity/issuer.md). Source: RFC 6749 §4.1,
OpenID Connect Core 1.0 §3.1.2, Amazon Cognito Developer Guide, "The redirect and authorization endpoint".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from localcloud.issuer.codes import Codes, SignIn, is_challenge
from localcloud.issuer.directory import Directory
from localcloud.issuer.grant import GrantError, parse_form
from localcloud.spec import Client, UserPool

MAX_QUERY = 8 * 1024
"""Bytes; a real query has some 400."""


class _SentBackError(Exception):
    """A refusal that is told to the client, by way of the browser (RFC 6749 §4.1.2.1)."""


def authorize(pool: UserPool, directory: Directory, codes: Codes, query: bytes, now: datetime) -> str:
    """Where the browser goes: the client's callback with a code, or with an error.

    Raises:
        GrantError: client or callback are not known, so nobody may be sent anywhere.
    """
    if len(query) > MAX_QUERY:
        raise GrantError("invalid_request")
    asked = parse_form(query)
    client, callback = _client(pool, asked)
    try:
        answer = {"code": codes.issue(_signed_in(client, callback, directory, asked, now))}
    except _SentBackError as refused:
        answer = {"error": str(refused)}
    if "state" in asked:
        answer["state"] = asked["state"]
    return f"{callback}{'&' if '?' in callback else '?'}{urlencode(answer)}"


def _client(pool: UserPool, asked: Mapping[str, str]) -> tuple[Client, str]:
    client = next((each for each in pool.clients if each.client_id == asked.get("client_id")), None)
    if client is None:
        raise GrantError("invalid_client")
    callback = asked.get("redirect_uri", "")
    # Compared as text: what a reader of URLs would take for the same may be another program's address.
    if callback not in client.callback_urls:
        raise GrantError("invalid_request")
    return client, callback


def _signed_in(
    client: Client, callback: str, directory: Directory, asked: Mapping[str, str], now: datetime
) -> SignIn:
    if "response_type" not in asked:
        raise _SentBackError("invalid_request")
    if asked["response_type"] != "code":
        raise _SentBackError("unsupported_response_type")
    if "code" not in client.flows:
        raise _SentBackError("unauthorized_client")
    scopes = client.scopes if "scope" not in asked else tuple(asked["scope"].split(" "))
    if not scopes or len(set(scopes)) != len(scopes) or not set(scopes) <= set(client.scopes):
        raise _SentBackError("invalid_scope")
    challenge = asked.get("code_challenge", "")
    if asked.get("code_challenge_method") != "S256" or not is_challenge(challenge):
        raise _SentBackError("invalid_request")
    if "login_hint" not in asked:
        raise _SentBackError("login_required")
    if asked["login_hint"] not in directory:
        raise _SentBackError("access_denied")
    return SignIn(
        client=client,
        username=asked["login_hint"],
        scopes=scopes,
        redirect_uri=callback,
        challenge=challenge,
        nonce=asked.get("nonce"),
        at=now,
    )
