"""Entry point of the function: CloudFormation's custom resource `Site`.

Without an answer CloudFormation waits an hour, so every way out of here gives one. Its address is a credential and
is never logged.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from site_publisher.files import SiteError
from site_publisher.request import Put, Request, put
from site_publisher.site import Site

FOLDER = Path(__file__).with_name("site")

Open = Callable[[str, str], Site]
"""Opens the site of a bucket and a distribution."""


def publisher(open_site: Open, send: Put, folder: Path) -> Callable[[Mapping[str, Any], object], None]:
    """The handler over what it reaches."""

    def handler(event: Mapping[str, Any], _: object) -> None:
        started = time.perf_counter()
        request = Request.of(event)
        failure, files = None, 0
        try:
            files = _act(request, open_site, folder)
        except SiteError as error:
            failure = str(error)
        except Exception as error:  # boundary: whatever it is, CloudFormation must hear of it
            # Its text may quote an address or a header.
            failure = f"{type(error).__name__}: see the function's log group"
        milliseconds = round((time.perf_counter() - started) * 1000)
        print(
            json.dumps(
                {
                    "event": "site",
                    "request": request.kind,
                    "files": files,
                    "ms": milliseconds,
                    "failure": failure,
                }
            )
        )
        request.answer(send, failure)

    return handler


def _act(request: Request, open_site: Open, folder: Path) -> int:
    properties = request.properties
    site = open_site(properties["Bucket"], properties["Distribution"])
    if request.kind == "Delete":
        return site.empty()
    return site.publish(folder, json.loads(properties["Config"]), request.request_id)


def _open(bucket: str, distribution: str) -> Site:
    import boto3

    return Site(boto3.client("s3"), boto3.client("cloudfront"), bucket=bucket, distribution=distribution)


handler = publisher(_open, put, FOLDER)
