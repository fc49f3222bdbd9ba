"""The CDK's feature flags, held against a committed lock.

A feature flag changes what the same code synthesizes. The flags stand in cdk.json; the lock says with which release
of the CDK they were looked at, what that release recommends, and why a flag is set otherwise. So a new release's
new flag, or one that somebody changed, is noticed before it changes a template.

Source: the report of flags that the CDK writes into every assembly's manifest (AWS CDK v2 Developer Guide, "AWS CDK
feature flags").
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

LIBRARY = "aws-cdk-lib"
LOCK = "feature-flags.lock.json"
_REPORT = f"{LIBRARY}/feature-flag-report"
_NEXT = "Look at it in the AWS CDK's list of flags, then write the lock again with ./airside generate."

Flags = Mapping[str, Mapping[str, Any]]
"""Flag → `value` (as cdk.json sets it; missing where it does not), `recommended`, and `because` where they differ."""


def found(cdk_out: Path, reasons: Flags | None = None) -> dict[str, Any]:
    """The lock's document for an assembly; `because` is taken over from the flags of an earlier lock.

    Raises:
        OSError, ValueError, KeyError: if the assembly has no readable report of flags.
    """
    manifest = json.loads((cdk_out / "manifest.json").read_text(encoding="utf-8"))
    flags: dict[str, dict[str, Any]] = {}
    for name, told in sorted(manifest["artifacts"][_REPORT]["properties"]["flags"].items()):
        flags[name] = {"recommended": told["recommendedValue"]}
        if "userValue" in told:
            flags[name]["value"] = told["userValue"]
        if flags[name].get("value") != flags[name]["recommended"]:
            flags[name]["because"] = str((reasons or {}).get(name, {}).get("because", ""))
    return {LIBRARY: version(LIBRARY), "flags": flags}


def render(document: Mapping[str, Any]) -> str:
    """The lock's text: one line a flag."""
    lines = [
        f"  {json.dumps(name)}: {json.dumps(flag, sort_keys=True)}"
        for name, flag in document["flags"].items()
    ]
    body = ",\n".join(lines)
    return f'{{\n "{LIBRARY}": {json.dumps(document[LIBRARY])},\n "flags": {{\n{body}\n }}\n}}\n'


def read(file: Path) -> dict[str, Any]:
    """The committed lock. Raises OSError, ValueError."""
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or not isinstance(document.get("flags"), dict):
        raise ValueError("holds no flags")
    return document


def problems(cdk_out: Path, file: Path) -> list[str]:
    """A line for everything in which the assembly's flags are not as approved."""
    try:
        locked = read(file)
    except (OSError, ValueError) as error:
        return [f"{file.name}: cannot be read ({type(error).__name__}). Write it with ./airside generate."]
    try:
        now = found(cdk_out, locked["flags"])
    except (OSError, ValueError, KeyError) as error:
        return [f"{cdk_out}: has no readable report of feature flags ({type(error).__name__})."]
    told = [f"{file.name}: {line}" for line in _differences(locked, now)]
    return [*told, *(f"cdk.json: {line}" for line in _unreasoned(now["flags"]))]


def _differences(locked: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    if locked.get(LIBRARY) != now[LIBRARY]:
        yield f"was written with {LIBRARY} {locked.get(LIBRARY)}, and {now[LIBRARY]} is installed. {_NEXT}"
    before: Flags = locked["flags"]
    after: Flags = now["flags"]
    for name in sorted({*before, *after}):
        if name not in before:
            yield f"{name} is a new flag of {LIBRARY}, recommended {_shown(after[name])}. {_NEXT}"
        elif name not in after:
            yield f"{name} is no flag of {LIBRARY} any more. {_NEXT}"
        else:
            for key, word in (("value", "is"), ("recommended", "is recommended")):
                old, new = before[name].get(key), after[name].get(key)
                if old != new:
                    yield f"{name} {word} {json.dumps(new)}, and was approved as {json.dumps(old)}. {_NEXT}"


def _unreasoned(flags: Flags) -> Iterator[str]:
    for name, flag in flags.items():
        if "value" not in flag:
            yield f"{name} is not set, so a default decides. Set it under context; {_shown(flag)} is recommended."
        elif "because" in flag and not flag["because"].strip():
            yield (
                f"{name} is {json.dumps(flag['value'])}, and {_shown(flag)} is recommended: "
                f"say why as `because` in {LOCK}."
            )


def _shown(flag: Mapping[str, Any]) -> str:
    return json.dumps(flag["recommended"])
