"""What the page is told of the stage's access: made once and late, counted rightly, and changed only in form."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from localcloud.client import PlatformClient
from localcloud.console import Console
from localcloud.console.counts import MOST_CELLS, Counts
from localcloud.console.parts import NotTold
from localcloud.control import Control, create_control
from localcloud.control.console import Shown, routes
from localcloud.telemetry.events import EventLog
from tests.local.identity.conftest import local_system

URL = "http://127.0.0.1:8700"
CLIENT = cast("PlatformClient", object())
GATEWAY = replace(local_system(URL).gateway, policy_mode="ENFORCE")
CELL = {"agent": "booking", "tool": "a___b", "effect": "allow"}


class Told:
    """A console that notes what it is asked, and in which thread."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.threads: set[int] = set()
        self.fault: str | None = None
        self.events = EventLog()
        self.switches: list[Mapping[str, Any]] = [{"kind": "agent"}]
        self.mode: str | None = "ENFORCE"

    def _note(self, *words: Any) -> None:
        self.asked.append(words)
        self.threads.add(threading.get_ident())
        if self.fault is not None:
            raise NotTold(self.fault)

    def access(self) -> Mapping[str, Any]:
        self._note("access")
        return {"agents": [], "tools": [], "cells": [CELL]}

    def topology(self) -> Mapping[str, Any]:
        self._note("topology")
        return {"nodes": [], "edges": []}

    def explain(self, agent: str, tool: str) -> Mapping[str, Any] | None:
        self._note("explain", agent, tool)
        return {"effect": "allow", "sentences": ["s"], "layers": []} if agent == "booking" else None

    def switch(
        self, client: PlatformClient, kind: str, subject: str, off: bool, reason: str | None
    ) -> Mapping[str, Any]:
        self._note("switch", client is CLIENT, kind, subject, off, reason)
        return {"off": off}

    def client(self) -> httpx.AsyncClient:
        console = Console(Path("dist"), self.access, self.topology, self.explain, self.switch)
        counts = Counts(replace(GATEWAY, policy_mode=self.mode), self.events)
        shown = Shown(console, counts, lambda: self.switches, lambda: CLIENT)
        control = Control(key="k", status=dict, events=self.events, token=lambda _: None, more=routes(shown))
        transport = httpx.ASGITransport(app=create_control(control))
        return httpx.AsyncClient(transport=transport, base_url=URL, headers={"X-Airside-Key": "k"})

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            async with self.client() as client:
                return await client.request(method, f"/_airside/{path}", **options)

        return asyncio.run(run())


def test_a_document_is_made_before_or_more_than_once() -> None:
    told = Told()

    async def run() -> list[httpx.Response]:
        async with told.client() as client:
            assert told.asked == []
            paths = ("access", "access", "topology", "topology", "access")
            return await asyncio.gather(*(client.get(f"/_airside/{path}") for path in paths))

    answers = asyncio.run(run())
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(told.asked) == [("access",), ("topology",)]
    assert threading.get_ident() not in told.threads, "the event loop waited for it"
    assert answers[0].headers["cache-control"] == "no-store"
    assert answers[0].json()["switches"] == [{"kind": "agent"}]


def test_a_stage_that_could_not_be_read_stays_unread() -> None:
    told = Told()

    async def run() -> list[httpx.Response]:
        async with told.client() as client:
            told.fault = "it cannot be read"
            first = await client.get("/_airside/access")
            told.fault = None
            return [first, await client.get("/_airside/access")]

    failed, mended = asyncio.run(run())
    assert (failed.status_code, failed.json()) == (503, {"message": "it cannot be read"})
    assert mended.status_code == 200


def test_an_explanation_is_given_of_nothing() -> None:
    told = Told()
    told.switches = []
    assert told.ask("GET", "explain", params={"agent": "booking", "tool": "a___b"}).status_code == 200
    assert told.ask("GET", "explain", params={"agent": "x", "tool": "a___b"}).status_code == 404
    for query in ("", "agent=a", "agent=a&tool=b&tool=c", "agent=a&tool=" + "b" * 300):
        assert told.ask("GET", f"explain?{query}").status_code == 400
    assert len(told.asked) == 2


@pytest.mark.parametrize(
    ("kind", "subject", "off", "mode", "effect"),
    [
        ("agent", "booking", True, "ENFORCE", "deny"),
        ("tool", "a___b", True, "ENFORCE", "deny"),
        ("target", "a", True, "ENFORCE", "deny"),
        ("agent", "booking", False, "ENFORCE", "allow"),
        ("agent", "booking", True, "LOG_ONLY", "allow"),
        ("agent", "other", True, "ENFORCE", "allow"),
        ("target", "a___b", True, "ENFORCE", "allow"),
    ],
)
def test_a_thrown_switch_is_not_explained_or_another_is(
    kind: str, subject: str, off: bool, mode: str, effect: str
) -> None:
    told = Told()
    told.mode = mode
    told.switches = [{"kind": kind, "subject": subject, "off": off, "policy": "p", "description": "Off: x"}]
    found = told.ask("GET", "explain", params={"agent": "booking", "tool": "a___b"}).json()
    assert found["effect"] == effect
    stopped = [f"refused: {kind} {subject} is switched off. Otherwise:"] if effect == "deny" else []
    assert found["sentences"] == [*stopped, "s"]
    assert [layer["layer"] for layer in found["layers"]] == (["switch"] if stopped else [])


