"""The flights provider's stand-in as the platform serves it: loaded by its path, spoken to over ASGI."""

from __future__ import annotations

import asyncio
import importlib.util
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

AIRLINE = Path(__file__).resolve().parents[2] / "systems" / "airline"
CLIENT_ID = "flights-client"
CLIENT_SECRET = "s3cr%t +/="
TOKEN = "/v1/security/oauth2/token"
SEARCH = "/v2/shopping/flight-offers"
GRANT = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
QUESTION = {
    "originLocationCode": "ICN",
    "destinationLocationCode": "NRT",
    "departureDate": "2026-11-22",
    "adults": "1",
}


def load() -> Any:
    """The module, outside of any package and unknown to `sys.modules`."""
    spec = importlib.util.spec_from_file_location("flights_stand_in", AIRLINE / "providers" / "flights.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Provider:
    """A client of one stand-in whose clock the test moves; starts at noon of 2026-11-21 in Korea."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
        self._application = load().application(
            client_id=CLIENT_ID, client_secret=CLIENT_SECRET, clock=lambda: self.now
        )

    def pass_time(self, **span: int) -> None:
        self.now += timedelta(**span)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._application)
            async with httpx.AsyncClient(transport=transport, base_url="https://provider.test") as client:
                return await client.request(method, path, **options)

        return asyncio.run(send())

    def token(self) -> str:
        answer = self.request("POST", TOKEN, data=GRANT)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token

    def search(self, **changes: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token()}"}
        return self.request("GET", SEARCH, params=QUESTION | changes, headers=headers)

    def offers(self, origin: str, destination: str, day: str, adults: int = 1) -> list[dict[str, Any]]:
        answer = self.search(
            originLocationCode=origin,
            destinationLocationCode=destination,
            departureDate=day,
            adults=str(adults),
        )
        assert answer.status_code == 200, answer.text
        offers: list[dict[str, Any]] = answer.json()["data"]
        return offers
