"""Server-sent events, however the bytes are cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_common import sse
from agent_common.sse import EventDecoder, EventStreamError

STREAM = (
    'data: {"type":"text","text":"내일 ✈"}\n\n: comment\r\n\r\n'
    "event: x\r\ndata: a\r\ndata:b\r\n\r\ndata: last\r\r"
)
EVENTS = ['{"type":"text","text":"내일 ✈"}', "a\nb", "last"]


def test_events_are_handed_over_as_soon_as_they_are_complete() -> None:
    decoder = EventDecoder()
    assert decoder.feed(b"data: one\n") == []
    assert decoder.feed(b"\ndata: two\n\nda") == ["one", "two"]
    assert decoder.feed(b"ta: three\n\n") == ["three"]


@given(cuts=st.lists(st.integers(0, len(STREAM.encode())), max_size=12))
def test_no_cut_between_bytes_changes_what_is_read(cuts: list[int]) -> None:
    data, read, decoder = STREAM.encode(), list[str](), EventDecoder()
    edges = [0, *sorted(cuts), len(data)]
    for start, end in itertools.pairwise(edges):
        read += decoder.feed(data[start:end])
    assert read + decoder.feed(b"\n") == EVENTS


def test_an_event_without_end_is_not_collected_for_ever() -> None:
    decoder = EventDecoder()
    with pytest.raises(EventStreamError):
        for _ in range(sse.MAX_EVENT // 1000 + 2):
            decoder.feed(b"data: " + b"x" * 1000 + b"\n")


def test_bytes_that_are_not_text_are_an_error() -> None:
    with pytest.raises(EventStreamError):
        EventDecoder().feed(b"data: \xff\n\n")
