"""The authorization endpoint as a pure decision: from a query to an address the browser is sent to.

Nobody is asked for a password: `login_hint`, or the page's `username`, says who signs in (docs/fidelity/issuer.md).
Source: RFC 6749 §4.1, OpenID Connect Core 1.0 §3.1.2, Amazon Cognito Developer Guide, "The redirect and
authorization endpoint".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from localcloud.issuer.codes import Codes, SignIn, is_challenge
from localcloud.issuer.directory import Directory
from localcloud.issuer.grant import GrantError, parse_form
from localcloud.spec import Client, UserPool

MAX_QUERY = 8 * 1024
"""Bytes; a real query has some 400."""


@dataclass(frozen=True)
class Asked:
    """A sound request that does not say who signs in, or names nobody (`unknown`): the page is to ask.

    `parameters` are the request's, unchecked but for those that were decided on; `example` is a name to try.
    """

    parameters: Mapping[str, str]
    callback: str
    unknown: str | None
    example: str


class _NobodyError(Exception):
    """Who signs in must be asked; the argument is the name that nobody has, or None."""

    def __init__(self, unknown: str | None) -> None:
        super().__init__("who?")
        self.unknown = unknown


class _SentBackError(Exception):
    """A refusal that is told to the client, by way of the browser (RFC 6749 §4.1.2.1)."""


def authorize(pool: UserPool, directory: Directory, codes: Codes, query: bytes, now: datetime) -> str | Asked:
    """Where the browser goes: the client's callback with a code, or with an error. Or what it is to be asked.

    Raises:
        GrantError: client or callback are not known, so nobody may be sent anywhere.
    """
    if len(query) > MAX_QUERY:
        raise GrantError("invalid_request")
    asked = parse_form(query)
    client, callback = _client(pool, asked)
    try:
        answer = {"code": codes.issue(_signed_in(client, callback, directory, asked, now))}
    except _NobodyError as nobody:
        return Asked(asked, callback, nobody.unknown, directory.first)
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
    return SignIn(
        client=client,
        username=_who(directory, asked),
        scopes=scopes,
        redirect_uri=callback,
        challenge=challenge,
        nonce=asked.get("nonce"),
        at=now,
    )


def _who(directory: Directory, asked: Mapping[str, str]) -> str:
    """Whose name the request gives: a client's `login_hint`, else what a person has typed into the page."""
    if "login_hint" in asked:
        if asked["login_hint"] not in directory:
            raise _SentBackError("access_denied")
        return asked["login_hint"]
    if asked.get("prompt") == "none":
        # OpenID Connect Core §3.1.2.6: nothing may be shown.
        raise _SentBackError("login_required")
    name = asked.get("username")
    if name is None or name.strip() not in directory:
        raise _NobodyError(name)
    return name.strip()
