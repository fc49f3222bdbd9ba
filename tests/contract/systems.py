"""Small random systems whose names lie as close together as the declaration allows, and names nobody declared."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from governance import search
from governance.binding import ArgumentRule, RuleKind, Users
from governance.model import (
    Agent,
    DataClass,
    Effect,
    Egress,
    Grant,
    Limits,
    Protocol,
    Source,
    System,
    Target,
    TargetKind,
    Tool,
)
from governance.shadow import Shadow, WouldRefuse
from tests.contract.arguments import CLAIMS, PEOPLE, Rule, Rules, Try, cedar_holds, keeps, kind_of, some_rules

SEARCH = "x_amz_bedrock_agentcore_search"
HERE = Source("systems/s/system.yaml", 1)
SYSTEMS = ("s", "s-a", "agent")
AGENTS = ("a", "a-b", "ab", "b", "agent")
TARGETS = ("t", "T", "t-a", "ta", "call")
TOOLS = ("a", "a_", "A", "a__b", "a___b", "b", "t___a", "file")

MayCall = Any
"""As declared: "*", or target → "*" or a list of tools, some as `{"tool", "shadow": calls or arguments}`."""


@dataclass(frozen=True)
class Expected:
    """What becomes of a call: `today`, and `later` without any shadow; `cedar` is Cedar's part of today."""

    today: bool
    later: bool
    cedar: bool


@dataclass(frozen=True)
class Declared:
    """A system, and beside it what was declared, for an expectation that shares no code with the system."""

    system: System
    targets: Mapping[str, tuple[str, ...]]
    may_call: Mapping[str, MayCall]
    rules: Mapping[str, Rules] = field(default_factory=dict)
    """Full name → its rules."""
    users: bool = False
    searching: frozenset[str] = frozenset()
    """The agents that may use the gateway's own search."""

    def expected(self, agent: str | None, name: str, made: Try) -> Expected:
        """What the declaration says about a call, read from it by hand.

        Cedar does not see the user, so what only the user breaks is no business of its. A value it has no form
        for it refuses whatever the rules say.
        """
        entry = self._entry(agent, name)
        if entry is None:
            return Expected(today=False, later=False, cedar=False)
        shadow = entry if entry in ("calls", "arguments") else None
        person = None if made.user is None else PEOPLE.get(made.user)
        sound = made.user is None or (self.users and person is not None)
        broken = [rule for argument, rule in self.rules.get(name, {}).items()
                  if not keeps(rule, made.arguments, argument, person)]  # fmt: skip
        own = sound and not any("bind" in rule for rule in broken)
        others = not any("bind" not in rule for rule in broken)
        return Expected(
            today=own and (others or shadow == "arguments"),
            later=own and others and shadow != "calls",
            cedar=(others or shadow == "arguments") and cedar_holds(made.arguments),
        )

    def _entry(self, agent: str | None, name: str) -> str | None:
        """None for a name that is not granted, `calls` or `arguments` for one in shadow mode, else `granted`."""
        if name == SEARCH:
            return "granted" if agent in self.searching else None
        target, separator, tool = name.partition("___")
        if (
            agent is None
            or agent not in self.may_call
            or not separator
            or tool not in self.targets.get(target, ())
        ):
            return None
        granted = self.may_call[agent]
        if granted == "*" or granted.get(target) == "*":
            return "granted"
        for entry in granted.get(target, ()):
            if entry == tool:
                return "granted"
            if isinstance(entry, dict) and entry["tool"] == tool:
                return str(entry["shadow"])
        return None


def random_system(seed: int) -> Declared:
    """1–3 agents, 1–2 targets of any kind with 1–2 tools, every form of `may_call` and of rules, users in two of
    three."""
    random = Random(seed)  # noqa: S311 - the same systems in every run
    users = random.random() < 2 / 3
    targets = {target: tuple(_some(random, TOOLS, 2)) for target in _some(random, TARGETS, 2)}
    rules = {
        f"{target}___{tool}": some_rules(random, users) for target, tools in targets.items() for tool in tools
    }
    may_call = {agent: _may_call(random, targets, rules) for agent in _some(random, AGENTS, 3)}
    kinds = {target: random.choice(tuple(TargetKind)) for target in targets}
    searching = frozenset(agent for agent in may_call if random.random() < 1 / 4)
    system = system_of(random.choice(SYSTEMS), targets, may_call, rules, users, kinds, searching)
    # One in four as if it were large, so that its badges are of several resource servers.
    split = random.random() < 1 / 4
    return Declared(replace(system, split=split), targets, may_call, rules, users, searching)


def declared(
    name: str,
    targets: Mapping[str, tuple[str, ...]],
    may_call: Mapping[str, MayCall],
    rules: Mapping[str, Rules] | None = None,
    users: bool = False,
) -> Declared:
    """A system declared like this."""
    system = system_of(name, targets, may_call, rules or {}, users)
    return Declared(system, targets, may_call, rules or {}, users)


def _some(random: Random, names: Sequence[str], most: int) -> list[str]:
    return random.sample(names, random.randint(1, min(most, len(names))))


