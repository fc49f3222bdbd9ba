"""The emulator behind a real HTTP server on an ephemeral port, called by boto3."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
import uvicorn
from botocore.config import Config

from localcloud.aws.emulator import AwsEmulator
from localcloud.server.serving import Server
from localcloud.spec import Table

DEFINITION: dict[str, Any] = {
    "TableName": "airline-dev-bookings",
    "KeySchema": [{"AttributeName": "booking_id", "KeyType": "HASH"}],
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"}
        for name in ("booking_id", "customer_id", "departure_at")
    ],
    "BillingMode": "PAY_PER_REQUEST",
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-customer",
            "KeySchema": [
                {"AttributeName": "customer_id", "KeyType": "HASH"},
                {"AttributeName": "departure_at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}
RULES: dict[str, Any] = {
    "TableName": "airline-dev-rules",
    "KeySchema": [
        {"AttributeName": "topic", "KeyType": "HASH"},
        {"AttributeName": "rule_key", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("topic", "rule_key")],
    "BillingMode": "PAY_PER_REQUEST",
}
TABLES = (Table("bookings", "airline-dev-bookings", DEFINITION), Table("rules", "airline-dev-rules", RULES))

Connect = Callable[..., Any]


@contextmanager
def serving(emulator: AwsEmulator) -> Iterator[Connect]:
    """A factory of boto3 clients for the emulator; they are closed, and the server stopped, at the end."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    port = listener.getsockname()[1]
    server = Server(uvicorn.Config(emulator.app, log_level="warning", access_log=False, lifespan="off"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    clients: list[Any] = []

    def connect(service: str, *, region: str = "us-east-1") -> Any:
        client = boto3.client(
            service,
            region_name=region,
            endpoint_url=f"http://127.0.0.1:{port}",
            aws_access_key_id="LOCAL.tool_customer",
            aws_secret_access_key="any",
            config=Config(retries={"total_max_attempts": 1}),
        )
        clients.append(client)
        return client

    connect.port = port  # type: ignore[attr-defined]
    try:
        yield connect
    finally:
        for client in clients:
            client.close()
        server.end()
        thread.join()
        listener.close()


@pytest.fixture
def emulator() -> Iterator[AwsEmulator]:
    made = AwsEmulator(region="us-east-1", account="111122223333")
    made.create_tables(TABLES)
    yield made
    made.close()


@pytest.fixture
def connect(emulator: AwsEmulator) -> Iterator[Connect]:
    with serving(emulator) as factory:
        yield factory


@pytest.fixture
def serve() -> Callable[[AwsEmulator], Any]:
    return serving


@pytest.fixture
def tables() -> tuple[Table, ...]:
    return TABLES
