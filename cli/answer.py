"""What came of one question: collected from the agent's events and the platform's decisions, then shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ORDER = ("authorizer", "rate_limit", "interceptor", "policy")
"""The layers in the order a call passes them."""


@dataclass
class ToolUse:
    """One use of a tool by an agent. `status` is ok, error or refused; `ms` is its time, or None."""

    agent: str
    tool: str
    status: str
    ms: float | None


@dataclass
class Answer:
    """An agent's answer. `error` is the error event, if that is how it ended."""

    text: str = ""
    tools: list[ToolUse] = field(default_factory=list)
    error: Mapping[str, Any] | None = None
    finished: bool = False
    results: list[Mapping[str, Any]] = field(default_factory=list)
    """What of tools' answers the agents show as it is; a terminal has no use for it."""

    def take(self, event: Mapping[str, Any]) -> str:
        """Adds one event of the stream; returns the text it brought, to be shown at once."""
        kind = event.get("type")
        if kind == "text":
            self.text += str(event.get("text", ""))
            return str(event.get("text", ""))
        if kind == "tool" and event.get("status") != "started":
            self.tools.append(
                ToolUse(
                    str(event.get("agent")), str(event.get("tool")), str(event.get("status")), event.get("ms")
                )
            )
        elif kind == "result":
            self.results.append({key: event.get(key) for key in ("agent", "tool", "data")})
        elif kind == "error":
            self.error = event
        elif kind == "done":
            self.finished = True
        return ""

    @property
    def agents(self) -> list[str]:
        """The agents that took part, in the order their tools answered."""
        return list(dict.fromkeys(use.agent for use in self.tools))


@dataclass(frozen=True)
class Decided:
    """What the layers decided on one request: `layers` pairs each layer with its effect, in passing order."""

    agent: str | None
    method: str
    tool: str | None
    effect: str
    layers: tuple[tuple[str, str], ...]
    reason: str
    source: str | None
    switched_off: tuple[str, ...] = ()
    """The thrown switches that refused the call, or shortened the list."""
    would_refuse: str | None = None
    """Why the call is refused once the shadow of its grant ends; None for a call that stays allowed."""

    def as_json(self) -> dict[str, Any]:
        return {
            "agent": self.agent,
            "method": self.method,
            "tool": self.tool,
            "effect": self.effect,
            "layers": dict(self.layers),
            "reason": self.reason,
            "source": self.source,
            "switched_off": list(self.switched_off),
            "would_refuse": self.would_refuse,
        }


def decided(events: Iterable[Mapping[str, Any]]) -> list[Decided]:
    """Joins the layers' decision events of each gateway request, in order of arrival.

    A layer decides once per request, so a layer seen again begins the next request of that agent and tool.
    """
    open_groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    groups: list[list[Mapping[str, Any]]] = []
    for event in events:
        if event.get("event") != "decision":
            continue
        key = (event.get("method"), event.get("tool"), event.get("request_id"), event.get("agent"))
        group = open_groups.get(key)
        if group is None or any(other.get("layer") == event.get("layer") for other in group):
            group = open_groups[key] = []
            groups.append(group)
        group.append(event)
    return [_joined(group) for group in groups]


def _joined(group: list[Mapping[str, Any]]) -> Decided:
    ordered = sorted(
        group, key=lambda event: ORDER.index(event["layer"]) if event.get("layer") in ORDER else 9
    )
    refusing = next((event for event in ordered if event.get("effect") != "allow"), None)
    telling = refusing or next(
        (event for event in ordered if event.get("layer") == "interceptor"), ordered[-1]
    )
    return Decided(
        agent=telling.get("agent"),
        method=str(telling.get("method") or ""),
        tool=telling.get("tool"),
        effect="deny" if refusing else "allow",
        layers=tuple((str(event.get("layer")), str(event.get("effect"))) for event in ordered),
        reason=str(telling.get("reason") or ""),
        # What refuses tells by what, if it knows; else the line that grants says what was asked for.
        source=next((str(event["source"]) for event in (telling, *ordered) if event.get("source")), None),
        switched_off=tuple(
            dict.fromkeys(str(switch) for event in ordered for switch in event.get("switched_off") or ())
        ),
        would_refuse=None if refusing else _would_refuse(telling),
    )


def _would_refuse(event: Mapping[str, Any]) -> str | None:
    if not event.get("would_refuse"):
        return None
    return " ".join(str(event[key]) for key in ("would_refuse", "detail") if event.get(key))


def lines(answer: Answer, decisions: Sequence[Decided]) -> list[str]:
    """The part under the answer: agents and tools, then every decision."""
    shown = ["", "agents and tools"]
    if not answer.tools:
        shown.append("  (no tool was used)")
    for use in answer.tools:
        took = f"{use.ms:6.0f} ms" if isinstance(use.ms, int | float) else ""
        shown.append(f"  {use.agent:<13} {use.tool:<40} {use.status:<8}{took}".rstrip())
    shown.append("decisions")
    calls = 0
    for decision in decisions:
        if decision.method != "tools/call":
            continue
        calls += 1
        shown.append(decision_line(decision))
    if not calls:
        shown.append("  (no call reached the gateway)")
    others = [decision for decision in decisions if decision.method != "tools/call"]
    for effect, word in (("allow", "allowed"), ("deny", "refused")):
        names = sorted({f"{item.agent or '?'} {item.method}" for item in others if item.effect == effect})
        if names:
            shown.append(f"  also {word}: {', '.join(names)}")
    return [*shown, *switched_off(decisions)]


def switched_off(decisions: Sequence[Decided]) -> list[str]:
    """A line for each thrown switch that had a part in it, and how it is undone."""
    thrown = dict.fromkeys(switch for decision in decisions for switch in decision.switched_off)
    return [f"  switched off: {switch} (./airside switch on --{switch})" for switch in thrown]


def decision_layers(layers: Iterable[tuple[str, str]]) -> str:
    """What each layer said, in passing order."""
    return " ".join(f"{layer}={effect}" for layer, effect in layers)


def decision_line(decision: Decided) -> str:
    """One decision: effect, who, what, and what each layer said."""
    layers = decision_layers(decision.layers)
    refused = decision.effect != "allow"
    # Of a refusal the reason comes first: the line it stems from does not tell which of its rules.
    why = " ".join(filter(None, (decision.reason if refused else None, decision.source))) or decision.reason
    if decision.would_refuse:
        why += f"  would be refused: {decision.would_refuse}"
    word = "refused" if refused else "allowed"
    who, what = decision.agent or "(unknown)", decision.tool or decision.method
    return f"  {word:<8} {who:<13} {what:<40} {layers}  {why}"
