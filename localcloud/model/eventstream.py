"""The binary framing of `application/vnd.amazon.eventstream` (Smithy specification: Amazon Event Stream).

A frame is: total length, header length (big-endian uint32), CRC32 of those eight bytes, headers, payload,
CRC32 of everything before it. A header is: name length (uint8), name, type 7 (string), value length (uint16),
value.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any
from zlib import crc32

_STRING = 7
_PRELUDE = 12
_TRAILER = 4
CONTENT_TYPE = "application/vnd.amazon.eventstream"


def encode(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One frame with string headers."""
    block = b"".join(_header(name, value) for name, value in headers.items())
    total = _PRELUDE + len(block) + len(payload) + _TRAILER
    lengths = struct.pack(">II", total, len(block))
    body = lengths + struct.pack(">I", crc32(lengths)) + block + payload
    return body + struct.pack(">I", crc32(body))


def event(name: str, payload: Mapping[str, Any]) -> bytes:
    """An event frame: `name` is the member of the output union, `payload` its JSON."""
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    return encode(headers, json.dumps(payload, ensure_ascii=False).encode())


def exception(name: str, message: str) -> bytes:
    """An exception frame, which ends the stream and which SDKs raise."""
    headers = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return encode(headers, json.dumps({"message": message}, ensure_ascii=False).encode())


def _header(name: str, value: str) -> bytes:
    raw_name, raw_value = name.encode(), value.encode()
    return (
        struct.pack(">B", len(raw_name)) + raw_name + struct.pack(">BH", _STRING, len(raw_value)) + raw_value
    )
