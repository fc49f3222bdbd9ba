"""Stand-in of the flights provider: an OAuth2-protected flight offers search of the Amadeus shape.

`application` serves `POST /v1/security/oauth2/token` and `GET /v2/shopping/flight-offers` at the provider's
own paths, with the provider's forms of answers and errors. The same question gets the same offers, except
that flights which have left are not offered. Stricter than the provider: parameters it does not know, or
that come twice, are refused instead of ignored.

Only starlette and the standard library are imported. The platform loads this file by its path, outside of
any package, so its neighbour flight_offers.py is loaded by path as well.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import importlib.util
import re
import secrets
import sys
import urllib.parse
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN_PATH = "/v1/security/oauth2/token"  # noqa: S105 - a path
SEARCH_PATH = "/v2/shopping/flight-offers"
TOKEN_SECONDS = 1799
MAX_TOKEN_BODY = 4096
MAX_ADULTS = 9
LAST_YEAR = 2098
PARAMETERS = ("originLocationCode", "destinationLocationCode", "departureDate", "adults")
CARRIERS = {
    "KE": "KOREAN AIR", "OZ": "ASIANA AIRLINES", "7C": "JEJU AIR", "TW": "TWAY AIR", "JL": "JAPAN AIRLINES",
    "NH": "ALL NIPPON AIRWAYS", "CA": "AIR CHINA", "CX": "CATHAY PACIFIC", "CI": "CHINA AIRLINES",
    "OM": "MIAT MONGOLIAN AIRLINES", "VN": "VIETNAM AIRLINES", "TG": "THAI AIRWAYS", "SQ": "SINGAPORE AIR",
    "PR": "PHILIPPINE AIRLINES", "GA": "GARUDA INDONESIA", "UA": "UNITED AIRLINES", "DL": "DELTA AIR LINES",
    "BA": "BRITISH AIRWAYS", "AF": "AIR FRANCE", "LH": "LUFTHANSA", "QF": "QANTAS AIRWAYS",
    "NZ": "AIR NEW ZEALAND",
}  # fmt: skip

Clock = Callable[[], datetime]


def _neighbour(name: str) -> ModuleType:
    path = Path(__file__).resolve().with_name(f"{name}.py")
    unique = f"_{name}_{hashlib.sha256(str(path).encode()).hexdigest()[:16]}"
    if unique not in sys.modules:
        spec = importlib.util.spec_from_file_location(unique, path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} cannot be loaded: put it back beside {Path(__file__).name}")
        sys.modules[unique] = module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[unique]
            raise
    return sys.modules[unique]


_offers = _neighbour("flight_offers")


class ProviderError(Exception):
    """An answer that is no success: HTTP status and body, and for 401 the scheme to authenticate with."""

    def __init__(self, status: int, body: dict[str, Any], scheme: str) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body
        self.headers = {"WWW-Authenticate": scheme} if status == 401 else {}


class Refused(ProviderError):
    """A refusal of the search: the provider's own code and title, detail, parameter."""

    def __init__(self, status: int, code: int, title: str, detail: str, parameter: str | None = None) -> None:
        error: dict[str, Any] = {"status": status, "code": code, "title": title, "detail": detail}
        if parameter:
            error["source"] = {"parameter": parameter}
        super().__init__(status, {"errors": [error]}, "Bearer")


class TokenRefused(ProviderError):
    """A refusal of the token endpoint (RFC 6749, section 5.2) with the provider's own code and title."""

    def __init__(self, status: int, error: str, description: str, code: int) -> None:
        body = {"error": error, "error_description": description, "code": code, "title": "Invalid parameters"}
        super().__init__(status, body, "Basic")


