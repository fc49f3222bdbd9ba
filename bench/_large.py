"""A large stage in memory: a real one whose agent is there 200 times, with 2,000 tools more. No benchmark itself.

Everything an agent has is copied as it is, renamed: client, runtime, role with its statements, policies, logs.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from review.stage import Resource, Stage

AGENTS, TARGETS, TOOLS, GRANTS = 200, 10, 200, 20
"""Agents, targets, tools of each target, and tools that each agent may call."""

_GATEWAY = "AWS::BedrockAgentCore::Gateway"
_POLICY = "gateway_interceptor/policy.json"


def tool(number: int) -> str:
    return f"target{number // TOOLS:02}___tool{number % TOOLS:03}"


def granted(agent: int) -> list[str]:
    """Other tools for every agent, over several targets."""
    return [tool((agent * 37 + step * 101) % (TARGETS * TOOLS)) for step in range(GRANTS)]


def large(stage: Stage, agent: str, target: str, folder: Path) -> Stage:
    """The stage with the copies. `folder` gets an interceptor that knows them; it must not exist."""
    copies = list(_agents(stage, agent)) + list(_targets(stage, target))
    gateway = stage.of_type(_GATEWAY)[0]
    clients = [each.reference for each in copies if each.type == "AWS::Cognito::UserPoolClient"]
    copies.append(_opened(gateway, clients, f"{stage.system}/agent."))
    stacks = tuple(
        replace(
            stack,
            resources={
                **stack.resources,
                **{each.logical_id: each for each in copies if each.stack == stack.name},
            },
        )
        for stack in stage.stacks
    )
    files = dict(stage.asset_files)
    for key, asset in stage.asset_files.items():
        if (asset / _POLICY).is_file():
            files[key] = _knowing(asset, folder / key, f"{stage.system}/agent.")
    return replace(stage, stacks=stacks, asset_files=files)


def name(number: int) -> str:
    return f"agent{number:03}"


def _renamed(value: Any, old: str, new: str) -> Any:
    return json.loads(json.dumps(value).replace(old, new))


def _copy(resource: Resource, old: str, new: str) -> Resource:
    return replace(
        resource,
        logical_id=resource.logical_id.replace(old, new),
        properties=_renamed(resource.properties, old, new),
        metadata=_renamed(resource.metadata, old, new),
        attributes=_renamed(resource.attributes, old, new),
    )


def _agents(stage: Stage, agent: str) -> Iterator[Resource]:
    own = [
        each
        for each in stage.resources()
        if agent in each.logical_id
        and not each.notes.get("Tool")
        and "Tool" not in (each.notes.get("Switch") or {})
    ]
    arn = stage.of_type(_GATEWAY)[0].attribute("GatewayArn")
    for number in range(AGENTS):
        for resource in own:
            copy = _copy(resource, agent, name(number))
            if copy.type == "AWS::BedrockAgentCore::Policy" and "Agent" in copy.notes:
                actions = ", ".join(f'AgentCore::Action::"{each}"' for each in granted(number))
                badge = f'principal.getTag("scope") == "{stage.system}/agent.{name(number)}"'
                statement = (
                    f"permit(principal is AgentCore::OAuthUser, action in [{actions}], resource == "
                    f'AgentCore::Gateway::"{arn}") when {{ principal.hasTag("scope") && {badge} }};'
                )
                definition = {"Cedar": {"Statement": statement}}
                copy = replace(copy, properties={**copy.properties, "Definition": definition})
            yield copy


def _targets(stage: Stage, target: str) -> Iterator[Resource]:
    kind = "AWS::BedrockAgentCore::GatewayTarget"
    original = next(each for each in stage.of_type(kind) if each.notes.get("Target") == target)
    given = original.properties["TargetConfiguration"]["Mcp"]["Lambda"]
    first = given["ToolSchema"]["InlinePayload"][0]
    label = next(iter(original.notes["Tools"].values()))
    for number in range(TARGETS):
        names = [f"tool{each:03}" for each in range(TOOLS)]
        payload = [
            {**first, "Name": each, "Description": f"Returns what {each} of {number} knows."}
            for each in names
        ]
        function = {**given, "ToolSchema": {"InlinePayload": payload}}
        notes = {**original.notes, "Target": f"target{number:02}", "Tools": dict.fromkeys(names, label)}
        yield replace(
            original,
            logical_id=f"Targets{number:02}",
            properties={
                **original.properties,
                "Name": f"target{number:02}",
                "TargetConfiguration": {"Mcp": {"Lambda": function}},
            },
            metadata={**original.metadata, "Airside": notes},
        )


def _opened(gateway: Resource, clients: list[str], badge: str) -> Resource:
    properties: dict[str, Any] = json.loads(json.dumps(gateway.properties))
    authorizer = properties["AuthorizerConfiguration"]["CustomJWTAuthorizer"]
    authorizer["AllowedClients"] += clients
    authorizer["AllowedScopes"] += [badge + name(number) for number in range(AGENTS)]
    return replace(gateway, properties=properties)


def _knowing(asset: Path, copied: Path, badge: str) -> Path:
    shutil.copytree(asset, copied, ignore=shutil.ignore_patterns("__pycache__"))
    file = copied / _POLICY
    policy: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    for number in range(AGENTS):
        policy["badges"][badge + name(number)] = name(number)
        policy["grants"][name(number)] = dict.fromkeys(granted(number), "systems/large.yaml:1")
    file.write_text(json.dumps(policy), encoding="utf-8")
    return copied
