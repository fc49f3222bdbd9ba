"""YAML with the line of every key, read strictly: each accessor notes a problem and goes on.

All problems of a playbook are found in one go; nothing is loaded unless there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml


class PlaybookError(Exception):
    """A playbook that cannot be used. `problems` are `file:line: what` lines, all of them."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Problems:
    """Collects problems while loading goes on."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.found: list[str] = []

    def add(self, path: Path, line: int, what: str) -> None:
        """Note one problem."""
        shown = path.relative_to(self._root) if path.is_relative_to(self._root) else path
        self.found.append(f"{shown}:{line}: {what}")


class Value:
    """A YAML value with its place. Missing or wrong values give empty ones after noting the problem."""

    def __init__(self, node: yaml.Node | None, path: Path, problems: Problems, line: int = 1) -> None:
        self.path = path
        self.problems = problems
        self.line = node.start_mark.line + 1 if node is not None else line
        self._node = node

    @classmethod
    def read(cls, path: Path, problems: Problems) -> Value:
        """The top of a file."""
        try:
            node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except (OSError, UnicodeDecodeError) as error:
            problems.add(path, 1, f"cannot be read: {error}")
            node = None
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            problems.add(path, line, f"is not YAML: {error.problem}")
            node = None
        return cls(node, path, problems)

    def problem(self, what: str) -> None:
        """Note a problem at this value's line."""
        self.problems.add(self.path, self.line, what)

    @property
    def missing(self) -> bool:
        """Whether nothing stands here."""
        return self._node is None

    @property
    def is_mapping(self) -> bool:
        """Whether this is a mapping."""
        return isinstance(self._node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        """Whether this is a list."""
        return isinstance(self._node, yaml.SequenceNode)

    def plain(self) -> Any:
        """The value as Python data."""
        if self._node is None:
            return None
        loader = yaml.SafeLoader("")
        try:
            return loader.construct_document(self._node)
        except yaml.YAMLError as error:
            self.problem(f"cannot be read: {error}")
            return None
        finally:
            loader.dispose()

    def fields(self, *, required: tuple[str, ...] = (), optional: tuple[str, ...] = ()) -> dict[str, Value]:
        """The members of a mapping with fixed keys; absent optional ones are `missing` values."""
        members = dict(self.items())
        for key, value in members.items():
            if key not in required and key not in optional:
                known = ", ".join(sorted((*required, *optional)))
                value.problem(f"unknown key {key!r} (known here: {known})")
        for key in required:
            if key not in members and self._node is not None:
                self.problem(f"key {key!r} is missing")
        absent = Value(None, self.path, self.problems, self.line)
        return {key: members.get(key, absent) for key in (*required, *optional)}

    def items(self) -> Iterator[tuple[str, Value]]:
        """The members of a mapping; a key written twice is a problem."""
        if self._node is None:
            return
        if not isinstance(self._node, yaml.MappingNode):
            self.problem("a mapping is expected here")
            return
        seen: set[str] = set()
        for key_node, value_node in self._node.value:
            key = str(key_node.value)
            value = Value(value_node, self.path, self.problems)
            value.line = key_node.start_mark.line + 1
            if key in seen:
                value.problem(f"key {key!r} is written twice")
                continue
            seen.add(key)
            yield key, value

    def elements(self) -> list[Value]:
        """The elements of a list."""
        if self._node is None:
            return []
        if not isinstance(self._node, yaml.SequenceNode):
            self.problem("a list is expected here")
            return []
        return [Value(node, self.path, self.problems) for node in self._node.value]

    def text(self, default: str = "") -> str:
        """A string that is not blank."""
        value = self.plain()
        if value is None and self._node is None:
            return default
        if not isinstance(value, str) or not value.strip():
            self.problem(f"a text is expected here, not {value!r}")
            return default
        return value

    def texts(self) -> tuple[str, ...]:
        """A list of strings."""
        return tuple(element.text() for element in self.elements())

    def number(self, default: int) -> int:
        """An integer."""
        value = self.plain()
        if value is None and self._node is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            self.problem(f"a whole number is expected here, not {value!r}")
            return default
        return value

    def flag(self) -> bool:
        """true or false; false where left out."""
        value = self.plain()
        if value is None and self._node is None:
            return False
        if not isinstance(value, bool):
            self.problem(f"true or false is expected here, not {value!r}")
            return False
        return value

    def one_of(self, allowed: tuple[str, ...], default: str) -> str:
        """A string out of a fixed set."""
        value = self.text(default)
        if value not in allowed:
            self.problem(f"{value!r} is none of: {', '.join(allowed)}")
            return default
        return value
