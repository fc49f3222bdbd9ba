"""The graph of a stage as SVG: agents, the gateway, targets, what is behind them, and who may invoke whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from review.effect import Effect
from review.model import AccessModel
from review.topology import backends

_COLUMNS = (20, 300, 560, 820)
_WIDTH, _HEIGHT, _GAP, _TOP = 190, 34, 14, 40
MAX_NODES = 60
"""Of one column; more is no picture any more, and the table says it better."""


@dataclass(frozen=True)
class Node:
    """A box: `kind` is a CSS class."""

    id: str
    label: str
    kind: str
    x: int
    y: int


@dataclass(frozen=True)
class Edge:
    """A line from box to box as an SVG path; `title` is told where the pointer rests."""

    path: str
    kind: str
    title: str


@dataclass(frozen=True)
class Drawing:
    """Size and contents of the picture, and in words what it shows."""

    width: int
    height: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    heads: tuple[tuple[int, str], ...]
    words: str


def draw(model: AccessModel) -> Drawing | None:
    """None where there is nothing to draw, or too much."""
    agents = sorted({*model.agents, *(cell.subject for cell in model.matrix)})
    targets = sorted({(tool.gateway, tool.target) for tool in model.tools})
    reached = backends(model)
    behind = sorted({name for names in reached.values() for name in names})
    columns = (agents, [gateway.id for gateway in model.gateways], [name for _, name in targets], behind)
    if not agents or not model.gateways or max(map(len, columns)) > MAX_NODES:
        return None
    tallest = max(map(len, columns))
    nodes: dict[tuple[int, str], Node] = {}
    for number, names in enumerate(columns):
        offset = (tallest - len(names)) * (_HEIGHT + _GAP) // 2
        for index, name in enumerate(names):
            y = _TOP + offset + index * (_HEIGHT + _GAP)
            kind = ("agent", "gateway", "target", "store")[number]
            nodes[(number, name)] = Node(f"n{number}-{index}", _short(name), kind, _COLUMNS[number], y)
    edges = [*_calls(model, nodes), *_reached(targets, reached, nodes), *_delegations(model, nodes)]
    height = _TOP + tallest * (_HEIGHT + _GAP) + 10
    heads = tuple(zip(_COLUMNS, ("Agents", "Gateway", "Targets", "Behind them"), strict=True))
    counts = (f"{len(agents)} callers", f"{len(columns[1])} gateways", f"{len(targets)} targets")
    words = ", ".join((*counts, f"{len(behind)} things behind them"))
    return Drawing(_COLUMNS[-1] + _WIDTH + 20, height, tuple(nodes.values()), tuple(edges), heads, words)


def _short(name: str) -> str:
    return name if len(name) <= 25 else name[:24] + "…"


def _line(one: Node, other: Node) -> str:
    x1, y1 = one.x + _WIDTH, one.y + _HEIGHT // 2
    x2, y2 = other.x, other.y + _HEIGHT // 2
    middle = (x1 + x2) // 2
    return f"M{x1} {y1} C{middle} {y1} {middle} {y2} {x2} {y2}"


def _calls(model: AccessModel, nodes: Mapping[tuple[int, str], Node]) -> Iterable[Edge]:
    called: dict[tuple[str, str], int] = {}
    reached: dict[tuple[str, str], set[str]] = {}
    target_of = {(tool.gateway, tool.name): tool.target for tool in model.tools}
    for cell in model.matrix:
        if cell.effect is not Effect.DENY:
            called[(cell.subject, cell.gateway)] = called.get((cell.subject, cell.gateway), 0) + 1
            reached.setdefault((cell.gateway, target_of[(cell.gateway, cell.tool)]), set()).add(cell.subject)
    for (subject, gateway), count in sorted(called.items()):
        yield Edge(
            _line(nodes[(0, subject)], nodes[(1, gateway)]), "call", f"{subject} may call {count} tools"
        )
    for (gateway, target), subjects in sorted(reached.items()):
        title = f"{target} for {', '.join(sorted(subjects))}"
        yield Edge(_line(nodes[(1, gateway)], nodes[(2, target)]), "call", title)


def _reached(
    targets: Sequence[tuple[str, str]],
    behind: Mapping[str, Sequence[str]],
    nodes: Mapping[tuple[int, str], Node],
) -> Iterable[Edge]:
    for _, target in targets:
        for name in behind.get(target, ()):
            yield Edge(_line(nodes[(2, target)], nodes[(3, name)]), "reach", f"{target} reaches {name}")


def _delegations(model: AccessModel, nodes: Mapping[tuple[int, str], Node]) -> Iterable[Edge]:
    for agent, others in sorted(model.delegation().items()):
        for other in others:
            one, two = nodes[(0, agent)], nodes[(0, other)]
            y1, y2 = one.y + _HEIGHT // 2, two.y + _HEIGHT // 2
            # Round the left side, so that it does not cross the calls.
            path = f"M{one.x} {y1} C{one.x - 18} {y1} {two.x - 18} {y2} {two.x} {y2}"
            yield Edge(path, "delegate", f"{agent} may invoke {other}")
