"""What a gateway's target takes of its tools, whatever its kind (contracts §1.3, §1.5, §11)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from stacks.gates.limit import Broken, Limit, many, values
from stacks.gates.templates import Resource, StageTemplates, items, literal, mapping

_TARGET = "AWS::BedrockAgentCore::GatewayTarget"
_TOOLS = "TargetConfiguration.Mcp.Lambda.ToolSchema.InlinePayload"
_PINNED = "TargetConfiguration.Mcp.McpServer.McpToolSchema.InlinePayload"
_REST = "TargetConfiguration.Mcp.ApiGateway.ApiGatewayToolConfiguration"

MAX_SCHEMA = 1_048_576
MAX_FULL_NAME = 64


def _named(target: Resource) -> Iterator[tuple[str, str]]:
    """Where each tool of a target is named, and its name; of a document that describes tools, none."""
    for path in (f"{_TOOLS}[].Name", f"{_REST}.ToolOverrides[].Name"):
        yield from ((where, str(name)) for where, name in values(target, path))
    for where, payload in values(target, _PINNED):
        for tool in items(mapping(json.loads(payload)).get("tools")) if literal(payload) else ():
            yield where, str(mapping(tool).get("name"))


def _full_names(stage: StageTemplates) -> Broken:
    for target in stage.resources(_TARGET):
        for where, name in _named(target):
            full = f"{target.get('Name')}___{name}"
            if len(full) > MAX_FULL_NAME:
                yield target, where, f"makes the name {full!r} of {len(full)} characters."


def _unique_tools(stage: StageTemplates) -> Broken:
    for target in stage.resources(_TARGET):
        taken = Counter(name for _, name in _named(target))
        for name, count in taken.items():
            if count > 1:
                yield target, "TargetConfiguration", f"holds {count} tools called {name!r}."


def _objects(stage: StageTemplates) -> Broken:
    for target in stage.resources(_TARGET):
        for where, schema in values(target, f"{_TOOLS}[].InputSchema"):
            if mapping(schema).get("Type") != "object":
                yield target, where, f"has the type {mapping(schema).get('Type')!r} at its top."


def _schema_sizes(stage: StageTemplates) -> Broken:
    for target in stage.resources(_TARGET):
        for path in (
            _TOOLS,
            _PINNED,
            *(f"TargetConfiguration.Mcp.{kind}.InlinePayload" for kind in ("OpenApiSchema", "SmithyModel")),
        ):
            for where, payload in values(target, path):
                text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
                size = len(text.encode())
                if size > MAX_SCHEMA:
                    yield target, where, f"has {size} bytes."


TOOLS: tuple[Limit, ...] = (
    many(
        "tools-per-target",
        "A target takes 1000 tools.",
        "Split the target.",
        1000,
        (_TARGET, _TOOLS),
    ),
    Limit(
        "tool-full-name",
        f"Models take {MAX_FULL_NAME} characters of target___tool.",
        "Shorten the target or the tool.",
        _full_names,
    ),
    Limit("tool-unique", "A target has each tool once.", "Rename one of the tools.", _unique_tools),
    Limit(
        "tool-schema-object",
        "A tool's arguments are an object.",
        "Declare the tool's inputs as properties of an object.",
        _objects,
    ),
    Limit(
        "tool-schema-size",
        f"A schema inside a target takes {MAX_SCHEMA} bytes.",
        "Split the target, or leave out operations that nobody is granted.",
        _schema_sizes,
    ),
)
"""Held against every target of the stage."""
