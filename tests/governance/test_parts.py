"""Memory, code interpreter and browser: none unless declared, and only in forms that can be deployed."""

from __future__ import annotations

import re

import pytest

from governance.load import load_project
from governance.names import Names
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


def test_a_browser_of_another_network_has_the_name_of_the_one_before() -> None:
    """Its network cannot be changed, and the one before still has its name when the next one is made."""
    names = Names("shop", "dev")
    made = {names.browser("clerk", network) for network in ((), ("subnet-a",), ("subnet-a", "subnet-b"))}
    assert len(made) == 3
    assert names.browser("clerk", ()) == names.part("clerk")
    assert names.browser("clerk", ("subnet-b", "subnet-a")) == names.browser(
        "clerk", ("subnet-a", "subnet-b")
    )
    assert len(names.browser("clerk", ("subnet-a",))) == len(names.part("clerk")) + 9


@pytest.mark.parametrize("may_call", ["{}", '"*"'])
@pytest.mark.parametrize(
    ("line", "idle"),
    [
        ("memory: short_term\nmemory_days: 7", True),
        ("browser: none", True),
        ("browser: public", False),
        ("code_interpreter: sandbox", False),
    ],
)
def test_an_agent_that_can_only_guess_is_taken(shop: Shop, may_call: str, line: str, idle: bool) -> None:
    """Told where it is declared, before anybody asks it; a wildcard grants what there is."""
    shop.change(AGENT, "[auditor]", "[]")
    granted = re.search(r"may_call:.*?(?=\nmay_delegate_to)", (shop.root / AGENT).read_text(), re.DOTALL)
    assert granted is not None
    shop.change(AGENT, granted[0], f"may_call: {may_call}\n{line}")
    found = list(map(str, shop.problems()))
    if may_call == "{}" and idle:
        assert found == [
            f"{AGENT}:6: may_call: grants no tool, and the agent delegates to nobody and has no code interpreter or "
            "browser: it would refuse every request. Grant it a tool, or remove the agent."
        ]
    else:
        assert found == []


def test_an_agent_that_delegates_and_calls_nothing_is_refused(shop: Shop) -> None:
    text = (shop.root / AGENT).read_text()
    granted = re.search(r"may_call:.*?(?=\nmay_delegate_to)", text, re.DOTALL)
    assert granted is not None and "[auditor]" in text
    shop.change(AGENT, granted[0], "may_call: {}")
    assert shop.problems() == ()


def test_one_users_namespace_is_the_beginning_of_anothers() -> None:
    assert PREFERENCES_NAMESPACE.endswith("/")
    ann, anna = (PREFERENCES_NAMESPACE.replace("{actorId}", f"user-{name}") for name in ("ann", "anna"))
    assert not anna.startswith(ann)


def test_a_sessions_actor_passes_for_a_users() -> None:
    assert actors(users=True) == "user-*"
    assert actors(users=False) == "session-*"
