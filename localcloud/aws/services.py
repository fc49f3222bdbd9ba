"""The AWS services besides DynamoDB, each loaded from moto when it is first called.

moto keeps their state in dictionaries global to the process, account by account. `Services` puts its own
state there for the length of a request, so that two platforms in one process never see each other's.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from localcloud.aws.requests import AwsRequest, AwsResponse, error

SIGNING_NAMES: Mapping[str, tuple[str, str]] = {
    # signing name: (moto's module, host prefix)
    "ssm": ("ssm", "ssm"),
    "secretsmanager": ("secretsmanager", "secretsmanager"),
    "s3": ("s3", "s3"),
    "logs": ("logs", "logs"),
    "monitoring": ("cloudwatch", "monitoring"),
}
_RELATED = ("kms", "iam", "sts")
"""Services moto looks into on behalf of the ones above."""
_GLOBAL_STATE = threading.Lock()


def _states(module: str) -> Any:
    """moto's process-wide state of a service: account → region → backend. Loads the service."""
    from moto.backends import get_backend

    untyped: Any = get_backend  # its overloads know literal names only
    return untyped(module)


class Services:
    """One platform's state of every lazily loaded service. Not thread-safe but for different instances."""

    def __init__(self, region: str, account: str) -> None:
        self._region = region
        self._account = account
        self._state: dict[str, dict[str, Any]] = {}
        self._routes: dict[str, list[tuple[re.Pattern[str], Any]]] = {}

    @contextmanager
    def _own_state(self) -> Iterator[None]:
        names = [module for module, _ in SIGNING_NAMES.values() if module in self._routes]
        with _GLOBAL_STATE:
            shared = {name: _states(name) for name in (*names, *_RELATED)}
            before = {name: dict(states) for name, states in shared.items()}
            self._swap(shared, self._state)
            try:
                yield
            finally:
                self._state = {name: dict(states) for name, states in shared.items()}
                self._swap(shared, before)

    @staticmethod
    def _swap(shared: Mapping[str, Any], contents: Mapping[str, Mapping[str, Any]]) -> None:
        for name, states in shared.items():
            states.clear()
            states.update(contents.get(name, {}))

    def _load(self, module: str) -> list[tuple[re.Pattern[str], Any]]:
        if module not in self._routes:
            # Any account and region do: moto asks a backend for its URLs only.
            accounts = _states(module)
            regional = accounts[self._account]
            backend = regional[self._region if self._region in regional else "aws"]
            del accounts[self._account]
            self._routes[module] = [(re.compile(url), method) for url, method in backend.urls.items()]
        return self._routes[module]

    def put_parameter(self, name: str, value: str) -> None:
        """Set an SSM String parameter, replacing what is there."""
        self._load("ssm")
        with self._own_state():
            from moto.ssm.models import ssm_backends

            ssm_backends[self._account][self._region].put_parameter(
                name, "", value, "String", "", "", True, [], "text", None, None
            )

    def put_secret(self, arn: str, name: str, text: str) -> None:
        """Make a Secrets Manager secret with this ARN; moto would end it with characters of its own."""
        self._load("secretsmanager")
        with self._own_state():
            from moto.secretsmanager.models import secretsmanager_backends

            secrets = secretsmanager_backends[self._account][self._region]
            secrets.create_secret(name, text, None, None, None, None, None, [], False)
            made: Any = secrets.secrets[name]
            made.arn = arn

    def live_secret(self, secret_id: str) -> str:
        """The text of a secret's version AWSCURRENT. Raises LookupError."""
        self._load("secretsmanager")
        with self._own_state():
            from moto.secretsmanager.exceptions import SecretsManagerClientError
            from moto.secretsmanager.models import secretsmanager_backends

            secrets: Any = secretsmanager_backends[self._account][self._region]
            try:
                found = secrets.get_secret_value(secret_id, None, "AWSCURRENT")
            except SecretsManagerClientError:
                raise LookupError("no live version") from None
            return str(found.get("SecretString", ""))

    def handle(self, request: AwsRequest) -> AwsResponse:
        """Answer one request; the region and the account are this platform's, whatever the request says."""
        from moto.core.request import Request
        from werkzeug.exceptions import HTTPException

        module, host = SIGNING_NAMES[request.credential.service]
        path = request.path
        url = f"https://{host}.{self._region}.amazonaws.com{path}"
        headers = {name: value for name, value in request.headers.items() if not name.startswith("x-moto-")}
        headers |= {"host": f"{host}.{self._region}.amazonaws.com", "x-moto-account-id": self._account}
        routes = (method for pattern, method in self._load(module) if pattern.match(url))
        method = next(routes, None)
        if method is None:
            return error(404, "UnknownOperationException", f"{path[:80]}: no operation of {module}")
        full = f"{url}?{request.query}" if request.query else url
        normalized = Request.from_primitives(request.method, full, headers, request.body)
        normalized.environ["RAW_URI"] = f"{path}?{request.query}" if request.query else path
        with self._own_state():
            try:
                status, answer_headers, body = method(normalized, normalized.raw_url, normalized.headers)
            except HTTPException as refused:
                status, answer_headers, body = refused.code, dict(refused.get_headers()), refused.get_body()
        kept = {
            name.lower(): str(value)
            for name, value in answer_headers.items()
            if name.lower() not in ("status", "date", "server", "transfer-encoding", "connection")
        }
        return AwsResponse(int(status), kept, body.encode() if isinstance(body, str) else bytes(body))
