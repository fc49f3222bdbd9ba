"""What the layers decided on each gateway request of a trace, joined from their single decisions.

The gateway's own layers say which span they belong to. An interceptor's line comes from a function that knows the
trace only; it belongs to the first request with its method, tool, id and agent that lacks one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ORDER = ("authorizer", "rate_limit", "interceptor", "policy")
"""The layers as a request passes them."""


@dataclass
class Decided:
    """The decisions on one gateway request, by layer."""

    layers: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        return any(refuses(event) for event in self.layers.values())

    @property
    def method(self) -> str | None:
        return next((event["method"] for event in self.layers.values() if event.get("method")), None)

    @property
    def agent(self) -> str | None:
        return next((str(event["agent"]) for event in self.layers.values() if event.get("agent")), None)

    def document(self) -> dict[str, Any]:
        """As the control interface shows it: what was decided, by which layer, for which reason and source line."""
        ordered = sorted(self.layers.items(), key=lambda item: _place(item[0]))
        events = [event for _, event in ordered]
        refusing = next((event for event in events if refuses(event)), None)
        telling = refusing or self.layers.get("interceptor") or events[-1]
        return {
            "agent": self.agent,
            "method": self.method,
            "tool": telling.get("tool"),
            "effect": "deny" if refusing else "allow",
            "layer": telling.get("layer"),
            "reason": telling.get("reason"),
            "source": next((event["source"] for event in (telling, *events) if event.get("source")), None),
            "would_refuse": None if refusing else telling.get("would_refuse"),
            "switched_off": [name for event in events for name in event.get("switched_off") or ()],
            "layers": {
                layer: {key: event.get(key) for key in ("effect", "reason", "source", "micros")}
                for layer, event in ordered
            },
        }


def refuses(event: Mapping[str, Any]) -> bool:
    """Whether this decision sent its request away; a policy engine that only logs does not."""
    return event.get("effect") != "allow" and event.get("enforced", True) is not False


def joined(spans: Sequence[str], events: Iterable[Mapping[str, Any]]) -> dict[str, Decided]:
    """The decisions by gateway span, of those named in `spans`, which stand in the order they began."""
    found: dict[str, Decided] = {}
    lines = []
    for event in events:
        span = event.get("span_id")
        if span is None:
            lines.append(event)
        elif span in spans:
            found.setdefault(span, Decided()).layers.setdefault(str(event.get("layer")), event)
    for line in lines:
        for span in spans:
            decided = found.get(span)
            if decided is not None and "interceptor" not in decided.layers and _same(decided, line):
                decided.layers["interceptor"] = line
                break
    return found


def _same(decided: Decided, line: Mapping[str, Any]) -> bool:
    other = next(iter(decided.layers.values()))
    if any(other.get(key) != line.get(key) for key in ("method", "tool", "request_id")):
        return False
    return decided.agent is None or line.get("agent") in (None, decided.agent)


def _place(layer: str) -> int:
    return ORDER.index(layer) if layer in ORDER else len(ORDER)
