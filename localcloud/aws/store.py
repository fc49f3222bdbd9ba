"""Items on disk: what DynamoDB was told survives the end of the process, however it ends.

One SQLite file in write-ahead mode. A commit reaches the operating system before the caller is answered, so
`kill -9` loses nothing; a power cut may lose the last moments (`synchronous=NORMAL`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Attributes = dict[str, Any]
_VERSION = 1


class UnusableStore(RuntimeError):
    """The data file is of another version, damaged, or in use by another platform."""


class Store:
    """Rows of (table, key, item), written in one transaction per request. Used from one thread at a time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0.2)
            try:
                self._open()
            except BaseException:
                self._db.close()
                raise
        except sqlite3.Error as error:
            raise UnusableStore(
                f"{path}: {error}; stop the platform that uses it, or delete the file to start afresh"
            ) from error
        path.chmod(0o600)

    def _open(self) -> None:
        self._db.execute("PRAGMA journal_mode=WAL")
        # One platform at a time: a second one would not see the first one's writes, nor it the second's.
        self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("BEGIN IMMEDIATE")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, _VERSION):
            raise UnusableStore(
                f"{self._path}: written by another version ({version}); delete it to start afresh"
            )
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS items "
            "(name TEXT, key TEXT, item TEXT NOT NULL, PRIMARY KEY (name, key)) WITHOUT ROWID"
        )
        self._db.execute(f"PRAGMA user_version={_VERSION}")
        self._db.execute("COMMIT")

    def load(self, table: str) -> Iterator[Attributes]:
        """Every item of a table, as DynamoDB JSON."""
        for (item,) in self._db.execute("SELECT item FROM items WHERE name = ? ORDER BY key", (table,)):
            yield json.loads(item)

    def write(self, changes: Iterable[tuple[str, str, str | None]]) -> None:
        """Apply (table, key, item as JSON, or None where it is gone), all or none. Raises sqlite3.Error."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for table, key, item in changes:
                if item is None:
                    self._db.execute("DELETE FROM items WHERE name = ? AND key = ?", (table, key))
                else:
                    self._db.execute("INSERT OR REPLACE INTO items VALUES (?, ?, ?)", (table, key, item))
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Fold the journal into the file and release it."""
        self._db.close()
