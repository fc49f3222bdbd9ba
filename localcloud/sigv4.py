"""Who signed a request, and for which service: the credential scope of Signature Version 4.

AWS General Reference: Create a signed AWS API request. Where only the caller's name counts, the signature is not
verified (the platform hands out the keys); everything around it must be as the SDKs send it. The one reading of a
signature here: the front door, the data services, the policy engine's control plane and `signed.caller` ask `parse`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
_SCOPE = re.compile(
    r"(?P<key>[\w.-]{1,128})/(?P<date>\d{8})/(?P<region>[a-z0-9-]{1,32})/(?P<service>[a-z0-9-]{1,64})/aws4_request",
    re.ASCII,
)
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_SIGNED = re.compile(r"[a-z0-9-]+(?:;[a-z0-9-]+)*")


class InvalidSignature(ValueError):
    """An Authorization header that no AWS SDK sends. The message never repeats the header."""


@dataclass(frozen=True, slots=True)
class Credential:
    """The credential scope: `access_key` names the caller, `service` what is being called.

    `headers` are the names of those that are signed, in order; `signature` is hexadecimal.
    """

    access_key: str
    date: str
    region: str
    service: str
    headers: tuple[str, ...] = ()
    signature: str = ""


def parse(authorization: str) -> Credential:
    """The scope of an Authorization header; raises `InvalidSignature`."""
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM:
        raise InvalidSignature(f"Authorization: the algorithm is not {ALGORITHM}")
    fields: dict[str, str] = {}
    for part in rest.split(","):
        name, equals, value = part.strip().partition("=")
        if not equals or name in fields:
            raise InvalidSignature(
                "Authorization: each of Credential, SignedHeaders, Signature is needed once"
            )
        fields[name] = value
    if fields.keys() != {"Credential", "SignedHeaders", "Signature"}:
        raise InvalidSignature("Authorization: each of Credential, SignedHeaders, Signature is needed once")
    scope = _SCOPE.fullmatch(fields["Credential"])
    if scope is None:
        raise InvalidSignature("Authorization: Credential is not KEY/DATE/REGION/SERVICE/aws4_request")
    if not _SIGNED.fullmatch(fields["SignedHeaders"]) or "host" not in fields["SignedHeaders"].split(";"):
        raise InvalidSignature("Authorization: SignedHeaders does not hold host")
    if not _SIGNATURE.fullmatch(fields["Signature"]):
        raise InvalidSignature("Authorization: Signature is not 64 lower-case hex digits")
    return Credential(
        scope["key"],
        scope["date"],
        scope["region"],
        scope["service"],
        tuple(fields["SignedHeaders"].split(";")),
        fields["Signature"],
    )


def verify(
    method: str, path: str, query: bytes, headers: Mapping[str, str], body: bytes, *, secret: str
) -> None:
    """Whether the request is signed with `secret`; raises `InvalidSignature` if not.

    Args:
        path, query: as they stand in the request line.
        headers: by lower-case name.
    """
    given = parse(headers.get("authorization", ""))
    missing = [name for name in given.headers if name not in headers]
    if missing or "x-amz-date" not in given.headers:
        raise InvalidSignature("Authorization: SignedHeaders names a header that is not there")
    canonical = "\n".join(
        (
            method,
            quote(path, safe="/-_.~"),
            "&".join(sorted(query.decode("ascii", "replace").split("&"))),
            *(f"{name}:{' '.join(headers[name].split())}" for name in given.headers),
            "",
            ";".join(given.headers),
            hashlib.sha256(body).hexdigest(),
        )
    )
    scope = (given.date, given.region, given.service, "aws4_request")
    text = "\n".join(
        (
            ALGORITHM,
            headers["x-amz-date"],
            "/".join(scope),
            hashlib.sha256(canonical.encode()).hexdigest(),
        )
    )
    key = reduce(_mac, scope, f"AWS4{secret}".encode())
    if not hmac.compare_digest(_mac(key, text).hex(), given.signature):
        raise InvalidSignature("Authorization: the signature is another one")


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
