"""What of tools' answers an agent may show to its user: the rules in its variable, as texts that can be compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from review.collect.reading import Reading
from review.stage import Resource

VARIABLE = "SHOWN_RESULTS"


def shows(reading: Reading, runtime: Resource) -> tuple[str, ...]:
    """One text for each member of an answer, and one for which items. What cannot be read is told as unknown."""
    path = f"EnvironmentVariables.{VARIABLE}"
    given = reading.get(runtime, path)
    if given is None:
        return ()
    try:
        return tuple(sorted(_texts(json.loads(given))))
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError):
        reading.unknown(runtime, path, "the rules about what an agent shows")
        return ()


def _texts(rules: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for tool, rule in rules.items():
        for member in rule["members"]:
            yield f"{member} of {rule['items']} of {tool}"
        only = " and ".join(f"{where} is {text}" for where, text in sorted(rule["only"].items()))
        yield f"{rule['most']} items of {rule['items']} of {tool}{f' where {only}' if only else ''}"
