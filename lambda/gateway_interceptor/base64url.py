"""base64url as JWS wants it (RFC 7515 §2): no padding, no other characters, one spelling per value."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64

_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_TO_URL = bytes.maketrans(b"+/", b"-_")


def decode(segment: bytes) -> bytes | None:
    """The bytes of a segment, or None if the segment is not the one canonical spelling of them.

    Comparing with the encoding of the result refuses, in one step, padding, white space, the standard
    alphabet and non-zero unused bits (with which one signature has several accepted spellings).
    """
    try:
        # More padding than a segment needs is left unread.
        data = a2b_base64(segment.translate(_TO_STANDARD) + b"==")
    except Error:
        return None
    return data if b2a_base64(data, newline=False).rstrip(b"=").translate(_TO_URL) == segment else None
