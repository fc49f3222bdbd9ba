"""Small random systems whose names lie as close together as the declaration allows, and names nobody declared."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

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

HERE = Source("systems/s/system.yaml", 1)
SYSTEMS = ("s", "s-a", "agent")
AGENTS = ("a", "a-b", "ab", "b", "agent")
TARGETS = ("t", "T", "t-a", "ta", "call")
TOOLS = ("a", "a_", "A", "a__b", "a___b", "b", "t___a", "file")
SCHEMA = {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}

MayCall = Any
"""As declared: "*", or target → "*" or a list of tools."""


@dataclass(frozen=True)
class Declared:
    """A system, and beside it what was declared, for an expectation that shares no code with the system."""

    system: System
    targets: Mapping[str, tuple[str, ...]]
    may_call: Mapping[str, MayCall]

    def allowed(self, agent: str | None, name: str) -> bool:
        """Whether a full tool name is granted, read from the declaration by hand."""
        if agent is None or agent not in self.may_call:
            return False
        target, separator, tool = name.partition("___")
        if not separator or tool not in self.targets.get(target, ()):
            return False
        granted = self.may_call[agent]
        return bool(granted == "*" or granted.get(target) == "*" or tool in granted.get(target, ()))


@st.composite
def systems(draw: st.DrawFn) -> Declared:
    """1–3 agents, 1–2 targets of any kind with 1–2 tools, every form of `may_call`."""
    targets = {target: tuple(draw(_some(TOOLS, 1, 2))) for target in draw(_some(TARGETS, 1, 2))}
    may_call = {agent: draw(_may_call(targets)) for agent in draw(_some(AGENTS, 1, 3))}
    name = draw(st.sampled_from(SYSTEMS))
    kinds = {target: draw(st.sampled_from(list(TargetKind))) for target in targets}
    return Declared(system_of(name, targets, may_call, kinds), targets, may_call)


def _some(names: tuple[str, ...], least: int, most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), min_size=least, max_size=most, unique=True)


def _may_call(targets: Mapping[str, tuple[str, ...]]) -> st.SearchStrategy[MayCall]:
    """Each target: nothing, "*", or some of its tools."""
    each = {
        target: st.one_of(st.none(), st.just("*"), _some(tools, 1, len(tools)))
        for target, tools in targets.items()
    }
    chosen = st.fixed_dictionaries(each).map(
        lambda given: {target: value for target, value in given.items() if value is not None}
    )
    return st.one_of(chosen, chosen, chosen, st.just("*"))


def system_of(
    name: str,
    targets: Mapping[str, tuple[str, ...]],
    may_call: Mapping[str, MayCall],
    kinds: Mapping[str, TargetKind] | None = None,
) -> System:
    """A system of these; targets are lambdas where `kinds` says nothing else."""
    agents = tuple(
        Agent(
            name=agent,
            purpose="Does things.",
            owner="us",
            protocol=Protocol.HTTP,
            model="small",
            grants=tuple(_grants(targets, granted)),
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
                tools=tuple(_tool(target, tool) for tool in tools),
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
    )


def _tool(target: str, tool: str) -> Tool:
    return Tool(tool, target, "Does a thing.", SCHEMA, Effect.READ, DataClass.PUBLIC, Egress.NONE, HERE)


def _grants(targets: Mapping[str, tuple[str, ...]], granted: MayCall) -> Iterator[Grant]:
    """As the loader expands a declaration: `"*"` means the tools that are declared now."""
    for target, tools in targets.items():
        asked = granted if granted == "*" else granted.get(target, ())
        for tool in tools:
            if asked == "*" or tool in asked:
                yield Grant(f"{target}___{tool}", HERE, wildcard=asked == "*")


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
