"""Cedar's own validation of a stage's policies, against the schema the service would make from its tools."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from governance import cedar_guard, cedar_schema, openapi, smithy
from review.identity import Names
from review.stage import Resource, Stage

_ARN = "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/reviewed-abcdefghij"


def findings(stage: Stage) -> Iterator[tuple[Resource, str]]:
    """A policy resource and a sentence for each thing Cedar objects to.

    Policies about tools whose schema is not in the assembly are only parsed, which collecting does.
    """
    import cedarpy

    targets, tools = input_schemas(stage)
    schema = json.dumps(cedar_schema.document(targets, tools))
    for policy, text in _statements(stage):
        for error in cedarpy.validate_policies(text, schema).errors:
            yield policy, str(error.error)


def guards(stage: Stage) -> Iterator[tuple[Resource, str]]:
    """A policy resource and a sentence for each way in which a `forbid` could err, and so be skipped."""
    for policy, text in _statements(stage):
        for sentence in cedar_guard.findings(text):
            yield policy, sentence


def _statements(stage: Stage) -> Iterator[tuple[Resource, str]]:
    for policy in stage.of_type("AWS::BedrockAgentCore::Policy"):
        definition = policy.properties.get("Definition", {})
        for kind in ("Cedar", "Policy"):
            given = definition.get(kind) if isinstance(definition, Mapping) else None
            text = given.get("Statement") if isinstance(given, Mapping) else None
            if isinstance(text, str):
                # Tokens are no ARNs, and the schema does not care which gateway it is.
                for gateway in stage.of_type("AWS::BedrockAgentCore::Gateway"):
                    text = text.replace(gateway.attribute("GatewayArn"), _ARN)
                yield policy, text


def input_schemas(stage: Stage) -> tuple[list[str], dict[str, tuple[str, Mapping[str, Any]]]]:
    names = Names(stage)
    targets: list[str] = []
    tools: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for target in stage.of_type("AWS::BedrockAgentCore::GatewayTarget"):
        name = str(names.text(target.properties.get("Name") or names.bare(target)))
        targets.append(name)
        noted = target.notes.get("Inputs")
        inputs = noted if isinstance(noted, Mapping) else {}
        for tool, schema in _schemas(target.properties.get("TargetConfiguration", {}), inputs):
            tools[f"{name}___{tool}"] = (name, schema)
    return targets, tools


def _schemas(configuration: Any, inputs: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """`inputs` are what a REST API's tools were declared to take; their export is not in the assembly."""
    lane = configuration.get("Mcp", {}) if isinstance(configuration, Mapping) else {}
    try:
        if "Lambda" in lane:
            for tool in lane["Lambda"]["ToolSchema"]["InlinePayload"]:
                yield str(tool["Name"]), _lowered(tool.get("InputSchema") or {})
        elif "OpenApiSchema" in lane:
            document = json.loads(lane["OpenApiSchema"]["InlinePayload"])
            for operation in openapi.operations(document).values():
                yield operation.name, operation.input_schema
        elif "McpServer" in lane:
            listed = json.loads(lane["McpServer"]["McpToolSchema"]["InlinePayload"])
            for tool in listed.get("tools", ()) if isinstance(listed, Mapping) else listed:
                yield str(tool["name"]), tool.get("inputSchema") or {}
        elif "ApiGateway" in lane:
            for tool in lane["ApiGateway"]["ApiGatewayToolConfiguration"]["ToolOverrides"]:
                yield str(tool["Name"]), inputs.get(str(tool["Name"])) or {}
        elif "SmithyModel" in lane:
            for called in smithy.operations(json.loads(lane["SmithyModel"]["InlinePayload"])).values():
                yield called.name, called.input_schema
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        # The collector has told it already: a list that cannot be read is unknown.
        return


def _lowered(schema: Any) -> Any:
    """CloudFormation writes JSON Schema's keys with capitals."""
    if not isinstance(schema, Mapping):
        return schema
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "Properties" and isinstance(value, Mapping):
            found["properties"] = {name: _lowered(each) for name, each in value.items()}
        else:
            found[key[:1].lower() + key[1:]] = _lowered(value)
    return found
