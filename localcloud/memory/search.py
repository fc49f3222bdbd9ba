"""Which records a query finds: namespaces, strategies, and a score from shared words.

The service compares embeddings. Here a score is the share of the query's words, and of its two-character
pieces, that a record has too: deterministic, and it works for Korean, which joins particles to words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from localcloud.memory import fields
from localcloud.memory.store import Record

_WORD = re.compile(r"\w+")


def score(query: str, text: str) -> float:
    """From 0 (nothing in common) to 1 (all of the query is in the text)."""
    asked, there = _pieces(query), _pieces(text)
    return len(asked & there) / len(asked) if asked else 0.0


def _pieces(text: str) -> set[str]:
    words = _WORD.findall(text.casefold())
    return set(words) | {word[start : start + 2] for word in words for start in range(len(word) - 1)}


def chosen(records: Iterable[Record], body: Mapping[str, Any], strategy: str | None) -> list[Record]:
    """Records of the namespace a request names: exactly (`namespace`) or below it (`namespacePath`)."""
    exact = fields.optional(body, "namespace", fields.NAMESPACE, 1024)
    path = fields.optional(body, "namespacePath", fields.NAMESPACE, 1024)
    if (exact is None) == (path is None):
        raise fields.invalid("Name either namespace or namespacePath.")
    return [
        record
        for record in records
        if (strategy is None or record.strategy == strategy)
        and (record.namespace == exact if path is None else _below(record.namespace, path))
    ]


def _below(namespace: str, path: str) -> bool:
    """`/a/ann` holds `/a/ann` and `/a/ann/x`, and not `/a/anna`."""
    return f"{namespace.rstrip('/')}/".startswith(f"{path.rstrip('/')}/")
