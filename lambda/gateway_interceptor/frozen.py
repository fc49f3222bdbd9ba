"""Values that are set once: what the interceptor decides by is read at start and never changed."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


class Frozen:
    """Base of such values. A subclass names its members in `__slots__` and sets them all at once."""

    __slots__ = ()

    def __init__(self, **members: object) -> None:
        for name, value in members.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} is set once, at start")
