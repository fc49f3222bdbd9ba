"""An environment's file as single settings, each with the line that states it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.outcome import Failure

if TYPE_CHECKING:
    from governance.model import Environment

Path_ = tuple[str, ...]
"""A setting's key path: `("runtime", "sessions", "idle_seconds")`."""


@dataclass(frozen=True)
class Setting:
    """One value. `stated` is False for a setting the file leaves out; `where` is then the nearest line."""

    path: Path_
    value: Any
    where: str
    stated: bool = True

    @property
    def name(self) -> str:
        return ".".join(self.path)

    @property
    def text(self) -> str:
        """The value for a person."""
        if not self.stated:
            return "not set"
        if isinstance(self.value, list):
            return ", ".join(map(str, self.value))
        if self.value is None or isinstance(self.value, bool):
            return "null" if self.value is None else str(self.value).lower()
        return str(self.value)


class Settings:
    """All settings of one environment."""

    def __init__(self, name: str, document: Any) -> None:
        self.name = name
        self._document = document
        self._found = dict(_leaves(document.value, ()))

    @classmethod
    def of(cls, root: Path, environment: Environment) -> Settings:
        """Reads the file that was loaded. Raises Failure where it has become unreadable meanwhile."""
        from governance.document import read
        from governance.errors import Problem

        problems: list[Problem] = []
        document = read(root / environment.source.file, root, problems)
        if document is None:
            raise Failure("\n".join(map(str, problems)))
        return cls(environment.name, document)

    def __iter__(self) -> Iterator[Setting]:
        return map(self.get, self._found)

    def get(self, path: Path_) -> Setting:
        where = str(self._document.source(*path))
        return Setting(path, self._found.get(path), where, path in self._found)


def _leaves(value: Any, path: Path_) -> Iterator[tuple[Path_, Any]]:
    if isinstance(value, Mapping):
        # A mapping is its members: an empty one says nothing that leaving it out would not say.
        for key, inner in value.items():
            yield from _leaves(inner, (*path, str(key)))
    else:
        yield path, value
