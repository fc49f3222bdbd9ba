"""The address itself: who may call, what is served, what stays apart, what loads when."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from localcloud.aws.emulator import LAZY, AwsEmulator
from localcloud.aws.services import SIGNING_NAMES
from localcloud.sigv4 import Credential, InvalidSignature, parse
from localcloud.spec import Table

ROOT = Path(__file__).resolve().parents[3]
SCOPE = "LOCAL.tool_customer/20261121/us-east-1/dynamodb/aws4_request"
HEADER = f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
HEADERS = {
    "Authorization": HEADER,
    "X-Amz-Date": "20261121T100000Z",
    "X-Amz-Target": "DynamoDB_20120810.ListTables",
    "Content-Type": "application/x-amz-json-1.0",
}


def post(connect: Any, body: bytes, changes: dict[str, str | None]) -> httpx.Response:
    headers = {name: value for name, value in {**HEADERS, **changes}.items() if value is not None}
    return httpx.post(f"http://127.0.0.1:{connect.port}/", content=body, headers=headers, trust_env=False)


def test_credential_scope_names_the_caller_and_the_service() -> None:
    assert parse(HEADER) == Credential(
        "LOCAL.tool_customer", "20261121", "us-east-1", "dynamodb", ("host", "x-amz-date"), "0" * 64
    )


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="empty"),
        pytest.param("Bearer x.y.z", id="bearer token"),
        pytest.param(HEADER.replace("SHA256", "SHA1"), id="other algorithm"),
        pytest.param(HEADER.replace("/aws4_request", ""), id="no terminator"),
        pytest.param(HEADER.replace("us-east-1", "../x"), id="path as region"),
        pytest.param(HEADER.replace("0" * 64, "0" * 63), id="short signature"),
        pytest.param(HEADER.replace("host;", ""), id="host not signed"),
        pytest.param(HEADER + ", Signature=" + "1" * 64, id="signature twice"),
        pytest.param(HEADER.replace("20261121", "２０２６１１２１"), id="full-width digits"),
        pytest.param(HEADER.rpartition(",")[0], id="no signature"),
    ],
)
def test_header_that_no_sdk_sends_is_refused(connect: Any, header: str) -> None:
    with pytest.raises(InvalidSignature) as caught:
        parse(header)
    assert "LOCAL.tool_customer" not in str(caught.value)
    if header.isascii():
        response = post(connect, b"{}", {"Authorization": header})
        assert (response.status_code, response.json()["__type"].rpartition("#")[2]) == (
            400,
            "IncompleteSignatureException",
        )


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({}, 200, None),
        ({"Authorization": None}, 403, "MissingAuthenticationTokenException"),
        ({"X-Amz-Date": None}, 400, "IncompleteSignatureException"),
        ({"X-Amz-Date": "20261122T000000Z"}, 400, "IncompleteSignatureException"),
        ({"Authorization": HEADER.replace("us-east-1", "eu-west-1")}, 400, "InvalidSignatureException"),
        ({"Authorization": HEADER.replace("/dynamodb/", "/iam/")}, 400, "UnknownOperationException"),
        ({"X-Amz-Target": "DynamoDB_20120810.Nothing"}, 400, "UnknownOperationException"),
        ({"X-Amz-Target": "Logs_20140328.CreateLogGroup"}, 400, "UnknownOperationException"),
        ({"X-Amz-Target": None}, 400, "UnknownOperationException"),
    ],
)
def test_request_is_served_only_if_everything_about_it_is_in_order(
    connect: Any, changes: dict[str, str | None], status: int, code: str | None
) -> None:
    response = post(connect, b"{}", changes)
    assert response.status_code == status
    assert response.json().get("__type", "").rpartition("#")[2] == (code or "")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "SerializationException"),
        (b"[]", "SerializationException"),
        (b"[" * 100_000, "SerializationException"),
        (b"\xff", "SerializationException"),
        (b'{"Limit": "many"}', "ValidationException"),
        (b'{"Limits": 1}', "ValidationException"),
    ],
)
def test_body_out_of_form_is_a_client_error_and_not_a_crash(connect: Any, body: bytes, code: str) -> None:
    response = post(connect, body, {})
    assert (response.status_code, response.json()["__type"].rpartition("#")[2]) == (400, code)


def test_account_named_by_the_caller_is_not_believed(connect: Any) -> None:
    logs = connect("logs")
    logs.meta.events.register(
        "before-sign", lambda request, **_: request.headers.add_header("x-moto-account-id", "999999999999")
    )
    logs.create_log_group(logGroupName="/airside/test")
    (group,) = logs.describe_log_groups()["logGroups"]
    assert group["arn"].startswith("arn:aws:logs:us-east-1:111122223333:")


def test_lazy_services_answer_in_their_own_protocols(emulator: AwsEmulator, connect: Any) -> None:
    emulator.put_parameters({"/airline/dev/gateway": "https://gateway.example/mcp"})
    assert connect("ssm").get_parameter(Name="/airline/dev/gateway")["Parameter"]["Value"].endswith("/mcp")
    emulator.put_parameters({"/airline/dev/gateway": "changed"})
    assert connect("ssm").get_parameter(Name="/airline/dev/gateway")["Parameter"]["Value"] == "changed"

    secrets = connect("secretsmanager")
    arn = secrets.create_secret(Name="flights", SecretString="비밀")["ARN"]
    assert arn.startswith("arn:aws:secretsmanager:us-east-1:111122223333:secret:flights-")
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "비밀"
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        secrets.get_secret_value(SecretId="other")

    s3 = connect("s3")
    s3.create_bucket(Bucket="airline-dev")
    s3.put_object(Bucket="airline-dev", Key="폴더/a b+c.txt", Body="본문".encode())
    assert s3.get_object(Bucket="airline-dev", Key="폴더/a b+c.txt")["Body"].read().decode() == "본문"
    assert s3.head_object(Bucket="airline-dev", Key="폴더/a b+c.txt")["ContentLength"] == 6
    assert [found["Key"] for found in s3.list_objects_v2(Bucket="airline-dev")["Contents"]] == [
        "폴더/a b+c.txt"
    ]
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="airline-dev", Key="other")

    metrics = connect("cloudwatch")
    metrics.put_metric_data(Namespace="Airside", MetricData=[{"MetricName": "Denied", "Value": 1.0}])
    assert metrics.list_metrics(Namespace="Airside")["Metrics"][0]["MetricName"] == "Denied"


def test_two_platforms_in_one_process_do_not_see_each_others_data(
    emulator: AwsEmulator, connect: Any, serve: Any, tables: tuple[Table, ...]
) -> None:
    other = AwsEmulator(region="us-east-1", account="111122223333")
    other.create_tables(tables)
    try:
        with serve(other) as connect_other:
            connect("dynamodb").put_item(TableName=tables[0].name, Item={"booking_id": {"S": "B1"}})
            connect("ssm").put_parameter(Name="/a", Value="1", Type="String")
            assert other.item_count(tables[0].name) == 0
            assert emulator.item_count(tables[0].name) == 1
            ssm = connect_other("ssm")
            with pytest.raises(ssm.exceptions.ParameterNotFound):
                ssm.get_parameter(Name="/a")
            assert connect("ssm").get_parameter(Name="/a")["Parameter"]["Value"] == "1"
    finally:
        other.close()


def test_operation_moto_lacks_is_refused_by_name_and_hides_its_insides(connect: Any) -> None:
    with pytest.raises(ClientError) as caught:
        connect("logs").list_anomalies()
    assert caught.value.response["Error"]["Code"] == "NotImplementedException"
    assert "Traceback" not in str(caught.value)


def test_names_of_the_lazy_services_are_the_same_in_both_places() -> None:
    assert set(SIGNING_NAMES) == LAZY


def test_definition_of_another_table_is_refused() -> None:
    emulator = AwsEmulator(region="us-east-1", account="111122223333")
    try:
        with pytest.raises(ValueError, match="customers"):
            emulator.create_tables([Table("customers", "airline-dev-customers", {"TableName": "other"})])
        with pytest.raises(ValueError, match="KeySchema"):
            emulator.create_tables([Table("t", "ttt", {"TableName": "ttt"})])
    finally:
        emulator.close()


def test_body_without_end_is_refused_while_it_arrives() -> None:
    emulator = AwsEmulator(region="us-east-1", account="111122223333")
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"x" * 1_000_000, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}
    try:
        asyncio.run(emulator(scope, receive, send))
    finally:
        emulator.close()
    assert sent[0]["status"] == 413


def test_moto_is_not_loaded_before_it_is_needed_nor_the_environment_read() -> None:
    program = """
import json, sys
from localcloud.aws.emulator import AwsEmulator
emulator = AwsEmulator(region="us-east-1", account="111122223333")
emulator.put_parameters({"/a": "b"})
before = [name for name in sys.modules if name.split(".")[0] in ("moto", "boto3", "botocore")]
emulator.create_tables([])
after = sorted(name for name in sys.modules if name.startswith("moto.") and name.endswith(".models"))
emulator.close()
print(json.dumps([before, after]))
"""
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    before, after = json.loads(result.stdout)
    assert before == []
    assert not {"moto.ssm.models", "moto.s3.models", "moto.secretsmanager.models"} & set(after)


def test_request_after_the_end_is_refused_and_not_lost(emulator: AwsEmulator, connect: Any) -> None:
    assert post(connect, b"{}", {}).status_code == 200
    emulator.close()
    emulator.close()
    assert post(connect, b"{}", {}).status_code == 503
