"""A hash of files by their names and bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def of_files(files: Iterable[tuple[str, Path]]) -> str:
    """SHA-256 over each name and its file's hash, in the order given; equal for equal bytes, wherever they lie."""
    whole = hashlib.sha256()
    for name, path in files:
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{name}\0{content}\n".encode())
    return whole.hexdigest()
