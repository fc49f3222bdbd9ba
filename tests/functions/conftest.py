"""An emulated DynamoDB for the tool functions; nothing here is imported before a test asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.functions.support import tables


@pytest.fixture(scope="module")
def emulator() -> Iterator[Any]:
    """A DynamoDB client of an in-process emulator, made once for the tests of one file."""
    from moto import mock_aws

    from lambda_common.dynamodb import new_client

    with pytest.MonkeyPatch.context() as environment:
        for variable in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE"):
            environment.delenv(variable, raising=False)
        environment.setenv("AWS_DEFAULT_REGION", "ap-northeast-2")
        environment.setenv("AWS_CONFIG_FILE", "/dev/null")
        environment.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        with mock_aws():
            client = new_client()
            tables.create(client)
            yield client


@pytest.fixture
def aws(emulator: Any) -> Any:
    """The client; the airline's tables are there and empty."""
    tables.clear(emulator)
    return emulator


@pytest.fixture
def table_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The functions' environment as the template sets it."""
    for variable, value in tables.environment().items():
        monkeypatch.setenv(variable, value)
