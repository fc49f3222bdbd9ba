"""Agents on AgentCore Runtime. Source: AWS::BedrockAgentCore::Runtime and RuntimeEndpoint."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from review.collect.authorizers import authorizer
from review.collect.reading import Reading
from review.collect.shown import shows
from review.model import Role, Runtime
from review.stage import Resource

_ASSET = re.compile(r"cdk-[a-z0-9]+-(container-)?assets-.*[:/]([0-9a-f]{64})(\.zip)?$")
_OWN = re.compile(
    r"\$\{AWS::AccountId\}\.dkr\.ecr\.\$\{AWS::Region\}\.|cdk-[a-z0-9]+-assets-\$\{AWS::AccountId\}-"
)
"""The account's own registry or bucket: the same tag elsewhere is somebody else's image."""
_INVOKE = ("bedrock-agentcore:invokeagentruntime", "bedrock-agentcore:invokeagentruntime*")


def runtimes(reading: Reading, roles: Sequence[Role]) -> tuple[Runtime, ...]:
    found = []
    by_id = {role.id: role for role in roles}
    resources = reading.stage.of_type("AWS::BedrockAgentCore::Runtime")
    agents = {reading.names.of(each): _agent(each) or reading.names.bare(each) for each in resources}
    for runtime in resources:
        jwt = reading.get(runtime, "AuthorizerConfiguration.CustomJWTAuthorizer")
        role = reading.bare(runtime.properties.get("RoleArn"))
        found.append(
            Runtime(
                id=reading.names.bare(runtime),
                agent=_agent(runtime),
                role=role,
                protocol=reading.text(runtime, "ProtocolConfiguration") or "HTTP",
                network=_network(reading, runtime),
                authorizer=authorizer(reading, runtime, "CUSTOM_JWT") if jwt is not None else None,
                headers=reading.texts(runtime, "RequestHeaderConfiguration.RequestHeaderAllowlist"),
                artifact=_artifact(reading, runtime),
                delegates=_delegates(by_id.get(role or ""), agents),
                endpoints=_endpoints(reading, runtime),
                idle_seconds=reading.number(runtime, "LifecycleConfiguration.IdleRuntimeSessionTimeout"),
                shows=shows(reading, runtime),
                life_seconds=reading.number(runtime, "LifecycleConfiguration.MaxLifetime"),
                place=runtime.place(),
            )
        )
    return tuple(sorted(found, key=lambda runtime: runtime.id))


def _agent(runtime: Resource) -> str | None:
    noted = runtime.notes.get("Agent")
    return noted if isinstance(noted, str) else None


def _network(reading: Reading, runtime: Resource) -> str:
    mode = reading.text(runtime, "NetworkConfiguration.NetworkMode") or "PUBLIC"
    groups = reading.texts(runtime, "NetworkConfiguration.NetworkModeConfig.SecurityGroups")
    subnets = reading.texts(runtime, "NetworkConfiguration.NetworkModeConfig.Subnets")
    return " ".join((mode, *groups, *subnets))


def _artifact(reading: Reading, runtime: Resource) -> str:
    """`asset` for what the assembly itself holds: its hash may change without any change of access."""
    given = reading.get(runtime, "AgentRuntimeArtifact")
    text = reading.names.stable(given)
    for uri in _texts(given):
        asset = _ASSET.search(uri) if _OWN.match(uri) else None
        if asset and (asset[2] in reading.stage.images or asset[2] in reading.stage.asset_files):
            return "asset"
    return text


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in _texts(item)]
    return []


def _delegates(role: Role | None, agents: Mapping[str, str]) -> tuple[str, ...]:
    """Runtimes that the role may invoke: by name, or all of them by a wildcard."""
    found: set[str] = set()
    for statement in role.statements if role else ():
        if statement.effect != "Allow" or not any(_invokes(action) for action in statement.actions):
            continue
        for resource in statement.resources:
            if "runtime/*" in resource or resource == "*":
                found |= set(agents.values())
            found |= {agent for name, agent in agents.items() if f"${{{name}." in resource}
    return tuple(sorted(found))


def _invokes(action: str) -> bool:
    action = action.lower()
    return action in _INVOKE or (
        action.endswith("*") and "bedrock-agentcore:invokeagentruntime".startswith(action[:-1])
    )


def _endpoints(reading: Reading, runtime: Resource) -> tuple[str, ...]:
    found = []
    for endpoint in reading.stage.of_type("AWS::BedrockAgentCore::RuntimeEndpoint"):
        if runtime in reading.stage.mentioned(endpoint.properties.get("AgentRuntimeId")):
            version = reading.text(endpoint, "AgentRuntimeVersion") or "latest"
            pinned = version if version.isdecimal() else "latest"
            found.append(f"{reading.text(endpoint, 'Name')}@{pinned}")
    return tuple(sorted(found))
