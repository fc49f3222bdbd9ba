"""A connection to AWS that lets a test in before and after every call, and breaks where it is told to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from cli.rotation.cloud import CallFailed, Cloud
from cli.rotation.procedure import Rotation
from tests.local.rotation.world import World, provider_name, scope

CHANGING = ("prepare", "add", "make_current", "update", "delete", "unmark")
"""The calls that change something, in the procedure's order."""

At = Callable[[str, str], None]
"""Told the moment, `before` or `after`, and the call's name. What it raises is raised by the call."""


class _Interleaved:
    def __init__(self, cloud: Cloud, at: At) -> None:
        self._cloud = cloud
        self._at = at

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._cloud, name)

        def call(*words: Any, **named: Any) -> Any:
            self._at("before", name)
            done = method(*words, **named)
            self._at("after", name)
            return done

        return call


def interleaved(cloud: Cloud, at: At) -> Cloud:
    """The connection, with `at` told of every call."""
    return cast(Cloud, _Interleaved(cloud, at))


def rotation(
    world: World, agent: str, at: At = lambda moment, call: None, *, told: list[str] | None = None
) -> Rotation:
    """A rotation of an agent, with a test in between its calls; waiting takes no time."""
    said: list[str] = [] if told is None else told
    return Rotation(
        interleaved(world.cloud, at),
        provider=provider_name(agent),
        scope=scope(agent),
        grace=60,
        tell=lambda step, text: said.append(f"{step} {text}"),
        sleep=lambda seconds: at("wait", f"{seconds:g}"),
    )


def break_at(moment: str, call: str, *, by: type[BaseException] = CallFailed) -> At:
    """Breaks the first time a call is about to be made, or has just been made."""
    done: list[bool] = []

    def at(now: str, name: str) -> None:
        if (now, name) == (moment, call) and not done:
            done.append(True)
            raise CallFailed(call, "Injected") if by is CallFailed else by()

    return at
