"""One reading of `traceparent`, the strict one, and all four stand-ins use it."""

from __future__ import annotations

import re

import pytest
from starlette.datastructures import Headers

from localcloud import tracing
from localcloud.functions.pool import xray_header
from localcloud.gateway.trace import continue_trace
from localcloud.runtimes import request as wire

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SOUND = f"00-{TRACE}-{PARENT}-01"

UNSOUND = [
    pytest.param([], id="none"),
    pytest.param([SOUND, SOUND], id="twice"),
    pytest.param([""], id="empty"),
    pytest.param([f"01-{TRACE}-{PARENT}-01"], id="later version"),
    pytest.param([f"ff-{TRACE}-{PARENT}-01"], id="forbidden version"),
    pytest.param([f"00-{'0' * 32}-{PARENT}-01"], id="no trace"),
    pytest.param([f"00-{TRACE}-{'0' * 16}-01"], id="no parent"),
    pytest.param([SOUND.upper()], id="upper case"),
    pytest.param([SOUND + "-x"], id="more"),
    pytest.param([SOUND + "\n"], id="line end"),
    pytest.param([" " + SOUND], id="blank"),
    pytest.param([SOUND.replace("00-", "٠٠-", 1)], id="digits of another script"),
]


def test_a_sound_header_is_read_whole() -> None:
    found = tracing.read([SOUND])
    assert found == tracing.TraceParent(TRACE, PARENT, "01")
    assert (found.header, found.sampled) == (SOUND, True)
    below = found.below()
    assert (below.trace_id, below.flags) == (TRACE, "01")
    assert below.parent_id != PARENT


@pytest.mark.parametrize("values", UNSOUND)
def test_an_unsound_header_is_read(values: list[str]) -> None:
    assert tracing.read(values) is None


@pytest.mark.parametrize("values", UNSOUND)
def test_a_stand_in_reads_what_another_does_not(values: list[str]) -> None:
    """Model and functions took later versions and ids of zeros; the runtimes took later versions."""
    assert continue_trace([value.encode() for value in values]).trace_id != TRACE
    headers = Headers(raw=[(b"traceparent", value.encode()) for value in values])
    context = wire.trace(headers)
    assert (context.trace_id != TRACE, context.began) == (True, True)
    if len(values) == 1:
        assert TRACE[:8] not in xray_header(values[0])


def test_what_begins_can_be_read_and_differs() -> None:
    made = [tracing.begin() for _ in range(3)]
    assert [tracing.read([each.header]) for each in made] == made
    assert len({each.trace_id for each in made}) == 3


@pytest.mark.parametrize(("flags", "sampled"), [("00", 0), ("01", 1), ("02", 0), ("ff", 1)])
def test_a_function_is_told_whether_the_trace_is_sampled(flags: str, sampled: int) -> None:
    header = xray_header(f"00-{TRACE}-{PARENT}-{flags}")
    assert header == f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={PARENT};Sampled={sampled}"
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Sampled=0", xray_header(None))


ROOT = f"Root=1-{TRACE[:8]}-{TRACE[8:]}"
XRAY = f"{ROOT};Parent={PARENT};Sampled=1"


def test_what_an_instrumented_sdk_sends_is_the_same_place() -> None:
    assert tracing.read_xray([XRAY]) == tracing.TraceParent(TRACE, PARENT, "01")
    assert tracing.of_request(Headers({"x-amzn-trace-id": XRAY})) == tracing.TraceParent(TRACE, PARENT, "01")
    other = Headers({"x-amzn-trace-id": XRAY, "traceparent": SOUND.replace(PARENT, "1" * 16)})
    found = tracing.of_request(other)
    assert found is not None
    assert found.parent_id == "1" * 16


@pytest.mark.parametrize(
    "values",
    [
        [],
        [XRAY, XRAY],
        [ROOT],
        [f"{ROOT};Parent={PARENT}"],
        [f"Self=1-2-3;{XRAY}"],
        [XRAY.upper()],
        [f"{XRAY}\n"],
        [f"Root=1-{'0' * 8}-{'0' * 24};Parent={PARENT};Sampled=1"],
        [f"{ROOT};Parent={'0' * 16};Sampled=1"],
        [f"{ROOT};Parent={PARENT};Sampled=2"],
    ],
)
def test_any_other_xray_header_is_none(values: list[str]) -> None:
    assert tracing.read_xray(values) is None
