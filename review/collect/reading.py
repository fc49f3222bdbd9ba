"""Reading properties of resources that anybody may have written: a wrong type is told, never taken for nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from review.stage import Resource, Stage


class Reading:
    """A stage while its model is made. `unknowns` collects what was there and could not be understood."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.names = stage.names
        self.unknowns: list[str] = list(stage.unread)

    def unknown(self, resource: Resource, path: str, expected: str) -> None:
        self.unknowns.append(
            f"{resource.place(f'Properties.{path}')}: not {expected}, so it is not understood."
        )

    def get(self, resource: Resource, path: str) -> Any:
        """The value at a dotted path of the properties; None where a member is missing."""
        value: Any = resource.properties
        for key in path.split("."):
            if value is None:
                return None
            if not isinstance(value, Mapping):
                self.unknown(resource, path, "an object")
                return None
            value = value.get(key)
        return value

    def text(self, resource: Resource, path: str) -> str | None:
        """A text with stable names in place of tokens."""
        value = self.get(resource, path)
        if value is None or isinstance(value, str):
            return None if value is None else str(self.names.text(value))
        if isinstance(value, bool | int | float):
            return str(value).lower()
        self.unknown(resource, path, "a text")
        return None

    def texts(self, resource: Resource, path: str) -> tuple[str, ...]:
        """A list of texts, sorted, each once; one text alone counts as a list of it."""
        value = self.get(resource, path)
        if value is None:
            return ()
        # A function that only the deployment can evaluate is a text of its own: an unknown list.
        if isinstance(value, str) and value.startswith('{"'):
            self.unknown(resource, path, "a list of texts")
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            self.unknown(resource, path, "a list of texts")
            return ()
        return tuple(sorted({str(self.names.text(item)) for item in items}))

    def items(self, resource: Resource, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The objects of a list, each with its path."""
        value = self.get(resource, path)
        if value is None:
            return
        if not isinstance(value, list):
            self.unknown(resource, path, "a list of objects")
            return
        for index, item in enumerate(value):
            if isinstance(item, Mapping):
                yield f"{path}.{index}", item
            else:
                self.unknown(resource, f"{path}.{index}", "an object")

    def number(self, resource: Resource, path: str) -> int | None:
        value = self.get(resource, path)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and value.isdecimal():
            return int(value)
        self.unknown(resource, path, "a whole number")
        return None

    def flag(self, resource: Resource, path: str) -> bool:
        value = self.get(resource, path)
        if value is None or isinstance(value, bool):
            return bool(value)
        if value in ("true", "false"):
            return bool(value == "true")
        self.unknown(resource, path, "a truth value")
        return False

    def name(self, value: Any) -> str | None:
        """The stable name of what a value refers to, else the text itself."""
        if value is None:
            return None
        target = self.stage.target(value)
        return self.names.of(target) if target is not None else self.names.stable(value)

    def bare(self, value: Any) -> str | None:
        """`name` without the word for the kind, where the value refers to a resource of the stage."""
        target = self.stage.target(value)
        return self.names.bare(target) if target is not None else self.name(value)
