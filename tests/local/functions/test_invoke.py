"""What a function sees and what its caller gets, with AWS's runtime client and with ours."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import pytest

from localcloud.functions.environment import InvalidEnvironment
from localcloud.functions.wire import MAX_PAYLOAD

ECHO = """
def handler(event, context):
    custom = context.client_context.custom if context.client_context else None
    return {"event": event, "custom": custom, "arn": context.invoked_function_arn}
"""


def test_event_client_context_and_korean_text_reach_the_handler_unchanged(either: Any) -> None:
    function = either.function(ECHO)
    custom = {"bedrockAgentCoreToolName": "customer-mcp___get", "이름": "김하늘\r\nX-Evil: 1"}

    async def main() -> None:
        async with either.pool(function) as pool:
            event = {"city": "서울", "n": 1}
            result = await pool(
                function.arn,
                json.dumps(event, ensure_ascii=False).encode(),
                client_context={"custom": custom},
            )
            assert (result.status, result.error_type) == ("ok", None)
            assert json.loads(result.payload) == {"event": event, "custom": custom, "arn": function.arn}

    asyncio.run(main())


def test_client_context_of_one_call_is_not_seen_by_the_next(either: Any) -> None:
    function = either.function(ECHO)

    async def main() -> None:
        async with either.pool(function) as pool:
            await pool(function.arn, b"{}", client_context={"custom": {"a": "b"}})
            second = await pool(function.arn, b"{}")
            assert json.loads(second.payload)["custom"] is None

    asyncio.run(main())


def test_worker_sees_only_its_own_environment(either: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTPS_PROXY", "CANARY_SECRET", "PYTHONPATH", "HOME"):
        monkeypatch.setenv(name, "canary-of-the-parent")
    function = either.function(
        "import os\nBEFORE = dict(os.environ)\ndef handler(event, context): return BEFORE",
        environment={"TABLE_CUSTOMERS": "airline-dev-customers"},
    )
    aws = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "LOCAL.under_test"}

    async def main() -> dict[str, str]:
        async with either.pool(function, aws=aws) as pool:
            found: dict[str, str] = json.loads((await pool(function.arn, b"{}")).payload)
            return found

    seen = asyncio.run(main())
    assert "canary-of-the-parent" not in json.dumps(seen)
    assert set(seen) == {
        *("PATH", "HOME", "LANG", "TZ", "PYTHONDONTWRITEBYTECODE", "TABLE_CUSTOMERS", *aws),
        *("AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION"),
        *("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME"),
        *("AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"),
        "_HANDLER",
    }
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "under_test"
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert seen["TZ"] == ":UTC"
    assert seen["HOME"] != os.environ.get("HOME")


def test_assembly_folder_is_left_as_it_was(either: Any) -> None:
    function = either.function("import helper\ndef handler(event, context): return helper.X")
    (function.code / "helper.py").write_text("X = 1\n", encoding="utf-8")

    async def main() -> None:
        async with either.pool(function) as pool:
            assert (await pool(function.arn, b"{}")).payload == b"1"

    asyncio.run(main())
    assert sorted(path.name for path in function.code.rglob("*")) == ["helper.py", "main.py"]


def test_package_that_lambda_lacks_cannot_be_imported(either: Any) -> None:
    function = either.function("import starlette\ndef handler(event, context): return 1")

    async def main() -> None:
        async with either.pool(function, prewarm=True) as pool:
            result = await pool(function.arn, b"{}")
            assert result.status == "error"
            assert "starlette" in json.loads(result.payload)["errorMessage"]

    asyncio.run(main())


def test_package_of_the_functions_own_folder_and_boto3_can_be_imported(either: Any) -> None:
    function = either.function(
        "import boto3, shared.text\ndef handler(event, context): return [shared.text.X, boto3.__name__]"
    )
    (function.code / "shared").mkdir()
    (function.code / "shared" / "text.py").write_text("X = '공용'\n", encoding="utf-8")

    async def main() -> None:
        async with either.pool(function) as pool:
            assert json.loads((await pool(function.arn, b"{}")).payload) == ["공용", "boto3"]

    asyncio.run(main())


def test_numbers_of_dynamodb_come_back_as_json_numbers(either: Any) -> None:
    function = either.function(
        "from decimal import Decimal\ndef handler(event, context): return [Decimal('312400'), Decimal('1.5')]"
    )

    async def main() -> None:
        async with either.pool(function) as pool:
            assert json.loads((await pool(function.arn, b"{}")).payload) == [312400, 1.5]

    asyncio.run(main())


def test_raised_exception_is_an_error_with_its_type_and_the_worker_lives(either: Any) -> None:
    function = either.function("""
        import os
        class OfferExpired(Exception): pass
        def handler(event, context):
            if event["raise"]: raise OfferExpired("지난 제안")
            return os.getpid()
    """)

    async def main() -> None:
        async with either.pool(function, prewarm=True) as pool:
            before = await pool(function.arn, b'{"raise": false}')
            failed = await pool(function.arn, b'{"raise": true}')
            after = await pool(function.arn, b'{"raise": false}')
            assert (failed.status, failed.error_type) == ("error", "OfferExpired")
            assert json.loads(failed.payload)["errorMessage"] == "지난 제안"
            assert before.payload == after.payload

    asyncio.run(main())


def test_trace_context_reaches_the_function_as_an_xray_header(either: Any) -> None:
    function = either.function(
        "import os\ndef handler(event, context): return os.environ['_X_AMZN_TRACE_ID']"
    )

    async def main() -> None:
        async with either.pool(function) as pool:
            trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            result = await pool(function.arn, b"{}", trace=trace)
            assert json.loads(result.payload) == (
                "Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1"
            )
            fresh = json.loads((await pool(function.arn, b"{}", trace="x\r\nEvil: 1")).payload)
            assert fresh.startswith("Root=1-")
            assert fresh.endswith(";Sampled=0")

    asyncio.run(main())


def test_remaining_time_is_that_of_this_invocation(either: Any) -> None:
    function = either.function(
        "def handler(event, context): return context.get_remaining_time_in_millis()", timeout=45
    )

    async def main() -> None:
        async with either.pool(function) as pool:
            for _ in range(2):
                assert 0 < json.loads((await pool(function.arn, b"{}")).payload) <= 45_000

    asyncio.run(main())


def test_response_over_six_megabytes_is_refused_and_the_next_call_works(either: Any) -> None:
    function = either.function("def handler(event, context): return 'x' * event")

    async def main() -> None:
        async with either.pool(function) as pool:
            largest = await pool(function.arn, str(MAX_PAYLOAD - 2).encode())
            assert (largest.status, len(largest.payload)) == ("ok", MAX_PAYLOAD)
            over = await pool(function.arn, str(MAX_PAYLOAD - 1).encode())
            assert (over.status, over.error_type) == ("too_large", "Function.ResponseSizeTooLarge")
            assert len(over.payload) < 1000
            assert (await pool(function.arn, b"3")).payload == b'"xxx"'

    asyncio.run(main())


def test_request_over_six_megabytes_never_reaches_the_function(workshop: Any) -> None:
    function = workshop.function("def handler(event, context): print('CALLED')")

    async def main() -> None:
        async with workshop.pool(function) as pool:
            result = await pool(function.arn, b'"' + b"x" * MAX_PAYLOAD + b'"')
            assert (result.status, result.error_type) == ("too_large", "RequestTooLargeException")

    asyncio.run(main())
    assert "CALLED" not in workshop.log()


def test_client_context_over_the_limit_is_refused(workshop: Any) -> None:
    function = workshop.function(ECHO)

    async def main() -> None:
        async with workshop.pool(function) as pool:
            result = await pool(function.arn, b"{}", client_context={"custom": {"a": "x" * 4000}})
            assert (result.status, result.error_type) == ("error", "InvalidRequestContentException")

    asyncio.run(main())


def test_unknown_function_is_an_error_and_not_an_exception(workshop: Any) -> None:
    function = workshop.function(ECHO)

    async def main() -> None:
        async with workshop.pool(function) as pool:
            result = await pool(function.arn + ":live", b"{}")
            assert (result.status, result.error_type) == ("error", "ResourceNotFoundException")

    asyncio.run(main())


@pytest.mark.parametrize(
    "environment",
    [{"AWS_REGION": "us-east-1"}, {"_HANDLER": "x"}, {"TABLE": "x" * 4096}],
    ids=["region", "own", "4kB"],
)
def test_environment_that_aws_would_refuse_is_refused(workshop: Any, environment: dict[str, str]) -> None:
    function = workshop.function(ECHO, environment=environment)

    async def main() -> None:
        async with workshop.pool(function):
            raise AssertionError("started")

    with pytest.raises(InvalidEnvironment, match="under_test"):
        asyncio.run(main())


def test_memory_limit_of_the_template_is_enforced(workshop: Any) -> None:
    function = workshop.function("def handler(event, context): return len(bytearray(event * 1024 * 1024))")

    async def main() -> None:
        async with workshop.pool(function) as pool:
            assert (await pool(function.arn, b"16")).status == "ok"
            over = await pool(function.arn, b"512")
            assert (over.status, over.error_type) == ("error", "MemoryError")

    asyncio.run(main())
