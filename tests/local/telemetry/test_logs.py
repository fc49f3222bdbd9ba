"""Log files: bounded on disk, private, and never a way out of their folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.telemetry.logs import MAX_LINE_BYTES, LogSink


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[LogSink]:
    made = LogSink(tmp_path / "logs", max_bytes=2 * MAX_LINE_BYTES)
    yield made
    made.close()


def test_lines_are_appended_across_restarts(tmp_path: Path, sink: LogSink) -> None:
    sink.write("tool_customer", "하나".encode())
    sink.close()
    again = LogSink(tmp_path / "logs")
    again.write("tool_customer", b"two\r\n")
    again.close()
    assert again.path("tool_customer").read_bytes() == "하나\ntwo\n".encode()


def test_disk_use_of_a_name_is_bounded(tmp_path: Path, sink: LogSink) -> None:
    for number in range(500):
        sink.write("noisy", b"%04d" % number + b"x" * 4000)
    files = sorted((tmp_path / "logs").iterdir())
    assert [file.name for file in files] == ["noisy.log", "noisy.log.1"]
    assert sum(file.stat().st_size for file in files) <= 4 * MAX_LINE_BYTES
    assert files[0].read_bytes().splitlines()[-1].startswith(b"0499")


def test_line_over_the_limit_is_replaced_by_a_note(sink: LogSink) -> None:
    sink.write("big", b"x" * MAX_LINE_BYTES)
    sink.write("big", b"s3cret" * MAX_LINE_BYTES)
    text = sink.path("big").read_text()
    assert len(text.splitlines()[0]) == MAX_LINE_BYTES
    assert "s3cret" not in text
    assert f"{6 * MAX_LINE_BYTES} bytes was refused" in text


def test_log_is_readable_by_its_owner_only(sink: LogSink) -> None:
    sink.write("private", b"line")
    assert sink.path("private").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["../etc/passwd", "a/b", "", ".hidden", "a\n", "이름", "x" * 129])
def test_name_that_leaves_the_folder_is_refused(sink: LogSink, name: str) -> None:
    with pytest.raises(ValueError, match="log name"):
        sink.write(name, b"line")


def test_line_that_cannot_be_written_is_counted_and_stops_nobody(tmp_path: Path, sink: LogSink) -> None:
    (tmp_path / "logs" / "blocked.log").mkdir()
    sink.write("blocked", b"line")
    sink.write("free", b"line")
    assert sink.lost == 1
    assert sink.path("free").read_bytes() == b"line\n"
