"""Cedar's own validation of a stage's policies, against the schema the service would make from its tools."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from governance import cedar_guard, cedar_schema, openapi, smithy
from review.cedar.shapes import lowered, shaped
from review.stage import Resource, Stage

_ARN = "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/reviewed-abcdefghij"
_ACTION = re.compile(r'AgentCore::Action::"([^"]*)"')
_NAMING = re.compile(
    r"\s*(?:permit|forbid)\s*\(\s*principal[^,\"/]*,\s*action\s+(?:in\s+\[|==\s+AgentCore::Action::)"
)
"""A scope that names its actions; nothing before it in which a comment or a text could feign one."""
_GROUP = 16
_BADGE = re.compile(r'(principal\.getTag\("scope"\) == )"[^"\\]*"')


def findings(stage: Stage) -> Iterator[tuple[Resource, str]]:
    """A policy resource and a sentence for each thing Cedar objects to.

    Policies about tools whose schema is not in the assembly are only parsed, which collecting does.
    """
    targets, tools = input_schemas(stage)
    schema = json.dumps(cedar_schema.document(targets, tools))
    # No type depends on which badge it is: policies that differ in that alone are judged once.
    asked = [(policy, _BADGE.sub(r'\1"badge"', text)) for policy, text in _statements(stage)]
    texts = list(dict.fromkeys(text for _, text in asked))
    clean = _clean(texts, targets, tools)
    told: dict[str, list[str]] = {text: [] for text in clean}
    told |= _told([text for text in texts if text not in clean], schema)
    for policy, text in asked:
        for sentence in told[text]:
            yield policy, sentence


def _clean(
    texts: list[str], targets: list[str], tools: Mapping[str, tuple[str, Mapping[str, Any]]]
) -> set[str]:
    """Those without a fault among policies that name their tools: judged in groups, by what each group names.

    Cedar tries every policy with every action there is, though only the named ones can apply.
    """
    named = {text: set(_ACTION.findall(text)) for text in texts if _NAMING.match(text)}
    narrow = [text for text, actions in named.items() if actions and actions <= set(tools)]
    found: set[str] = set()
    for start in range(0, len(narrow), _GROUP):
        group = narrow[start : start + _GROUP]
        known = {name: tools[name] for text in group for name in named[text]}
        told = _told(group, json.dumps(cedar_schema.document(targets, known)))
        found.update(text for text, sentences in told.items() if not sentences)
    return found


def _told(texts: list[str], schema: str) -> dict[str, list[str]]:
    """What Cedar says of each; all at once, because reading the schema of many tools takes longer than the rest."""
    import cedarpy

    numbered = {f"policy{number}": text for number, text in enumerate(texts)}
    errors = cedarpy.validate_policies("\n".join(texts), schema).errors if texts else []
    told: dict[str, list[str]] = {text: [] for text in texts}
    if any(str(error.policy_id) not in numbered for error in errors):
        # Cedar numbers the policies of a text; what it says of anything else may be about each of them.
        return {
            text: [str(error.error) for error in cedarpy.validate_policies(text, schema).errors]
            for text in texts
        }
    for error in errors:
        id_ = str(error.policy_id)
        told[numbered[id_]].append(str(error.error).replace(f"`{id_}`", "`policy0`"))
    return told


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
    names = stage.names
    targets: list[str] = []
    tools: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for target in stage.of_type("AWS::BedrockAgentCore::GatewayTarget"):
        name = str(names.text(target.properties.get("Name") or names.bare(target)))
        targets.append(name)
        noted = target.notes.get("Inputs")
        inputs = noted if isinstance(noted, Mapping) else {}
        for tool, schema in _schemas(target.properties.get("TargetConfiguration", {}), inputs):
            # One of another shape takes nothing that a policy could speak of; the collector has told it.
            tools[f"{name}___{tool}"] = (name, schema if shaped(schema) else {})
    return targets, tools


def _schemas(configuration: Any, inputs: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """`inputs` are what a REST API's tools were declared to take; their export is not in the assembly."""
    lane = configuration.get("Mcp", {}) if isinstance(configuration, Mapping) else {}
    try:
        if "Lambda" in lane:
            for tool in lane["Lambda"]["ToolSchema"]["InlinePayload"]:
                yield str(tool["Name"]), lowered(tool.get("InputSchema") or {})
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
