"""Who calls and what their role allows: the credential of a signed request, and IAM statements on AgentCore.

The access key id `LOCAL.<name>` is given to one child process each, so it names the caller as an AWS principal
would be named (docs/decisions/0002). Signatures are not verified: everything listens on loopback.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from localcloud import sigv4
from localcloud.spec import Grant

OPERATOR = "operator"
"""A person at this machine: may do what an administrator may. No child process has this name."""

_LOCAL = re.compile(r"LOCAL\.([A-Za-z0-9_-]+)")


def caller(authorization: str | None) -> str | None:
    """The runtime's or function's name behind an `Authorization` header, or None where it is no sound one."""
    try:
        found = _LOCAL.fullmatch(sigv4.parse(authorization or "").access_key)
    except sigv4.InvalidSignature:
        return None
    return found[1] if found else None


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    """An IAM pattern: `*` any characters, `?` one (IAM User Guide: Wildcards)."""
    return re.compile("".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in text), re.DOTALL)


def _matches(patterns: Iterable[str], value: str, *, ignore_case: bool = False) -> bool:
    if ignore_case:
        return any(_pattern(pattern.lower()).fullmatch(value.lower()) for pattern in patterns)
    return any(_pattern(pattern).fullmatch(value) for pattern in patterns)


def allows(
    grants: Iterable[Grant], action: str, *resources: str, context: Mapping[str, str] | None = None
) -> bool:
    """Whether statements allow an action on all of the resources: a Deny wins, silence denies.

    `context` holds the request's condition keys; a key that a request does not have meets no condition
    (IAM User Guide: condition operators).
    """
    known = context or {}
    about = [grant for grant in grants if _matches(grant.actions, action, ignore_case=True)]

    def said(effect: str, resource: str) -> bool:
        return any(
            grant.effect == effect and _matches(grant.resources, resource) and _met(grant, known)
            for grant in about
        )

    # Asked about nothing, the answer is no.
    return bool(resources) and all(
        said("Allow", resource) and not said("Deny", resource) for resource in resources
    )


def _met(grant: Grant, context: Mapping[str, str]) -> bool:
    return all(key in context and _matches(values, context[key]) for key, values in grant.conditions.items())
