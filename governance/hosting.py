"""How an environment runs the agents: platform, network, sessions, and which version callers reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class PlatformVersion(StrEnum):
    """How a session starts: V1 boots the image, V2 restores one snapshot for all (contracts §5.1)."""

    V1 = "V1"
    V2 = "V2"


class NetworkMode(StrEnum):
    """Where a runtime's network interface is: the service's own network, or the account's subnets."""

    PUBLIC = "public"
    VPC = "vpc"


@dataclass(frozen=True)
class Network:
    """`subnets` and `security_groups` are ids that exist already; both empty in the mode public."""

    mode: NetworkMode
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class AgentHosting:
    """One agent's settings. `version` is what the endpoint is pinned to; None follows the latest.

    A session ends after `idle_seconds` without a request, and `lifetime_seconds` after its start in any case.
    """

    idle_seconds: int
    lifetime_seconds: int
    version: str | None = None


@dataclass(frozen=True)
class Hosting:
    """An environment's settings; `agents` and `servers` hold, by system and name, those that differ."""

    platform_version: PlatformVersion
    endpoint: str
    network: Network
    default: AgentHosting
    agents: Mapping[str, Mapping[str, AgentHosting]] = field(default_factory=dict)
    servers: Mapping[str, Mapping[str, AgentHosting]] = field(default_factory=dict)

    def of(self, system: str, agent: str) -> AgentHosting:
        return self.agents.get(system, {}).get(agent, self.default)

    def of_server(self, system: str, package: str) -> AgentHosting:
        """Of a hosted tool server, by its package."""
        return self.servers.get(system, {}).get(package, self.default)

    @classmethod
    def build(cls, value: Mapping[str, Any]) -> Hosting:
        """From the checked `runtime` of an environment file."""
        default = AgentHosting(**value["sessions"])
        network = value["network"]
        return cls(
            platform_version=PlatformVersion(value["platform_version"]),
            endpoint=value["endpoint"],
            network=Network(
                NetworkMode(network["mode"]),
                tuple(network.get("subnets", ())),
                tuple(network.get("security_groups", ())),
            ),
            default=default,
            agents=_by_system(default, value["agents"]),
            servers=_by_system(default, value.get("servers", {})),
        )


def _by_system(
    default: AgentHosting, value: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> Mapping[str, Mapping[str, AgentHosting]]:
    return {
        system: {name: _differing(default, own) for name, own in each.items()}
        for system, each in value.items()
    }


def _differing(default: AgentHosting, own: Mapping[str, Any]) -> AgentHosting:
    return AgentHosting(
        idle_seconds=own.get("idle_seconds", default.idle_seconds),
        lifetime_seconds=own.get("lifetime_seconds", default.lifetime_seconds),
        version=own.get("version"),
    )
