"""Strict JSON from files that may come from anywhere: bounded, inside one folder, each key once, no NaN."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NoReturn

from review.errors import Unreadable

MAX_BYTES = 32 * 1024 * 1024
"""Of one file; CloudFormation takes templates of 1 MB, manifests with the metadata of many stacks are larger."""

MAX_DEPTH = 200
MAX_TOTAL = 512 * 1024 * 1024
"""Of all files of one assembly."""


class Folder:
    """A folder that is read as data. What lies outside of it, links included, is not read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._root = path.resolve()
        self._used = 0

    def inside(self, path: Path) -> Path:
        """The real path of a file of the folder. Raises Unreadable for any other."""
        resolved = path.resolve()
        if not resolved.is_relative_to(self._root):
            raise Unreadable(f"{path}: lies outside of {self.path}. An assembly must hold all its files.")
        return resolved

    def shown(self, path: Path) -> str:
        """The path as reports show it: from the folder on."""
        resolved = path.resolve()
        return str(resolved.relative_to(self._root)) if resolved.is_relative_to(self._root) else str(path)

    def json(self, path: Path) -> dict[str, Any]:
        """One JSON object. Raises Unreadable with the file and what is wrong with it."""
        text = self._text(path)
        try:
            document = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
        except RecursionError as error:
            raise Unreadable(f"{path}: nested deeper than {MAX_DEPTH} levels.") from error
        except ValueError as error:
            raise Unreadable(f"{path}: not JSON ({error}).") from error
        if not isinstance(document, dict):
            raise Unreadable(f"{path}: expected an object, found {type(document).__name__}.")
        if _deeper(document, MAX_DEPTH):
            raise Unreadable(f"{path}: nested deeper than {MAX_DEPTH} levels.")
        return document

    def _text(self, path: Path) -> str:
        resolved = self.inside(path)
        try:
            # A pipe or a device would block or never end.
            if not resolved.is_file():
                raise Unreadable(f"{path}: there is no such file. Synthesize the assembly again.")
            descriptor = os.open(resolved, os.O_RDONLY | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise Unreadable(f"{path}: cannot be read ({error.strerror}).") from error
        self._used += len(data)
        if len(data) > MAX_BYTES or self._used > MAX_TOTAL:
            raise Unreadable(f"{path}: too large; {MAX_BYTES} bytes a file and {MAX_TOTAL} in all are read.")
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Unreadable(f"{path}: not UTF-8 (byte {error.start}).") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} stands there twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _deeper(document: Any, limit: int) -> bool:
    """Whether it is nested deeper than `limit`; level by level, because Python's own stack is not deep."""
    level = [document]
    for _ in range(limit):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return True
