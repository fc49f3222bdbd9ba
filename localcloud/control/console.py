"""What the console's page asks beyond what commands do: who may call what and why, the picture, and the switches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localcloud.client import PlatformClient
from localcloud.console.counts import Counts
from localcloud.console.parts import Console, Document, NotTold
from localcloud.control.wire import read_object, refused, text_of

_SWITCH = '{"kind": "agent|tool|target", "subject": "<name>", "off": true|false, "reason": "<why>" or null}'
MAX_SUBJECT = 200
"""Characters; the longest name of a tool has 64."""


@dataclass(frozen=True)
class Shown:
    """The parts of one platform. `switches` gives their state now; `client` is the platform as commands see it."""

    console: Console
    counts: Counts
    switches: Callable[[], Sequence[Mapping[str, Any]]]
    client: Callable[[], PlatformClient]


def routes(shown: Shown) -> tuple[Route, ...]:
    """`access`, `explain`, `topology` and `switch`."""
    matrix, picture = _Once(shown.console.access), _Once(shown.console.topology)
    switching = asyncio.Lock()

    async def access(_: Request) -> Response:
        document = await matrix.get()
        shown.counts.catch_up()
        cells = [
            {**cell, "counts": shown.counts.of(cell["agent"], cell["tool"])} for cell in document["cells"]
        ]
        return JSONResponse({**document, "cells": cells, "switches": list(shown.switches())})

    async def explain(request: Request) -> Response:
        agent, tool = (request.query_params.getlist(key) for key in ("agent", "tool"))
        if len(agent) != 1 or len(tool) != 1 or max(len(agent[0]), len(tool[0])) > MAX_SUBJECT:
            raise refused(400, "explain takes ?agent=<name>&tool=<target___tool>.")
        found = await _off_the_loop(shown.console.explain, agent[0], tool[0])
        if found is None:
            raise refused(404, "There is no such agent or no such tool in this stage.")
        return JSONResponse(_stopped(found, _thrown(shown, agent[0], tool[0])))

    async def topology(_: Request) -> Response:
        return JSONResponse(await picture.get())

    async def switch(request: Request) -> Response:
        given = await read_object(request, _SWITCH)
        kind, subject = text_of(given, "kind", _SWITCH), text_of(given, "subject", _SWITCH)
        off, reason = given.get("off"), given.get("reason")
        in_form = isinstance(off, bool) and isinstance(reason, str | None) and len(subject) <= MAX_SUBJECT
        if not in_form or set(given) - {"kind", "subject", "off", "reason"}:
            raise refused(400, f"Send {_SWITCH}.")
        async with switching:
            thrown = await _off_the_loop(
                shown.console.switch, shown.client(), kind, subject, off, reason, status=409
            )
        return JSONResponse(thrown)

    return (
        Route("/_airside/access", access, methods=["GET"]),
        Route("/_airside/explain", explain, methods=["GET"]),
        Route("/_airside/topology", topology, methods=["GET"]),
        Route("/_airside/switch", switch, methods=["POST"]),
    )


def _thrown(shown: Shown, agent: str, tool: str) -> list[Mapping[str, Any]]:
    """The thrown switches that stop a call; none where the gateway only logs what its policies decide."""
    about = {("agent", agent), ("tool", tool), ("target", tool.partition("___")[0])}
    return [
        each
        for each in shown.switches()
        if shown.counts.enforced and each["off"] and (each["kind"], each["subject"]) in about
    ]


def _stopped(found: Document, thrown: Sequence[Mapping[str, Any]]) -> Document:
    """An explanation of what the templates say, as it is while switches are thrown."""
    if not thrown:
        return found
    told = [f"{each['kind']} {each['subject']}" for each in thrown]
    first = f"refused: {' and '.join(told)} {'is' if len(told) == 1 else 'are'} switched off. Otherwise:"
    layers = [
        {
            "layer": "switch",
            "effect": "deny",
            "because": each["description"],
            "conditions": [],
            "source": each["policy"],
        }
        for each in thrown
    ]
    return {
        **found,
        "effect": "deny",
        "sentences": [first, *found["sentences"]],
        "layers": [*layers, *found["layers"]],
    }


class _Once:
    """A document that is made when it is first asked for, by one of all who ask. A failure is tried again."""

    def __init__(self, make: Callable[[], Document]) -> None:
        self._make = make
        self._lock = asyncio.Lock()
        self._made: Document | None = None

    async def get(self) -> Document:
        async with self._lock:
            if self._made is None:
                self._made = await _off_the_loop(self._make)
            return self._made


async def _off_the_loop(call: Callable[..., Any], *words: Any, status: int = 503) -> Any:
    """The call in a thread: agents and the gateway are answered meanwhile. Raises HTTPException."""
    try:
        return await asyncio.to_thread(call, *words)
    except NotTold as why:
        raise refused(status, str(why)) from None