def _may_call(random: Random, targets: Mapping[str, tuple[str, ...]], rules: Mapping[str, Rules]) -> MayCall:
    """Each target: nothing, "*", or some of its tools; a tool of a list may be in shadow mode."""
    if random.random() < 1 / 4:
        return "*"
    granted: dict[str, Any] = {}
    for target, tools in targets.items():
        how = random.choice(("nothing", "*", "some", "some"))
        if how != "nothing":
            chosen = _some(random, tools, len(tools))
            granted[target] = "*" if how == "*" else [
                _entry(random, tool, rules[f"{target}___{tool}"]) for tool in chosen
            ]  # fmt: skip
    return granted


def _entry(random: Random, tool: str, rules: Rules) -> Any:
    relaxable = any("bind" not in rule for rule in rules.values())
    shadow = random.choice((None, None, "calls", "arguments" if relaxable else None))
    return tool if shadow is None else {"tool": tool, "shadow": shadow}


def system_of(
    name: str,
    targets: Mapping[str, tuple[str, ...]],
    may_call: Mapping[str, MayCall],
    rules: Mapping[str, Rules],
    users: bool,
    kinds: Mapping[str, TargetKind] | None = None,
    searching: frozenset[str] = frozenset(),
) -> System:
    """The same as the loader's values; targets are lambdas where `kinds` says nothing else. Search is on where
    somebody may use it."""
    agents = tuple(
        Agent(
            name=agent,
            purpose="Does things.",
            owner="us",
            protocol=Protocol.HTTP,
            model="small",
            grants=(*_grants(targets, granted), *([Grant(SEARCH, HERE)] if agent in searching else ())),
            delegates=(),
            limits=Limits(1, 1),
            source=HERE,
        )
        for agent, granted in may_call.items()
    )
    return System(
        name=name,
        title=name,
        description=name,
        entry_agent=agents[0].name,
        agents=agents,
        targets=tuple(
            Target(
                name=target,
                kind=(kinds or {}).get(target, TargetKind.LAMBDA),
                description=target,
                tools=tuple(_tool(target, tool, rules.get(f"{target}___{tool}", {})) for tool in tools),
                source=HERE,
            )
            for target, tools in targets.items()
        ),
        tables=(),
        providers=(),
        directory=f"systems/{name}",
        source=HERE,
        languages=("en",),
        utc_offset="+00:00",
        users=Users("People", CLAIMS, "people", "id", HERE) if users else None,
        search=search.tool(HERE) if searching else None,
    )


def _tool(target: str, tool: str, rules: Rules) -> Tool:
    properties = {name: {"type": kind_of(rule)} for name, rule in rules.items()}
    return Tool(
        name=tool,
        target=target,
        description="Does a thing.",
        input_schema={"type": "object", "properties": properties, "required": list(rules)},
        effect=Effect.READ,
        data=DataClass.PUBLIC,
        egress=Egress.NONE,
        source=HERE,
        rules=tuple(_rule(name, rule) for name, rule in rules.items()),
    )


def _rule(argument: str, rule: Rule) -> ArgumentRule:
    if "bind" in rule:
        return ArgumentRule(argument, RuleKind.USER, HERE, (rule["bind"].removeprefix("user."),))
    if "equals" in rule:
        return ArgumentRule(argument, RuleKind.EQUALS, HERE, (rule["equals"],))
    if "one_of" in rule:
        return ArgumentRule(argument, RuleKind.ONE_OF, HERE, tuple(rule["one_of"]))
    return ArgumentRule(argument, RuleKind.RANGE, HERE, least=rule.get("min"), most=rule.get("max"))


def _grants(targets: Mapping[str, tuple[str, ...]], granted: MayCall) -> Iterator[Grant]:
    """As the loader expands a declaration: `"*"` means the tools that are declared now."""
    for target, tools in targets.items():
        asked = granted if granted == "*" else granted.get(target, ())
        for tool in tools:
            for entry in (tool,) if asked == "*" else asked:
                plain = {"tool": entry, "shadow": None} if isinstance(entry, str) else entry
                if plain["tool"] == tool:
                    kind = plain["shadow"]
                    shadow = None if kind is None else Shadow(WouldRefuse(kind), "For now.", HERE)
                    yield Grant(f"{target}___{tool}", HERE, wildcard=asked == "*", shadow=shadow)


def mangled(name: str) -> tuple[str, ...]:
    """Other names that somebody careless could take for `name`. Some may be declared themselves."""
    target, _, tool = name.partition("___")
    others = (
        name.upper(),
        name.lower(),
        name.swapcase(),
        name.replace("___", "__"),
        name.replace("___", "____"),
        f" {name}",
        f"{name} ",
        f"{name}\n",
        f"{name}\x00",
        f"{name[:2]}\u200b{name[2:]}",
        f"\ufeff{name}",
        name.replace("a", "а"),  # Cyrillic
        "".join(chr(ord(letter) + 0xFEE0) for letter in name),  # full width
        unicodedata.normalize("NFC", f"{name}e\u0301"),
        unicodedata.normalize("NFD", f"{name}é"),
        name.replace("_", "%5F"),
        name.replace("_", "\\u005f"),
        name.replace("___", "\uff3f\uff3f\uff3f"),
        name[:-1],
        f"{name}_",
        f"{name}a",
        f"x{name}",
        tool,
        target,
        f"{target}___",
        f"{target}___{name}",
        f"{target}___*",
        f"{tool}___{target}",
        f'{name}", AgentCore::Action::"{name}',
    )
    return tuple(other for other in others if other != name)
