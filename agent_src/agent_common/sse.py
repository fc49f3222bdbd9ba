"""Reading server-sent events as they arrive (WHATWG HTML §9.2: `data` fields, any line end, comments)."""

from __future__ import annotations

import codecs
import re

MAX_EVENT = 1024 * 1024
"""Characters one event may have: an agent's events are short, so more than this is a fault."""

_LINE_END = re.compile(r"\r\n|\n|\r")


class EventStreamError(Exception):
    """A stream that is not server-sent events in UTF-8, or has an event of more than `MAX_EVENT`."""


class EventDecoder:
    """Feed bytes in pieces of any size, get the `data` of every event completed by them."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")()
        self._pending = ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[str]:
        """The `data` of the events that `chunk` completes, in order."""
        try:
            self._pending += self._decode.decode(chunk)
        except UnicodeDecodeError:
            raise EventStreamError("the stream is not UTF-8") from None
        if self._size + len(self._pending) > MAX_EVENT:
            raise EventStreamError(f"an event has more than {MAX_EVENT} characters")
        completed: list[str] = []
        position = 0
        while match := _LINE_END.search(self._pending, position):
            if match.group() == "\r" and match.end() == len(self._pending):
                break  # perhaps the first half of a CRLF
            self._line(self._pending[position : match.start()], completed)
            position = match.end()
        self._pending = self._pending[position:]
        return completed

    def _line(self, line: str, completed: list[str]) -> None:
        if not line:
            if self._data:
                completed.append("\n".join(self._data))
            self._data, self._size = [], 0
        elif line.startswith("data:"):
            value = line[5:].removeprefix(" ")
            self._data.append(value)
            self._size += len(value)
