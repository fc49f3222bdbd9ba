"""`./airside explain --assembly`: the same questions about any synthesized assembly, and ways over delegation."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.outcome import CLEAN, FOUND, Failure, show, show_json

if TYPE_CHECKING:
    from governance.access import AccessMatrix
    from governance.model import System
    from review.explain import Explanation, Hop
    from review.model import AccessModel, Cell
    from review.stage import Place


def run(arguments: argparse.Namespace) -> int:
    from review import explain
    from review.errors import Unreadable

    try:
        model = _model(arguments)
        if arguments.path:
            agent, tool = arguments.path
            return _ways(arguments, explain.paths(model, agent, tool))
        if arguments.who_can:
            return _listing(arguments, explain.who_can(model, arguments.who_can))
        if arguments.what_can:
            return _listing(arguments, explain.what_can(model, arguments.what_can))
        return _cell(arguments, explain.explain(model, arguments.agent, arguments.tool))
    except (Unreadable, explain.Unknown) as error:
        raise Failure(str(error)) from None


def _model(arguments: argparse.Namespace) -> AccessModel:
    from cli import reviewing
    from review.collect import collect
    from review.errors import Unreadable

    models = [collect(stage) for stage in reviewing.stages(arguments)]
    # Stages beside the systems hold nothing to call, such as settings of the account.
    serving = [model for model in models if model.gateways] or models
    if len(serving) != 1:
        named = ", ".join(model.stage for model in serving) or "none"
        raise Failure(f"{arguments.assembly}: name one stage with --stage. There: {named}.")
    if serving[0].unknowns:
        raise Unreadable(f"{serving[0].stage}: {serving[0].unknowns[0]}")
    return serving[0]


def declared_ways(arguments: argparse.Namespace, system: System, matrix: AccessMatrix) -> int:
    """`--path` over what is declared."""
    from review.explain import Hop, ways

    agent, tool = arguments.path
    graph = {
        each.name: [Hop(each.name, other.agent, str(other.source)) for other in each.delegates]
        for each in system.agents
    }
    return _ways(arguments, tuple(ways(graph, agent, set(matrix.agents_of(tool)).__contains__)))


def _ways(arguments: argparse.Namespace, found: Sequence[Sequence[Hop]]) -> int:
    agent, tool = arguments.path
    if arguments.json:
        show_json(
            [
                [
                    {
                        "caller": hop.caller,
                        "callee": hop.callee,
                        "source": where(arguments.assembly, hop.place),
                    }
                    for hop in way
                ]
                for way in found
            ]
        )
        return CLEAN if found else FOUND
    if not found:
        show(f"refused: {agent} can get {tool} called in no way")
    for way in found:
        if not way:
            show(f"{agent} may call {tool} itself")
            continue
        show(f"{agent} may have {way[-1].callee} call {tool}:")
        for hop in way:
            show(f"  {hop.caller} may invoke {hop.callee:<16} {where(arguments.assembly, hop.place)}")
    return CLEAN if found else FOUND


def _listing(arguments: argparse.Namespace, cells: Sequence[Cell]) -> int:
    rows = [
        {
            "agent": cell.subject,
            "tool": cell.tool,
            "effect": str(cell.effect),
            # The declaration's line, where the interceptor's policy names it.
            "source": where(
                arguments.assembly,
                cell.interceptor.place if cell.interceptor.place.declared else cell.policy.place,
            ),
        }
        for cell in cells
    ]
    if arguments.json:
        show_json(rows)
        return CLEAN
    wide = {key: max((len(row[key]) for row in rows), default=0) for key in ("agent", "tool", "effect")}
    for row in rows:
        shown = "  ".join(f"{row[key]:<{width}}" for key, width in wide.items())
        show(f"{shown}  {row['source']}")
    return CLEAN


def verdict(found: Explanation) -> str:
    """What all layers together decide, in a sentence."""
    from review.effect import Effect

    words = {
        Effect.DENY: "refused",
        Effect.CONDITIONAL: "allowed under conditions",
        Effect.ALLOW: "allowed",
        Effect.UNKNOWN: "unknown, so take it for allowed",
    }
    return f"{words[found.effect]}: {found.subject} {found.tool} through {found.gateway}"


def layers(assembly: Path, found: Explanation) -> list[dict[str, Any]]:
    """What each layer decides, as JSON."""
    return [
        {
            "layer": line.layer,
            "effect": str(line.effect),
            "because": line.because,
            "conditions": list(line.conditions),
            "source": where(assembly, line.place),
        }
        for line in found.lines
    ]


def _cell(arguments: argparse.Namespace, found: Explanation) -> int:
    from review.effect import Effect

    code = FOUND if found.effect is Effect.DENY else CLEAN
    told = layers(arguments.assembly, found)
    if arguments.json:
        names = {"agent": found.subject, "gateway": found.gateway, "tool": found.tool}
        show_json({**names, "effect": str(found.effect), "layers": told})
        return code
    show(verdict(found))
    for layer in told:
        show(f"  {layer['layer']:<14} {layer['effect']:<12} {layer['because']}")
        show(f"  {'':<14} {'by':<12} {layer['source']}")
        for condition in layer["conditions"]:
            show(f"  {'':<14} {'if':<12} {condition}")
    return code


def where(assembly: Path | None, place: Place | str) -> str:
    """The place; of a template with the line at which the resource starts, if the assembly is at hand."""
    text = str(place)
    file, _, path = text.partition(" ")
    if assembly is None or not path.startswith("Resources."):
        return text
    line = _line(assembly / file, path.split(".")[1])
    return f"{file}:{line} {path}" if line else text


def _line(file: Path, logical_id: str) -> int | None:
    start = f'"{logical_id}": {{'
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    return next((number for number, line in enumerate(lines, 1) if line.strip() == start), None)
