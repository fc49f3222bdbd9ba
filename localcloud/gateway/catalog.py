"""The gateway's tools: what is listed, how arguments are checked, which target answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.gateway import openapi
from localcloud.gateway.schema import InputSchema
from localcloud.spec import Gateway, Target

SEPARATOR = "___"
MAX_NAME = 256
SEARCH_TOOL = "x_amz_bedrock_agentcore_search"
SEARCH_DEFINITION: Mapping[str, Any] = {
    "name": SEARCH_TOOL,
    "description": "Returns the tools that fit a task best, to be called by their names.",
    "inputSchema": {
        "type": "object",
        "properties": {"query": {"type": "string", "description": "What the tool should do."}},
        "required": ["query"],
    },
}


class CatalogError(ValueError):
    """Targets that cannot be served together; the text names target and tool."""


@dataclass(frozen=True, eq=False, slots=True)
class Tool:
    """One tool under its full name. Only the search tool has no `target`: the gateway answers it itself."""

    name: str
    definition: Mapping[str, Any]
    schema: InputSchema
    target: Target | None = None
    operation: openapi.Operation | None = None


class Catalog:
    """All tools by full name, in the order they are listed: the search tool, then targets as declared."""

    def __init__(self, gateway: Gateway) -> None:
        self.tools: dict[str, Tool] = {}
        if gateway.semantic_search:
            schema = InputSchema(SEARCH_TOOL, SEARCH_DEFINITION["inputSchema"])
            self._add(Tool(SEARCH_TOOL, SEARCH_DEFINITION, schema))
        for target in gateway.targets:
            if target.kind in ("lambda", "mcp_server"):
                self._add_listed(target)
            elif target.kind == "openapi":
                self._add_operations(target)
            else:
                raise CatalogError(f"target {target.name}: kind {target.kind!r} cannot be served locally")
        self.names = frozenset(self.tools)

    def _add_listed(self, target: Target) -> None:
        """Tools that the template itself lists."""
        for spec in target.tools:
            name = f"{target.name}{SEPARATOR}{spec.name}"
            definition: dict[str, Any] = {
                "name": name,
                "description": spec.description,
                "inputSchema": spec.input_schema,
            }
            if spec.output_schema is not None:
                definition["outputSchema"] = spec.output_schema
            self._add(Tool(name, definition, InputSchema(name, spec.input_schema), target))

    def _add_operations(self, target: Target) -> None:
        if target.document is None:
            raise CatalogError(f"target {target.name}: an openapi target needs a document")
        for operation in openapi.operations(target.name, target.document):
            name = f"{target.name}{SEPARATOR}{operation.name}"
            definition = {
                "name": name,
                "description": operation.description,
                "inputSchema": operation.input_schema,
            }
            schema = InputSchema(name, operation.input_schema)
            self._add(Tool(name, definition, schema, target, operation))

    def _add(self, tool: Tool) -> None:
        if len(tool.name) > MAX_NAME:
            raise CatalogError(f"tool {tool.name}: longer than {MAX_NAME} characters; shorten target or tool")
        if tool.name in self.tools:
            raise CatalogError(f"tool {tool.name}: declared twice")
        self.tools[tool.name] = tool
