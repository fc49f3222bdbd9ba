"""Who signed a request, and for which service: the credential scope of Signature Version 4.

AWS General Reference: Create a signed AWS API request. The signature itself is not verified (the platform
hands out the keys); everything around it must be as the SDKs send it. The one reading of a signature here: the
front door, the data services and `signed.caller` all ask `parse`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

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
    """The credential scope: `access_key` names the caller, `service` what is being called."""

    access_key: str
    date: str
    region: str
    service: str


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
    return Credential(scope["key"], scope["date"], scope["region"], scope["service"])