class Tokens:
    """Issues and checks bearer tokens. A token is its expiry and a MAC over it, so nothing is stored."""

    def __init__(self, client_id: str, client_secret: str, clock: Clock) -> None:
        if not client_id or not client_secret:
            raise ValueError("the flights stand-in needs a client id and a client secret that are not empty")
        self._client = (client_id.encode(), client_secret.encode())
        self._key = secrets.token_bytes(32)
        self._clock = clock

    def issue(self, client_id: str, client_secret: str) -> str:
        """A token for the right client; both halves are always compared, each in constant time."""
        right = hmac.compare_digest(client_id.encode(), self._client[0])
        right &= hmac.compare_digest(client_secret.encode(), self._client[1])
        if not right:
            raise TokenRefused(401, "invalid_client", "Client credentials are invalid", 38187)
        expires = self._clock() + timedelta(seconds=TOKEN_SECONDS)
        claim = f"{int(expires.timestamp())}.{secrets.token_hex(8)}"
        return f"{claim}.{self._mac(claim)}"

    def check(self, authorization: list[str]) -> None:
        """Refuses a request whose Authorization headers are not exactly one with a token of ours in force."""
        scheme, _, token = authorization[0].partition(" ") if len(authorization) == 1 else ("", "", "")
        if scheme.lower() != "bearer" or not token:
            detail = "Missing or invalid format for mandatory Authorization header"
            raise Refused(401, 38191, "Invalid HTTP header", detail)
        claim, _, mac = token.rpartition(".")
        if not hmac.compare_digest(mac.encode(), self._mac(claim).encode()):
            detail = "The access token provided in the Authorization header is invalid"
            raise Refused(401, 38190, "Invalid access token", detail)
        if int(claim.partition(".")[0]) <= self._clock().timestamp():
            raise Refused(401, 38192, "Access token expired", "The access token is expired")

    def _mac(self, claim: str) -> str:
        return hmac.new(self._key, claim.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()


async def _client_credentials(request: Request) -> tuple[str, str]:
    """Client id and secret, from the form or from HTTP Basic but never both (RFC 6749, section 2.3.1)."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_TOKEN_BODY:
            raise TokenRefused(400, "invalid_request", "The request is too large", 38186)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise TokenRefused(400, "invalid_request", "The body must be form encoded", 38186)
    try:
        text = body.decode("ascii")
        pairs = urllib.parse.parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        raise TokenRefused(400, "invalid_request", "The form is malformed", 38186) from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise TokenRefused(400, "invalid_request", "A parameter comes twice", 38186)
    if form.get("grant_type") != "client_credentials":
        raise TokenRefused(400, "unsupported_grant_type", "Only client_credentials value is allowed", 38187)
    header = request.headers.get("authorization")
    if header is None:
        return form.get("client_id", ""), form.get("client_secret", "")
    if "client_secret" in form:
        raise TokenRefused(400, "invalid_request", "Credentials come twice", 38186)
    scheme, _, encoded = header.partition(" ")
    try:
        name, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        colon = ""
    if scheme.lower() != "basic" or not colon:
        raise TokenRefused(401, "invalid_client", "Client credentials are invalid", 38187)
    return urllib.parse.unquote_plus(name), urllib.parse.unquote_plus(secret)


class Search:
    """`GET /v2/shopping/flight-offers` over the timetable."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._timetable = _offers.Timetable(Path(__file__).resolve().parent.parent / "data")

    def answer(self, query: list[tuple[str, str]], url: str) -> dict[str, Any]:
        """The answer to a question; `url` is what was asked. Raises Refused at the first fault."""
        given = dict(query)
        for name, _ in query:
            if name not in PARAMETERS:
                raise Refused(
                    400, 4926, "INVALID DATA RECEIVED", f"Known parameters: {', '.join(PARAMETERS)}"
                )
        if len(given) != len(query):
            raise Refused(400, 4926, "INVALID DATA RECEIVED", "A parameter comes twice")
        for name in PARAMETERS:
            if not given.get(name):
                raise Refused(400, 32171, "MANDATORY DATA MISSING", "Missing mandatory query parameter", name)
        now = self._clock().astimezone(UTC).replace(tzinfo=None)
        origin, destination = (self._airport(given[name], name) for name in PARAMETERS[:2])
        if origin == destination:
            detail = "Origin and destination must be different"
            raise Refused(400, 4926, "INVALID DATA RECEIVED", detail, PARAMETERS[1])
        day = self._day(given["departureDate"], self._timetable.airports[origin].at(now).date())
        if not re.fullmatch(r"[1-9]", given["adults"]):
            detail = f"The number of adults must be from 1 to {MAX_ADULTS}"
            raise Refused(400, 477, "INVALID FORMAT", detail, "adults")
        offers = _offers.find(self._timetable, origin, destination, day, int(given["adults"]), now)
        return {
            "meta": {"count": len(offers), "links": {"self": url}},
            "data": offers,
            "dictionaries": self._dictionaries(offers),
        }

    def _airport(self, code: str, parameter: str) -> str:
        if not re.fullmatch(r"[A-Z]{3}", code):
            raise Refused(400, 477, "INVALID FORMAT", "An airport is three capital letters", parameter)
        if code not in self._timetable.airports:
            raise Refused(400, 4926, "INVALID DATA RECEIVED", "The airport is not known", parameter)
        return code

    def _day(self, text: str, today: date) -> date:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise Refused(400, 477, "INVALID FORMAT", "A date has the form YYYY-MM-DD", "departureDate")
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise Refused(400, 425, "INVALID DATE", "There is no such day", "departureDate") from None
        if day < today:
            raise Refused(400, 425, "INVALID DATE", "Date/Time is in the past", "departureDate")
        if day.year > LAST_YEAR:
            raise Refused(400, 425, "INVALID DATE", "The date is too far ahead", "departureDate")
        return day

    def _dictionaries(self, offers: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        segments = [segment for offer in offers for segment in offer["itineraries"][0]["segments"]]
        codes = {segment[end]["iataCode"] for segment in segments for end in ("departure", "arrival")}
        carriers = {segment["carrierCode"] for segment in segments}
        return {
            "locations": {
                code: {"countryCode": self._timetable.airports[code].country} for code in sorted(codes)
            },
            "currencies": {"KRW": "KOREAN WON"},
            "carriers": {code: CARRIERS[code] for code in sorted(carriers)},
        }


async def _refused(_request: Request, error: Exception) -> Response:
    if not isinstance(error, ProviderError):
        raise error
    return JSONResponse(error.body, status_code=error.status, headers=error.headers)


def application(*, client_id: str, client_secret: str, clock: Clock) -> Starlette:
    """The stand-in as an ASGI application; `clock` gives the present moment (aware)."""
    tokens = Tokens(client_id, client_secret, clock)
    search = Search(clock)

    async def token(request: Request) -> Response:
        issued = tokens.issue(*await _client_credentials(request))
        answer = {
            "type": "amadeusOAuth2Token",
            "client_id": client_id,
            "token_type": "Bearer",
            "access_token": issued,
            "expires_in": TOKEN_SECONDS,
            "state": "approved",
            "scope": "",
        }
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    async def offers(request: Request) -> Response:
        tokens.check(request.headers.getlist("authorization"))
        return JSONResponse(search.answer(request.query_params.multi_items(), str(request.url)))

    return Starlette(
        routes=[Route(TOKEN_PATH, token, methods=["POST"]), Route(SEARCH_PATH, offers, methods=["GET"])],
        exception_handlers={ProviderError: _refused},
    )
