"""A custom resource's request and the answer CloudFormation waits for.

Source: AWS CloudFormation User Guide, "Custom resource request objects" and "… response objects".
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Put = Callable[[str, bytes], None]
"""Sends a body to a presigned address. It may raise OSError."""

_SECONDS = 10
_LONGEST_REASON = 1000


@dataclass(frozen=True)
class Request:
    """`kind` is Create, Update or Delete. `answer_to` is a presigned address: whoever has it may answer."""

    kind: str
    answer_to: str
    stack: str
    request_id: str
    logical_id: str
    physical_id: str
    properties: Mapping[str, Any]

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Request:
        """Raises KeyError for an event that is none; there is nobody to answer then."""
        properties = event["ResourceProperties"]
        return cls(
            kind=event["RequestType"],
            answer_to=event["ResponseURL"],
            stack=event["StackId"],
            request_id=event["RequestId"],
            logical_id=event["LogicalResourceId"],
            # One per bucket: another bucket makes CloudFormation delete what was in the former.
            physical_id=f"site-of-{properties['Bucket']}",
            properties=properties,
        )

    def answer(self, put: Put, failure: str | None) -> None:
        """Tells CloudFormation how it went; `failure` is a reason an operator reads in the stack's events."""
        body = {
            "Status": "SUCCESS" if failure is None else "FAILED",
            "Reason": (failure or "done")[:_LONGEST_REASON],
            "PhysicalResourceId": self.physical_id,
            "StackId": self.stack,
            "RequestId": self.request_id,
            "LogicalResourceId": self.logical_id,
        }
        put(self.answer_to, json.dumps(body).encode())


def put(address: str, body: bytes) -> None:
    """An HTTPS PUT without a content type, as the address was signed for none."""
    if not address.startswith("https://"):
        raise ValueError("CloudFormation's address for the answer is not https")
    # An empty value, because urllib would say that the body is a form.
    request = urllib.request.Request(address, data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310
    with urllib.request.urlopen(request, timeout=_SECONDS):  # noqa: S310  checked above
        pass
