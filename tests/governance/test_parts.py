"""Memory, code interpreter and browser: none unless declared, and only in forms that can be deployed."""

from __future__ import annotations

import pytest

from governance.load import load_project
from governance.parts import (
    PREFERENCES_NAMESPACE,
    BrowserNetwork,
    MemoryKind,
    Parts,
    actors,
)
from tests.governance.conftest import Shop

AGENT = "systems/shop/agents/clerk.yaml"
DEV = "environments/dev.yaml"
LIMITS = "limits: {turns: 4, seconds: 30}"


def declared(shop: Shop, *lines: str) -> Parts:
    shop.change(AGENT, LIMITS, "\n".join([*lines, LIMITS]))
    return load_project(shop.root).system("shop").agent("clerk").parts


@pytest.mark.parametrize("lines", [(), ("memory: none", "code_interpreter: none", "browser: none")])
def test_an_agent_that_declares_no_part_has_one(shop: Shop, lines: tuple[str, ...]) -> None:
    parts = declared(shop, *lines)
    assert parts == Parts()
    assert not parts


def test_a_part_is_read_as_something_else(shop: Shop) -> None:
    shop.with_users()
    parts = declared(
        shop, "memory: preferences", "memory_days: 30", "code_interpreter: sandbox", "browser: public"
    )
    assert parts.memory is not None
    assert (parts.memory.kind, parts.memory.days) == (MemoryKind.PREFERENCES, 30)
    assert (parts.code_interpreter, parts.browser) == (True, BrowserNetwork.PUBLIC)
    lines = (shop.root / AGENT).read_text(encoding="utf-8").splitlines()
    for key, source in parts.sources.items():
        file, _, number = str(source).rpartition(":")
        assert (file, lines[int(number) - 1].partition(":")[0]) == (AGENT, key)
    assert parts.described == {
        "memory": "preferences, 30 days",
        "code_interpreter": "sandbox",
        "browser": "public",
    }
    assert not load_project(shop.root).system("shop").agent("auditor").parts, "another agent got them too"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (("memory: long_term", "memory_days: 30"), "memory: is 'long_term'."),
        (("memory: true", "memory_days: 30"), "memory: is True."),
        (("memory: short_term",), "memory_days: is missing"),
        (("memory: short_term", "memory_days: 6"), "6 is less than the minimum of 7"),
        (("memory: short_term", "memory_days: 366"), "366 is greater than the maximum of 365"),
        (("memory: short_term", 'memory_days: "30"'), "must be of type integer"),
        (("memory: none", "memory_days: 30"), "memory_days: is set, but the agent has no memory"),
        (("memory_days: 30",), "memory_days: is set, but the agent has no memory"),
        (("memory: preferences", "memory_days: 30"), "the system has no users"),
        (("code_interpreter: public",), "code_interpreter: is 'public'."),
        (("browser: sandbox",), "browser: is 'sandbox'."),
        (("browser: vpc",), f"browser: is 'vpc', but {DEV} has no subnets"),
        (("memories: short_term",), "memories: is not a known key"),
    ],
)
def test_a_part_that_cannot_be_is_taken(shop: Shop, lines: tuple[str, ...], says: str) -> None:
    shop.change(AGENT, LIMITS, "\n".join([*lines, LIMITS]))
    assert says in "\n".join(map(str, shop.problems()))


def test_an_exchange_of_an_agent_with_a_memory_may_not_fit_one_event(shop: Shop) -> None:
    shop.change(AGENT, LIMITS, "memory: short_term\nmemory_days: 7\nlimits: {turns: 50, seconds: 30}")
    (problem,) = shop.problems()
    assert "limits.turns: is 50; with a memory 49 is the most" in str(problem)
    shop.change(AGENT, "turns: 50", "turns: 49")
    assert load_project(shop.root)


def test_a_browser_is_refused_in_a_vpc_that_there_is(shop: Shop) -> None:
    network = "network: {mode: vpc, subnets: [subnet-0a1b2c3d], security_groups: [sg-0a1b2c3d]}"
    shop.change(DEV, "network: {mode: public}", network)
    assert declared(shop, "browser: vpc").browser is BrowserNetwork.VPC


def test_one_users_namespace_is_the_beginning_of_anothers() -> None:
    assert PREFERENCES_NAMESPACE.endswith("/")
    ann, anna = (PREFERENCES_NAMESPACE.replace("{actorId}", f"user-{name}") for name in ("ann", "anna"))
    assert not anna.startswith(ann)


def test_a_sessions_actor_passes_for_a_users() -> None:
    assert actors(users=True) == "user-*"
    assert actors(users=False) == "session-*"