def test_a_switch_is_thrown_by_half_a_sentence() -> None:
    told = Told()
    sound: dict[str, Any] = {"kind": "agent", "subject": "booking", "off": True, "reason": "wrong prices"}
    assert told.ask("POST", "switch", json=sound).json() == {"off": True}
    assert told.asked == [("switch", True, "agent", "booking", True, "wrong prices")]
    for change in (
        {"off": "true"},
        {"off": None},
        {"kind": 1},
        {"subject": None},
        {"subject": "x" * 300},
        {"reason": 7},
        {"more": 1},
    ):
        assert told.ask("POST", "switch", json={**sound, **change}).status_code == 400
    assert told.ask("POST", "switch", content=b"[]").status_code == 400
    assert told.ask("GET", "switch").status_code == 405
    assert len(told.asked) == 1
    told.fault = "there is no such switch"
    refused = told.ask("POST", "switch", json=sound)
    assert (refused.status_code, refused.json()) == (409, {"message": "there is no such switch"})


@pytest.mark.parametrize("path", ["access", "topology", "explain?agent=booking&tool=a___b", "events/stream"])
@pytest.mark.parametrize(
    "headers",
    [{"X-Airside-Key": ""}, {"X-Airside-Key": "k "}, [("X-Airside-Key", "k"), ("X-Airside-Key", "k")]],
)
def test_somebody_without_the_key_is_told_something(path: str, headers: Any) -> None:
    told = Told()

    async def run() -> httpx.Response:
        async with told.client() as client:
            client.headers = httpx.Headers()
            return await client.get(f"/_airside/{path}", headers=headers)

    # "k " is stripped by servers, not by this transport: still another key.
    assert (asyncio.run(run()).status_code, told.asked) == (403, [])


@pytest.mark.parametrize("query", ["key=k", "X-Airside-Key=k", "x-airside-key=k"])
def test_a_key_in_an_address_opens_the_door(query: str) -> None:
    told = Told()

    async def run() -> httpx.Response:
        async with told.client() as client:
            client.headers = httpx.Headers()
            return await client.get(f"/_airside/access?{query}")

    assert (asyncio.run(run()).status_code, told.asked) == (403, [])


def decision(layer: str, effect: str, **more: Any) -> dict[str, Any]:
    return {
        "event": "decision",
        "layer": layer,
        "effect": effect,
        "agent": "booking",
        "tool": "a___b",
        "method": "tools/call",
        **more,
    }


def counted(*events: Mapping[str, Any], mode: str | None = "ENFORCE") -> Mapping[str, int]:
    log = EventLog()
    counts = Counts(replace(GATEWAY, policy_mode=mode), log)
    for event in events:
        log.record(event)
        counts.catch_up()
    return counts.of("booking", "a___b")


PASSED = (decision("authorizer", "allow"), decision("interceptor", "allow"))


@pytest.mark.parametrize(
    ("events", "mode", "told"),
    [
        ((*PASSED, decision("policy", "allow")), "ENFORCE", (1, 0, 0)),
        ((*PASSED, decision("policy", "deny")), "ENFORCE", (0, 1, 0)),
        ((*PASSED, decision("policy", "deny")), "LOG_ONLY", (1, 0, 0)),
        (PASSED, None, (1, 0, 0)),
        ((PASSED[0], decision("interceptor", "deny")), "ENFORCE", (0, 1, 0)),
        ((PASSED[0], decision("rate_limit", "deny")), "ENFORCE", (0, 1, 0)),
        (
            (PASSED[0], decision("interceptor", "allow", would_refuse="not_granted"), decision("policy", "allow")),
            "ENFORCE",
            (1, 0, 1),
        ),
        ((decision("policy", "allow", method="tools/list"),), "ENFORCE", (0, 0, 0)),
        ((decision("policy", "allow", agent=None),), "ENFORCE", (0, 0, 0)),
        ((decision("policy", "allow", tool=None),), "ENFORCE", (0, 0, 0)),
        ((decision("policy", "allow", event="target"),), "ENFORCE", (0, 0, 0)),
    ],
)  # fmt: skip
def test_a_call_counts_twice_or_for_something_else(
    events: tuple[Mapping[str, Any], ...], mode: str | None, told: tuple[int, int, int]
) -> None:
    assert tuple(counted(*events, mode=mode).values()) == told


def test_the_log_forgets_what_is_yet_to_be_counted() -> None:
    async def run() -> Mapping[str, int]:
        log = EventLog(capacity=5)
        counts = Counts(GATEWAY, log)
        following = asyncio.create_task(counts.follow())
        for _ in range(10):
            for _ in range(5):
                log.record(decision("policy", "allow"))
            while counts.of("booking", "a___b")["allowed"] < log.last:
                await asyncio.sleep(0)
        following.cancel()
        return counts.of("booking", "a___b")

    assert asyncio.run(asyncio.wait_for(run(), 30))["allowed"] == 50


def test_names_that_callers_make_up_fill_the_memory() -> None:
    log = EventLog(capacity=MOST_CELLS + 50)
    counts = Counts(GATEWAY, log)
    for number in range(MOST_CELLS + 20):
        log.record(decision("policy", "allow", tool=f"a___{number}"))
    counts.catch_up()
    assert counts.of("booking", f"a___{MOST_CELLS - 1}")["allowed"] == 1
    assert counts.of("booking", f"a___{MOST_CELLS + 1}")["allowed"] == 0
