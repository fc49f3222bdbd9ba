"""A runtime client in plain Python, for systems on which AWS's own has no wheel.

Speaks the Lambda Runtime API 2018-06-01 (AWS Lambda Developer Guide: Using the Lambda runtime API). Standard
library only: it is loaded inside the function's process.
"""

from __future__ import annotations

import http.client
import importlib
import json
import os
import sys
import time
import traceback
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

BASE = "/2018-06-01/runtime"


class Context:
    """The handler's second argument (AWS Lambda Developer Guide: context object in Python)."""

    def __init__(self, headers: http.client.HTTPMessage) -> None:
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None)
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])
        raw = headers["Lambda-Runtime-Client-Context"]
        given = json.loads(raw) if raw else None
        self.client_context = given and SimpleNamespace(
            custom=given.get("custom"), env=given.get("env"), client=given.get("client")
        )

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the deadline, never below 0."""
        return max(0, self._deadline_ms - int(time.time() * 1000))


class Api:
    """One keep-alive connection to the Runtime API."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address)

    def call(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPMessage, bytes]:
        """Send one request; raises RuntimeError unless the answer is 200 or 202."""
        self._connection.request(method, BASE + path, body, headers or {})
        response = self._connection.getresponse()
        data = response.read()
        if response.status not in (200, 202):
            raise RuntimeError(f"runtime API answered {response.status} to {method} {path}")
        return response.headers, data

    def fail(self, path: str, error: BaseException, request_id: str = "") -> None:
        """Report an exception."""
        document = {
            "errorMessage": str(error),
            "errorType": type(error).__name__,
            "requestId": request_id,
            "stackTrace": traceback.format_tb(error.__traceback__),
        }
        print(f"[ERROR] {document['errorType']}: {document['errorMessage']}", flush=True)
        traceback.print_exception(error)
        self.call(
            "POST",
            path,
            json.dumps(document).encode(),
            {"Lambda-Runtime-Function-Error-Type": type(error).__name__},
        )


def number(value: object) -> int | float:
    """DynamoDB's numbers, as AWS's client writes them: plain JSON numbers. Raises TypeError for the rest."""
    if not isinstance(value, Decimal):
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
    return int(value) if value == value.to_integral_value() else float(value)


def run(handler: str) -> None:
    """Serve invocations one after another, for ever."""
    # A line must have left the process before its invocation's answer does.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    api = Api(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        module, _, name = handler.rpartition(".")
        function = getattr(importlib.import_module(module.replace("/", ".")), name)
    except Exception as error:
        api.fail("/init/error", error)
        sys.exit(1)
    while True:
        headers, body = api.call("GET", "/invocation/next")
        request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        os.environ["_X_AMZN_TRACE_ID"] = headers["Lambda-Runtime-Trace-Id"] or ""
        try:
            result = function(json.loads(body), Context(headers))
            answer = json.dumps(result, ensure_ascii=False, default=number).encode()
        except Exception as error:
            api.fail(f"/invocation/{request_id}/error", error, request_id)
            continue
        api.call("POST", f"/invocation/{request_id}/response", answer, _JSON)


_JSON: dict[str, Any] = {"Content-Type": "application/json"}
