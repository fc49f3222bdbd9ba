"""Physical ids as AWS would make them, but derived: the same assembly has the same ids at every start.

Patterns: Amazon Cognito `CreateUserPool`/`CreateUserPoolClient`, AgentCore control plane model.
"""

from __future__ import annotations

import hashlib
import string

LOWER = string.ascii_lowercase + string.digits
UPPER = string.ascii_uppercase + string.digits
MIXED = string.ascii_letters + string.digits


def derived(length: int, alphabet: str, *parts: str) -> str:
    """`length` characters of `alphabet` that depend on every part and on nothing else."""
    digest = hashlib.shake_256("\x1f".join(parts).encode()).digest(length * 4)
    numbers = (int.from_bytes(digest[index : index + 4]) for index in range(0, len(digest), 4))
    return "".join(alphabet[number % len(alphabet)] for number in numbers)
