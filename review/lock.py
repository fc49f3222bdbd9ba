"""The lock: the approved access model of one stage, committed beside the declaration.

`access/<system>.<environment>.lock.json` holds the model's document, in a stable order and without places, account
ids or anything that changes when nothing about access does. What is synthesized is held against it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from review.document import from_document, to_document
from review.errors import Unreadable
from review.model import AccessModel
from review.reader.files import Folder

FOLDER = "access"
WAIVERS = "waivers.yaml"
WRITTEN_BY = "./airside lock"


def path(project: Path, system: str | None, environment: str | None, stage: str) -> Path:
    """Where the lock of a stage belongs; an assembly that names no system is locked by its stage."""
    name = f"{system}.{environment}" if system and environment else stage
    return project / FOLDER / f"{name}.lock.json"


def render(model: AccessModel) -> str:
    """The lock's text: one line a member where that is short, so that a change of it is a small difference."""
    return json.dumps(to_document(model), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def read(file: Path) -> AccessModel:
    """The approved model. Raises Unreadable where there is no lock, or none that this release understands."""
    if not file.is_file():
        raise Unreadable(f"{file}: there is no lock. Approve what is synthesized now with `{WRITTEN_BY}`.")
    try:
        return from_document(Folder(file.parent).json(file))
    except Unreadable as error:
        # What is wrong with the file names it already; what is wrong with the document does not.
        said = str(error)
        raise Unreadable(said if said.startswith(f"{file}:") else f"{file}: {said}") from None


def same(approved: AccessModel, model: AccessModel) -> bool:
    """Whether they say the same about access. Only documents count: what is for people is not approved."""
    return _comparable(approved) == _comparable(model)


def _comparable(model: AccessModel) -> dict[str, Any]:
    return to_document(model)
