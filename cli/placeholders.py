"""Values that stand in an environment only so that it synthesizes: nothing may be deployed with them."""

from __future__ import annotations

import re

_ACCOUNT = re.compile(r"(\d)\1{3}(\d)\2{3}(\d)\3{3}")
"""Twelve digits in three runs of four: AWS's documentation uses 111122223333 and its like for accounts of nobody's."""
_COUNTED = frozenset({"123456789012", "012345678901", "210987654321"})

UNSET = re.compile(r"replace-with-[\w-]+")
"""A value that a person has to replace."""
EXAMPLE = re.compile(r"[\w.+-]*[@.]?\bexample\.(?:com|net|org)\b")
"""Names and addresses reserved for documentation (RFC 2606)."""


def is_placeholder(account: str) -> bool:
    """Whether an account id is one of documentation's, so nobody's."""
    return account in _COUNTED or _ACCOUNT.fullmatch(account) is not None
