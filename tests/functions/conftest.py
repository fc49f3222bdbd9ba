"""An emulated DynamoDB for the tool functions; nothing here is imported before a test asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.functions.support import tables


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A DynamoDB client of an in-process emulator that holds the airline's empty tables."""
    from moto import mock_aws

    from lambda_common.dynamodb import new_client

    for variable in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-2")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    with mock_aws():
        client = new_client()
        tables.create(client)
        yield client


@pytest.fixture
def table_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The functions' environment as the template sets it."""
    for variable, value in tables.environment().items():
        monkeypatch.setenv(variable, value)
