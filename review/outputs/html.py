"""For people: one static page with the matrix, the graph and what was found. No script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from review import words
from review.effect import Effect
from review.gates import Cell
from review.model import AccessModel, Tool
from review.outputs import graph
from review.outputs.result import Part, Result

_HERE = Path(__file__).parent
_SIGNS = {Effect.ALLOW: "●", Effect.CONDITIONAL: "◐", Effect.DENY: "", Effect.UNKNOWN: "?"}
_LAYERS = {"authorizer": "authorizer", "interceptor": "interceptor", "policy": "policy engine"}
MAX_CELLS = 40_000
"""Of a table a browser still draws at once; beyond it only rows and columns with a grant are shown."""


@dataclass(frozen=True)
class Square:
    """One cell of the table: its sign, its words, and the layers behind it."""

    sign: str
    effect: str
    title: str
    layers: tuple[tuple[str, str, str], ...] = ()
    """layer, effect, because."""


@dataclass(frozen=True)
class Table:
    """One gateway's matrix: `columns` are subjects, `rows` tools with a square for each subject."""

    gateway: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Tool, tuple[Square, ...]], ...]
    hidden: int


def render(result: Result) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.get_template("page.html.j2")
    stages = [
        {
            "part": part,
            "tables": _tables(part.report.model) if part.report else (),
            "graph": graph.draw(part.report.model) if part.report else None,
            "verdict": _verdict(part),
        }
        for part in result.parts
    ]
    return template.render(title=result.title, stages=stages, code=result.exit_code, count=words.count)


def _verdict(part: Part) -> tuple[str, str]:
    """A word for the colour, and a sentence."""
    if part.report and part.report.model.unknowns:
        return "bad", "Some of it could not be read."
    if part.frozen is True:
        return "good", f"As approved in {part.against}."
    if part.widening:
        return "bad", f"{words.count(len(part.widening), 'change widens', 'changes widen')} access, or may."
    if part.frozen is False:
        return "fair", "Not as approved, though nothing widens."
    errors = sum(each.severity.value == "error" for each in part.report.open) if part.report else 0
    return ("bad", f"{words.count(errors, 'open error')}.") if errors else ("good", "No open error.")


def _tables(model: AccessModel) -> tuple[Table, ...]:
    return tuple(_table(model, gateway.id) for gateway in model.gateways)


def _table(model: AccessModel, gateway: str) -> Table:
    cells = {(cell.subject, cell.tool): cell for cell in model.matrix if cell.gateway == gateway}
    tools: Sequence[Tool] = [tool for tool in model.tools if tool.gateway == gateway]
    subjects = sorted({*model.agents, *(subject for subject, _ in cells)})
    hidden = 0
    if len(tools) * len(subjects) > MAX_CELLS:
        used = {tool for _, tool in cells}
        hidden = sum(tool.name not in used for tool in tools)
        tools = [tool for tool in tools if tool.name in used]
    rows = tuple((tool, tuple(_square(cells, subject, tool) for subject in subjects)) for tool in tools)
    return Table(gateway, tuple(subjects), rows, hidden)


def _square(cells: Mapping[tuple[str, str], Cell], subject: str, tool: Tool) -> Square:
    cell = cells.get((subject, tool.name))
    if cell is None:
        return Square("", "deny", f"{subject} may not call {tool.name}")
    verb = {
        Effect.ALLOW: "may call",
        Effect.CONDITIONAL: "may, on conditions, call",
        Effect.DENY: "may not call",
        Effect.UNKNOWN: "may or may not call",
    }[cell.effect]
    layers = []
    for name in _LAYERS:
        layer = getattr(cell, name)
        where = f" ({layer.place.declared})" if layer.place.declared else ""
        only = f" if {' and '.join(map(words.condition, layer.conditions))}" if layer.conditions else ""
        layers.append((_LAYERS[name], layer.effect.value, words.told(layer.because) + only + where))
    # A wall less than there should be is seen, though the call is still refused.
    sign = "◌" if cell.effect is Effect.DENY else _SIGNS[cell.effect]
    return Square(sign, cell.effect.value, f"{subject} {verb} {tool.name}", tuple(layers))
