"""JSON read strictly: RFC 8259 with the demands of I-JSON (RFC 7493), bounded in size and depth.

Python's own reader keeps the last of duplicate keys, takes NaN and Infinity, turns 1e999 into infinity,
lets lone surrogates through and answers deep nesting with RecursionError, which is no ValueError. Each of
these is a way for two parsers to see two different requests.
"""

from __future__ import annotations

from json import JSONDecoder, JSONEncoder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_DEPTH = 64
"""Nested arrays and objects. A flight offer nests 8 deep."""

_INFINITE = (float("inf"), float("-inf"))


class StrictJsonError(ValueError):
    """The text is not acceptable JSON. `problem` is a constant, never a piece of the text."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise StrictJsonError("duplicate_key")
    return found


def _constant(_: str) -> Any:
    raise StrictJsonError("not_a_number")


def _float(text: str) -> float:
    value = float(text)
    if value in _INFINITE:
        raise StrictJsonError("not_a_number")
    return value


_BLANKS = " \t\n\r"
_raw_decode = JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float).raw_decode
_encode = JSONEncoder(ensure_ascii=False).encode


def loads(text: str | bytes, max_bytes: int) -> Any:
    """The value of a JSON text of at most `max_bytes` bytes of UTF-8 without a byte order mark.

    Raises StrictJsonError for anything else, whatever the text.
    """
    if len(text) > max_bytes:
        raise StrictJsonError("too_large")
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        elif not text.isascii() and len(text.encode("utf-8")) > max_bytes:
            raise StrictJsonError("too_large")
        # `decode` would look for the blanks around the value with two regular expressions.
        text = text.strip(_BLANKS)
        value, end = _raw_decode(text)
        if end != len(text):
            raise StrictJsonError("not_json")
        # `\ud800` is legal JSON but no character: writing it out would fail later, after the decision.
        if "\\u" in text:
            _encode(value).encode("utf-8")
    except StrictJsonError:
        raise
    except UnicodeError:
        raise StrictJsonError("not_utf8") from None
    except RecursionError:
        raise StrictJsonError("too_deep") from None
    except ValueError:
        raise StrictJsonError("not_json") from None
    # Every level costs one bracket, so few brackets prove a shallow text without walking it.
    if text.count("{") + text.count("[") > MAX_DEPTH:
        check_depth(value)
    return value


def check_depth(value: Any) -> None:
    """Raises StrictJsonError if arrays and objects nest deeper than MAX_DEPTH; does not recurse."""
    level = [value]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        if not inner:
            return
        level = inner
    if any(isinstance(item, (dict, list)) for item in level):
        raise StrictJsonError("too_deep")
