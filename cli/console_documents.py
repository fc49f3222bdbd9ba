"""What the console shows of a stage's access, from the review's model: matrix, explanation and graph as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cli.explain_assembly import layers, verdict, where
from review import said
from review.explain import Explanation, Line, explain
from review.model import AccessModel
from review.stage import Resource, Stage
from review.topology import topology

Document = dict[str, Any]

_RUNTIME = "AWS::BedrockAgentCore::Runtime"
_KEYS = {"authorizer": "authorizer", "interceptor": "interceptor", "policy engine": "policy"}


def access(stage: Stage, model: AccessModel) -> Document:
    """Agents, tools, and a cell for each pair of them; a tool behind two gateways is told once, the widest way."""
    described = dict(_runtimes(stage))
    subjects = sorted({*model.agents, *(cell.subject for cell in model.matrix)})
    tools = {tool.name: tool for tool in reversed(model.tools)}
    return {
        "agents": [
            {"name": name, "purpose": _text(described, name, "Description"), "owner": _owner(described, name)}
            for name in subjects
        ],
        "tools": [
            {
                "name": tool.name,
                "target": tool.target,
                "description": tool.text,
                "effect": tool.effect,
                "data": tool.data,
                "egress": tool.egress,
            }
            for _, tool in sorted(tools.items())
        ],
        "cells": [_cell(explain(model, agent, tool)) for agent in subjects for tool in sorted(tools)],
    }


def explanation(assembly: Path, model: AccessModel, agent: str, tool: str) -> Document:
    """What `./airside explain --assembly` says of a call. Raises review.explain.Unknown."""
    found = explain(model, agent, tool)
    told = layers(assembly, found)
    return {
        "agent": agent,
        "tool": tool,
        "gateway": found.gateway,
        "effect": str(found.effect),
        "sentences": [verdict(found), *(_sentence(layer) for layer in told)],
        "layers": [{**layer, "why": _why(line)} for layer, line in zip(told, found.lines, strict=True)],
    }


def graph(stage: Stage, model: AccessModel) -> Document:
    """Nodes and edges; positions are the page's."""
    models = {}
    for agent, runtime in _runtimes(stage):
        variables = runtime.properties.get("EnvironmentVariables")
        if isinstance(variables, Mapping) and isinstance(variables.get("MODEL_ID"), str):
            models[agent] = variables["MODEL_ID"]
    drawn = topology(model, models)
    return {
        "nodes": [
            {"id": node.id, "kind": node.kind, "label": node.label, "note": node.note} for node in drawn.nodes
        ],
        "edges": [{"from": edge.source, "to": edge.to, "kind": edge.kind} for edge in drawn.edges],
    }


def _cell(found: Explanation) -> Document:
    declared = [line.place.declared for line in found.lines if line.place.declared]
    return {
        "agent": found.subject,
        "tool": found.tool,
        "effect": str(found.effect),
        "layers": {_KEYS.get(line.layer, line.layer): _layer(line) for line in found.lines},
        "source": declared[0] if declared else None,
    }


def _layer(line: Line) -> Document:
    because = f"{line.because}, if {' and '.join(line.conditions)}" if line.conditions else line.because
    return {
        "effect": str(line.effect),
        "reason": because,
        "source": where(None, line.place),
    }


def _why(line: Line) -> Document:
    """The reason by its name, for who has other words than English for it."""
    return {
        "because": said.document(line.because),
        "conditions": [said.document(each) for each in line.conditions],
    }


def _sentence(layer: Mapping[str, Any]) -> str:
    condition = f", if {' and '.join(layer['conditions'])}" if layer["conditions"] else ""
    return f"{layer['layer']}: {layer['effect']}, {layer['because']}{condition} ({layer['source']})"


def _runtimes(stage: Stage) -> Iterator[tuple[str, Resource]]:
    """agent → its runtime."""
    for runtime in stage.of_type(_RUNTIME):
        agent = runtime.notes.get("Agent")
        if isinstance(agent, str):
            yield agent, runtime


def _text(runtimes: Mapping[str, Resource], agent: str, key: str) -> str:
    value = runtimes[agent].properties.get(key) if agent in runtimes else None
    return value if isinstance(value, str) else ""


def _owner(runtimes: Mapping[str, Resource], agent: str) -> str:
    value = runtimes[agent].notes.get("Owner") if agent in runtimes else None
    return value if isinstance(value, str) else ""
