"""One request to an AWS service, and its answer, with the errors every service shares."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from localcloud.sigv4 import Credential


@dataclass(frozen=True, slots=True)
class AwsRequest:
    """A request as it arrived; header names are lower case. `query` is raw, without the question mark."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    credential: Credential


@dataclass(frozen=True, slots=True)
class AwsResponse:
    """What goes back."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def error(
    status: int, code: str, message: str, *, namespace: str = "com.amazon.coral.service"
) -> AwsResponse:
    """An error in the JSON protocols' form, which botocore reads for every JSON and REST-JSON service."""
    body = json.dumps(
        {"__type": f"{namespace}#{code}", "message": message, "Message": message}, ensure_ascii=False
    )
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "x-amzn-errortype": code,
        "x-amzn-requestid": secrets.token_hex(16),
    }
    return AwsResponse(status, headers, body.encode())
