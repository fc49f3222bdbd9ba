"""The users' pool as a browser and a public client meet it, over HTTP."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jws
from joserfc.jwk import KeySet

from localcloud.issuer import Directory, SigningKeys, create_users_issuer
from localcloud.spec import Client, UserPool, UserSeed

ORIGIN = "http://127.0.0.1:8702"
POOL_ID = "ap-northeast-2_Users0001"
START = datetime(2026, 11, 21, 9, 0, 0, tzinfo=UTC)
CALLBACK = "http://localhost:8700/"
OTHER_CALLBACK = "https://console.example/signed-in?from=pool"
VERIFIER = "v" * 43
CONSOLE = Client("", "console-client", "", ("openid",), ("code",), 3600, (CALLBACK, OTHER_CALLBACK))
SECOND = Client("", "second-client", "", ("openid",), ("code",), 900, (CALLBACK,))
IMPLICIT = Client("", "implicit-client", "", ("openid",), ("implicit",), 3600, (CALLBACK,))
POOL = UserPool(
    POOL_ID,
    f"{ORIGIN}/{POOL_ID}",
    "air-customers",
    (),
    (CONSOLE, SECOND, IMPLICIT),
    UserSeed("customers", "customer_id"),
)


@cache
def keys() -> SigningKeys:
    """Made once: no test here changes them, and they take a while."""
    return SigningKeys.generate()


def challenge(verifier: str = VERIFIER) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def asking(**change: str | None) -> dict[str, str]:
    """A sound authorization request; a change to None leaves the parameter out."""
    sound: dict[str, str | None] = {
        "response_type": "code",
        "client_id": CONSOLE.client_id,
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "state": "s t&=",
        "nonce": "n1",
        "code_challenge": challenge(),
        "code_challenge_method": "S256",
        "login_hint": "C1001",
        **change,
    }
    return {name: value for name, value in sound.items() if value is not None}


class Browser:
    """One issuer of its own, asked as often as a test likes. `now` is its clock."""

    def __init__(self) -> None:
        self.now = START
        self._app = create_users_issuer(POOL, keys(), Directory(["C1001", "C1002"]), lambda: self.now)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
                return await client.request(method, path, **options)

        return asyncio.run(run())

    def authorize(self, **change: str | None) -> httpx.Response:
        return self.ask("GET", f"/{POOL_ID}/oauth2/authorize", params=asking(**change))

    def sent_to(self, **change: str | None) -> dict[str, str]:
        """What the callback is told."""
        reply = self.authorize(**change)
        assert reply.status_code == 302, reply.text
        return told(reply)

    def code(self, **change: str | None) -> str:
        return self.sent_to(**change)["code"]

    def redeem(self, code: str | None, **change: str | None) -> httpx.Response:
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "client_id": CONSOLE.client_id,
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            **change,
        }
        sent = {name: value for name, value in form.items() if value is not None}
        return self.ask("POST", f"/{POOL_ID}/oauth2/token", data=sent)

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)


def told(reply: httpx.Response) -> dict[str, str]:
    query = parse_qs(urlsplit(reply.headers["location"]).query, strict_parsing=True)
    return {name: values[0] for name, values in query.items()}


def claims(token: str) -> dict[str, Any]:
    """The claims of a token this pool signed."""
    published = KeySet.import_key_set(keys().jwks())  # type: ignore[arg-type]
    signed = jws.deserialize_compact(token, published, algorithms=["RS256"])
    found: dict[str, Any] = json.loads(signed.payload)
    return found
