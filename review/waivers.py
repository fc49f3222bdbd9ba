"""Accepted findings: `access/waivers.yaml`, each with a reason, an owner and a day on which it ends.

waivers:
  - check: IAM-02
    subject: role:system-dev-agent-booking
    reason: ecr:GetAuthorizationToken takes no resource
    owner: platform
    expires: 2027-03-31

With `stage: system-dev` a waiver is for that stage only.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from review.errors import Unreadable
from review.findings import Waiver
from review.stage import Place

_MEMBERS = ("check", "subject", "reason", "owner", "expires")
_OPTIONAL = ("stage",)
_MAX_BYTES = 1024 * 1024


def load(path: Path, *, project: Path | None = None) -> tuple[Waiver, ...]:
    """The waivers of a file; none where there is no file. Raises Unreadable with the file and the line.

    Args:
        project: reports name the file from this folder on, if it is in it.
    """
    shown = path.relative_to(project) if project is not None and path.is_relative_to(project) else path
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise Unreadable(f"{path}: larger than {_MAX_BYTES} bytes.")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path}: cannot be read ({error}).") from error
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read ({error.strerror}).") from error
    try:
        document = yaml.safe_load(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    # A day that no month has is a ValueError of the YAML reader itself.
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Unreadable(f"{path}: not YAML ({error}).") from error
    listed = (
        document.get("waivers") if isinstance(document, dict) and document.keys() == {"waivers"} else None
    )
    if not isinstance(listed, list) or root is None or len(root.value) != 1:
        raise Unreadable(f"{path}: expected one key, `waivers`, with a list. See docs/review.md.")
    nodes = root.value[0][1].value
    for node in nodes:
        keys = [key.value for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
        if len(keys) != len(set(map(str, keys))):
            # YAML keeps the last one and says nothing: the other is what somebody read and approved.
            raise Unreadable(f"{shown}:{node.start_mark.line + 1}: a key of the waiver stands twice.")
    lines = [node.start_mark.line + 1 for node in nodes]
    return tuple(_waiver(shown, line, item) for line, item in zip(lines, listed, strict=True))


def _waiver(path: Path, line: int, item: Any) -> Waiver:
    where = f"{path}:{line}"
    if not isinstance(item, Mapping) or set(item) - {*_OPTIONAL} != set(_MEMBERS):
        raise Unreadable(
            f"{where}: a waiver has exactly the keys {', '.join(_MEMBERS)}, and perhaps {', '.join(_OPTIONAL)}."
        )
    values = {key: str(item[key]).strip() for key in item}
    empty = sorted(key for key, value in values.items() if not value or item[key] is None)
    if empty:
        raise Unreadable(f"{where}: {', '.join(empty)} is empty. Say why, who, and until when.")
    try:
        # Days are compared as texts: a week (2027-W10-1) or a day without hyphens would never end.
        values["expires"] = datetime.date.fromisoformat(values["expires"]).isoformat()
    except ValueError:
        raise Unreadable(
            f"{where}: expires is {values['expires']!r}; write a day such as 2027-03-31."
        ) from None
    return Waiver(**values, place=Place(str(path), declared=where))
