"""YAML read as plain values, every value with its line, and nothing YAML can do beyond that.

Refused: duplicate keys (YAML keeps the last one silently), anchors and aliases (an alias can blow a small
file up), tags, several documents, and keys that are not strings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from governance.errors import Problem
from governance.model import Source

KeyPath = tuple[str | int, ...]
MAX_BYTES = 1_000_000
_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "bool", "null", "map", "seq"))


@dataclass(frozen=True)
class Document:
    """A YAML file: `value` is the mapping at its top, `lines` gives the line of every key path."""

    file: str
    value: Mapping[str, Any]
    lines: Mapping[KeyPath, int]

    def line(self, *path: str | int) -> int:
        """The line of a key path, or of its nearest parent that has one."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return 1

    def source(self, *path: str | int) -> Source:
        return Source(self.file, self.line(*path))

    def problem(self, path: KeyPath, message: str, hint: str = "") -> Problem:
        return Problem(self.file, self.line(*path), dotted(path), message, hint)


def dotted(path: KeyPath) -> str:
    """`("tools", "x", 0)` → `tools.x[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else part)
    return text


def read(path: Path, root: Path, problems: list[Problem]) -> Document | None:
    """Reads a YAML mapping. On any defect adds to `problems` and returns None."""
    file = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    try:
        if path.exists() and not path.is_file():
            # A pipe or a device would be read without end.
            problems.append(Problem(file, 0, "", "is no file.", "Write the declaration there, or remove it."))
            return None
        with path.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except OSError as error:
        problems.append(
            Problem(file, 0, "", f"cannot be read ({error.strerror}).", "Check that the file exists.")
        )
        return None
    if len(raw) > MAX_BYTES:
        problems.append(Problem(file, 0, "", f"is larger than the {MAX_BYTES} bytes that are read."))
        return None
    try:
        text = raw.decode("utf-8")
        nodes = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except UnicodeDecodeError as error:
        problems.append(Problem(file, 0, "", f"is not UTF-8 (byte {error.start}).", "Save it as UTF-8."))
        return None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        problems.append(Problem(file, line, "", f"is not valid YAML: {error.problem}."))
        return None
    except (yaml.YAMLError, RecursionError) as error:
        problems.append(Problem(file, 0, "", f"is not valid YAML: {type(error).__name__}."))
        return None
    if len(nodes) != 1 or not isinstance(nodes[0], yaml.MappingNode):
        problems.append(Problem(file, 1, "", "must hold exactly one mapping at its top."))
        return None
    builder = _Builder(file)
    value = builder.build(nodes[0], ())
    problems.extend(builder.problems)
    if builder.problems:
        return None
    return Document(file, value, builder.lines)


class _Builder:
    """Turns composed nodes into values. The composer has resolved aliases: the same node twice means one."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[Problem] = []
        self._seen: set[int] = set()
        self._constructor = yaml.constructor.SafeConstructor()

    def build(self, node: yaml.Node, path: KeyPath) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        if id(node) in self._seen:
            self._report(line, path, "uses a YAML alias.", "Write the value out.")
            return None
        self._seen.add(id(node))
        if node.tag not in _PLAIN_TAGS:
            self._report(
                line, path, f"has the type {node.tag.rsplit(':', 1)[-1]!r}.", "Quote it to make it text."
            )
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*path, index)) for index, child in enumerate(node.value)]
        return self._constructor.construct_object(node)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = key_node.value
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != "tag:yaml.org,2002:str":
                self._report(line, path, f"has the key {key!r}, which is not text.", "Quote it.")
                continue
            if key in values:
                self._report(line, (*path, key), "stands twice.", "Keep one of the two.")
                continue
            self.lines[(*path, key)] = line
            values[key] = self.build(value_node, (*path, key))
        return values

    def _report(self, line: int, path: KeyPath, message: str, hint: str) -> None:
        self.problems.append(Problem(self.file, line, dotted(path), message, hint))
