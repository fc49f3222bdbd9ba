"""A session of a service that a request begins when it needs it, and that never outlives the request."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

_T = TypeVar("_T")


class OneSession(Generic[_T]):
    """`begin` starts a session and `stop` ends it; both block. Uses take turns."""

    def __init__(self, begin: Callable[[], _T], stop: Callable[[_T], object]) -> None:
        self._begin = begin
        self._stop = stop
        self._turn = threading.Lock()
        self._state = threading.Lock()
        self._session: _T | None = None
        self._ended = False

    @contextmanager
    def use(self) -> Iterator[_T]:
        """The session, alone; begun if it is not. Raises `RuntimeError` once `end` was called."""
        with self._turn:
            if self._session is None:
                if self._ended:
                    raise RuntimeError("the request has ended")
                begun = self._begin()
                with self._state:
                    late = self._ended
                    if not late:
                        self._session = begun
                if late:  # the request was cancelled while it was being begun
                    self._stop(begun)
                    raise RuntimeError("the request has ended")
            yield self._session

    def end(self) -> None:
        """End it, also under a use; none can be begun after this."""
        with self._state:
            self._ended = True
            session, self._session = self._session, None
        if session is not None:
            self._stop(session)
