"""A call passes if and only if exactly that tool is granted to exactly that agent."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway_interceptor.decide import KNOWN_METHODS, NOTIFICATIONS, SEARCH_TOOL, decide, may_see
from gateway_interceptor.policy import Policy, parse
from tests.functions.interceptor.world import BOOKING, LOYALTY, POLICY, SOURCE

NAMES = st.from_regex(r"[a-z]{1,3}___[a-z_]{1,4}", fullmatch=True)
AGENTS = st.sampled_from(["a", "b", "c", "agent-x"])


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    tools = draw(st.lists(NAMES, unique=True, min_size=1, max_size=6))
    agents = draw(st.lists(AGENTS, unique=True, max_size=4))
    granted = {agent: draw(st.lists(st.sampled_from(tools), unique=True)) for agent in agents}
    return parse(
        json.dumps(
            {
                "version": 3,
                "system": "s",
                "environment": "e",
                "badges": {f"s/agent.{agent}": agent for agent in agents},
                "grants": {agent: dict.fromkeys(tools, "f:1") for agent, tools in granted.items()},
                "tools": tools,
                "users": None,
                "arguments": {},
            }
        ).encode()
    )


def _mangle(name: str, way: int, other: str) -> str:
    """A name like the given one, but (mostly) another."""
    target, _, tool = name.partition("___")
    ways = [
        name,
        name.upper(),
        name.title(),
        name + " ",
        " " + name,
        name + "\x00",
        name + "\n",
        name[:1] + "\u200b" + name[1:],
        name + "\u0301",
        name.replace("a", "а"),
        name.translate({ord(c): ord(c) + 0xFEE0 for c in "abcdefghijklmnopqrstuvwxyz"}),
        unicodedata.normalize("NFKC", name + "\ufe0e"),
        name.replace("___", "__"),
        name.replace("___", "____"),
        name.replace("_", "%5F"),
        f"{target}___{target}___{tool}",
        f"{other.partition('___')[0]}___{tool}",
        f"{target}___",
        target,
        tool,
        name[:-1],
        name + name,
        f"{name},{other}",
        "*",
    ]
    return ways[way % len(ways)]


@settings(deadline=None, max_examples=300)
@given(policies(), AGENTS, NAMES, st.integers(0, 23), NAMES, st.data())
def test_a_call_is_allowed_if_and_only_if_it_is_granted(
    policy: Policy, agent: str, name: str, way: int, other: str, data: st.DataObject
) -> None:
    known = sorted(policy.tools)
    tool = _mangle(data.draw(st.sampled_from(known)) if data.draw(st.booleans()) else name, way, other)
    decision = decide(policy, agent, "tools/call", tool, notification=False)
    assert decision.allowed is (tool in policy.grants.get(agent, {}))
    assert decision.reason == (
        "granted" if decision.allowed else "not_granted" if tool in policy.tools else "unknown_tool"
    )
    assert (decision.source is not None) is decision.allowed
    assert may_see(policy, agent, tool) is decision.allowed


@settings(deadline=None)
@given(
    policies(),
    st.none() | AGENTS,
    st.text(max_size=30) | st.sampled_from(sorted(KNOWN_METHODS)),
    st.none() | NAMES | st.text(max_size=30),
    st.booleans(),
)
@example(parse(json.dumps(POLICY).encode()), None, "tools/list", None, True)
def test_nothing_but_the_known_methods_passes(
    policy: Policy, agent: str | None, method: str, tool: str | None, notification: bool
) -> None:
    decision = decide(policy, agent, method, tool, notification)
    if agent is None:
        assert decision.allowed is (method == "tools/list" and not notification)
    elif decision.allowed:
        assert method in KNOWN_METHODS
        assert notification is (method in NOTIFICATIONS)


@pytest.fixture
def policy() -> Policy:
    return parse(json.dumps(POLICY).encode())


def test_the_decision_names_the_line_that_grants(policy: Policy) -> None:
    decision = decide(policy, "booking", "tools/call", BOOKING, notification=False)
    assert (decision.allowed, decision.reason, decision.source) == (True, "granted", SOURCE)


def test_one_agents_grant_is_no_other_agents(policy: Policy) -> None:
    assert decide(policy, "loyalty", "tools/call", BOOKING, notification=False).reason == "not_granted"
    assert decide(policy, "idle", "tools/call", LOYALTY, notification=False).reason == "not_granted"
    assert decide(policy, "ghost", "tools/call", LOYALTY, notification=False).reason == "not_granted"


@pytest.mark.parametrize(
    "method",
    [
        "prompts/list",
        "prompts/get",
        "resources/list",
        "resources/read",
        "resources/templates/list",
        "logging/setLevel",
        "completion/complete",
        "sampling/createMessage",
        "tasks/list",
        "tools",
        "Tools/List",
    ],
)
def test_methods_nobody_grants_are_refused(policy: Policy, method: str) -> None:
    assert decide(policy, "booking", method, None, notification=False).reason == "unknown_method"


def test_search_is_a_grant_like_any_other_and_by_its_exact_name(policy: Policy) -> None:
    """It shows no more than the grants, but who may use it is declared as well."""
    allowed = decide(policy, "booking", "tools/call", SEARCH_TOOL, notification=False)
    assert (allowed.allowed, allowed.reason, allowed.source) == (True, "granted", SOURCE)
    assert may_see(policy, "booking", SEARCH_TOOL)
    for agent in ("idle", "loyalty"):
        assert decide(policy, agent, "tools/call", SEARCH_TOOL, notification=False).reason == "not_granted"
        assert not may_see(policy, agent, SEARCH_TOOL)
    assert not decide(policy, None, "tools/call", SEARCH_TOOL, notification=False).allowed
    for name in (SEARCH_TOOL.upper(), f"t___{SEARCH_TOOL}", f"{SEARCH_TOOL} "):
        assert decide(policy, "booking", "tools/call", name, notification=False).reason == "unknown_tool"


def test_a_system_without_search_lets_nobody_search() -> None:
    grants = {
        agent: {tool: at for tool, at in granted.items() if tool != SEARCH_TOOL}
        for agent, granted in POLICY["grants"].items()
    }
    tools = [tool for tool in POLICY["tools"] if tool != SEARCH_TOOL]
    without = parse(json.dumps({**POLICY, "grants": grants, "tools": tools}).encode())
    for agent in ("booking", "loyalty", "idle"):
        assert decide(without, agent, "tools/call", SEARCH_TOOL, notification=False).reason == "unknown_tool"
