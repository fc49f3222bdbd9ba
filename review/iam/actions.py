"""Which actions there are in IAM, and which of them take no resource.

`actions.txt` has a line for each service: its prefix, then its actions in lower case; a star behind one says that it
takes no resource. Source: the Service Authorization Reference, as cfn-lint's release carries it; a test of this
project holds the file against the pinned release and says how it is written again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("actions.txt")
NO_RESOURCE = "*"


def exists(pattern: str) -> bool:
    """Whether an action, or any action that a pattern such as `s3:Get*` stands for, exists. `*` is every one."""
    return pattern == "*" or bool(_meant(pattern))


def takes_no_resource(pattern: str) -> bool:
    """Whether nothing that a pattern stands for can be limited to a resource."""
    meant = _meant(pattern)
    return bool(meant) and all(action.endswith(NO_RESOURCE) for action in meant)


@cache
def _meant(pattern: str) -> tuple[str, ...]:
    service, _, name = pattern.lower().partition(":")
    wanted = re.escape(name).replace(r"\*", ".*").replace(r"\?", ".")
    listed = _services().get(service, "").split()
    return tuple(action for action in listed if re.fullmatch(wanted, action.removesuffix(NO_RESOURCE)))


@cache
def _services() -> Mapping[str, str]:
    lines = FILE.read_text(encoding="ascii").splitlines()
    return {service: actions for service, _, actions in (line.partition(" ") for line in lines)}
