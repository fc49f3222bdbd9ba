"""Texts that look like secrets: by their form, or by the name beside random text."""

from __future__ import annotations

import math
import re
from collections import Counter

_FORMS = {
    "an access key": re.compile(r"(?<![A-Z0-9])(AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a token": re.compile(
        r"(?<![\w-])(gh[pousr]_\w{30,}|github_pat_\w{40,}|glpat-[\w-]{20}|xox[abprs]-[\w-]{10,}|sk-[\w-]{20,})"
    ),
    "a JWT": re.compile(r"(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "a password in a URL": re.compile(r"://[^/@\s:]+:[^/@\s$]{4,}@"),
}
_NAMED = re.compile(r"(?i)(secret|passw(or)?d|pwd|token|api_?key|private_?key|credential)s?$")
_HARMLESS = re.compile(
    r"\$\{|\{\{resolve:|arn:|^https?://[^@]*$|^[A-Za-z0-9_./-]*[/ ]|^\d+$|^(true|false)$", re.IGNORECASE
)
_MIN_LENGTH = 12
_MIN_BITS = 3.0
"""Bits a character: words and names have fewer than random text."""


def secret(key: str, value: str) -> str | None:
    """What the value looks like, such as `an access key`; None for anything else. `key` is the name it has."""
    for what, form in _FORMS.items():
        if form.search(value):
            return what
    if (
        _NAMED.search(key)
        and len(value) >= _MIN_LENGTH
        and not _HARMLESS.search(value)
        and _bits(value) >= _MIN_BITS
    ):
        return f"what looks like a {key}"
    return None


def _bits(text: str) -> float:
    """Shannon's entropy of its characters."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())
