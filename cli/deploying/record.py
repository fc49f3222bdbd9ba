"""What was deployed last from this project: the access model of each stage, so the next deployment can be compared.

`.airside/deployed/<stage>.<account>.json` holds `{digest, at, access}`; it is of this machine and says nothing about
deployments from elsewhere.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.deploying.target import Target

if TYPE_CHECKING:
    from review.model import AccessModel

FOLDER = Path(".airside") / "deployed"


def _file(project: Path, target: Target) -> Path:
    return project / FOLDER / f"{target.stage}.{target.account}.json"


def write(project: Path, target: Target, digest: str, model: AccessModel, at: datetime) -> None:
    """Raises OSError."""
    from review.document import to_document

    file = _file(project, target)
    file.parent.mkdir(parents=True, exist_ok=True)
    document = {"digest": digest, "at": at.isoformat(timespec="seconds"), "access": to_document(model)}
    making = file.with_suffix(".making")
    making.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    making.replace(file)


def read(project: Path, target: Target) -> tuple[str, AccessModel] | None:
    """When it was, and its model; None where there is none that this release understands."""
    from review.document import from_document
    from review.errors import Unreadable

    try:
        document: dict[str, Any] = json.loads(_file(project, target).read_text(encoding="utf-8"))
        return str(document["at"]), from_document(document["access"])
    except (OSError, ValueError, KeyError, TypeError, Unreadable):
        return None
