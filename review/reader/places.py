"""A stage's own account, Region and partition, however they were written, as one."""

from __future__ import annotations

import re
from collections.abc import Callable

from review.reader.symbols import PSEUDO

_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso": "aws-iso", "eusc-": "aws-eusc"}


def placeless(account: str, region: str) -> Callable[[str], str]:
    """Puts the tokens of account and region in place of the stage's own: models of two accounts compare."""
    swaps = []
    for value, name in ((account, "AWS::AccountId"), (region, "AWS::Region")):
        if not value.startswith("unknown-"):
            assert name in PSEUDO  # noqa: S101 - a slip here would invent a token
            swaps.append((re.compile(rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])"), f"${{{name}}}"))

    # The region says which partition it is; both ways of writing an ARN are one.
    partition = next((name for start, name in _PARTITIONS.items() if region.startswith(start)), "aws")
    known = not region.startswith("unknown-")

    def swap(text: str) -> str:
        for pattern, token in swaps:
            text = pattern.sub(token, text)
        return text.replace("arn:${AWS::Partition}:", f"arn:{partition}:") if known else text

    return swap
