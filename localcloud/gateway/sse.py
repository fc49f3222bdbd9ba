"""Server-sent events in an answer (WHATWG HTML §9.2.6): the data of each `message`."""

from __future__ import annotations

import re

_LINE_END = re.compile(rb"\r\n|\r|\n")


def events(stream: bytes) -> list[bytes]:
    """The data of the complete `message` events; comments, other events and an unfinished last one are left out."""
    found: list[bytes] = []
    data: list[bytes] = []
    kind = b"message"
    # What follows the last line's end is no line yet.
    for line in _LINE_END.split(stream.removeprefix(b"\xef\xbb\xbf"))[:-1]:
        if not line:
            if data and kind == b"message":
                found.append(b"\n".join(data))
            data, kind = [], b"message"
            continue
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            data.append(value)
        elif name == b"event":
            kind = value or b"message"
    return found
