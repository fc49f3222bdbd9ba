"""The wire form holds for boto3, which agents use: sign-in, answer and errors are what it expects."""

from __future__ import annotations

from typing import Any

import anyio.to_thread
import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from localcloud.server import ports
from localcloud.server.serving import Serving
from tests.local.identity.conftest import REGION, World

pytestmark = pytest.mark.anyio


def _ask(client: Any, sound: dict[str, Any]) -> None:
    assert client.get_resource_oauth2_token(**sound)["accessToken"].count(".") == 2
    with pytest.raises(client.exceptions.AccessDeniedException):
        client.get_resource_oauth2_token(**sound | {"resourceCredentialProviderName": "agent-loyalty"})
    with pytest.raises(client.exceptions.UnauthorizedException):
        client.get_resource_oauth2_token(**sound | {"workloadIdentityToken": "x"})
    with pytest.raises(ClientError) as caught:
        client.get_resource_api_key(workloadIdentityToken="x", resourceCredentialProviderName="none")
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"


async def test_boto3_gets_a_token_and_typed_errors(airline: World) -> None:
    bound = ports.bind(0, ())
    serving = Serving()
    await serving.start(airline.identity, bound.front)
    client = boto3.client(
        "bedrock-agentcore",
        endpoint_url=ports.url(bound.front),
        region_name=REGION,
        aws_access_key_id="LOCAL.airline_dev_booking",
        aws_secret_access_key="unused",
        config=Config(proxies={}, retries={"max_attempts": 1}),
    )
    try:
        await anyio.to_thread.run_sync(_ask, client, airline.asking())
    finally:
        client.close()
        await serving.stop()
        bound.close()
