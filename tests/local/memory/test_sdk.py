"""The wire form holds for the SDK agents use: boto3 against a real socket."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import anyio.to_thread
import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from localcloud.memory import create_memory
from localcloud.server import ports
from localcloud.server.serving import Serving
from tests.local.memory.conftest import MEMORY, REGION, Clock, system

pytestmark = pytest.mark.anyio


def _converse(client: Any) -> None:
    made = client.create_event(
        memoryId=MEMORY.memory_id,
        actorId="tenant/a:ann",
        sessionId="s1",
        eventTimestamp=datetime(2026, 11, 21, tzinfo=UTC),
        payload=[
            {"conversational": {"role": "USER", "content": {"text": "창가 자리"}}},
            {"blob": {"deep": [1, None, "값"]}},
        ],
        metadata={"topic": {"stringValue": "seat"}},
    )["event"]
    assert made["eventTimestamp"] == datetime(2026, 11, 21, tzinfo=UTC)
    key = {"memoryId": MEMORY.memory_id, "actorId": "tenant/a:ann", "sessionId": "s1"}
    assert client.get_event(**key, eventId=made["eventId"])["event"] == made
    assert client.list_events(**key)["events"] == [made]
    listed = client.list_sessions(memoryId=MEMORY.memory_id, actorId="tenant/a:ann")["sessionSummaries"]
    assert [item["sessionId"] for item in listed] == ["s1"]
    assert client.list_actors(memoryId=MEMORY.memory_id)["actorSummaries"] == [{"actorId": "tenant/a:ann"}]
    records = client.retrieve_memory_records(
        memoryId=MEMORY.arn, namespacePath="/facts/facts/tenant", searchCriteria={"searchQuery": "창가"}
    )["memoryRecordSummaries"]
    assert records[0]["content"] == {"text": "창가 자리"}
    assert client.delete_event(**key, eventId=made["eventId"])["eventId"] == made["eventId"]
    with pytest.raises(ClientError) as caught:
        client.get_event(**key, eventId=made["eventId"])
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


async def test_boto3_reads_back_what_it_wrote() -> None:
    bound = ports.bind(0, ())
    serving = Serving()
    await serving.start(create_memory(system(), Clock()), bound.front)
    client = boto3.client(
        "bedrock-agentcore",
        endpoint_url=ports.url(bound.front),
        region_name=REGION,
        aws_access_key_id="LOCAL.operator",
        aws_secret_access_key="unused",
        config=Config(proxies={}, retries={"max_attempts": 1}),
    )
    try:
        await anyio.to_thread.run_sync(_converse, client)
    finally:
        client.close()
        await serving.stop()
        bound.close()
