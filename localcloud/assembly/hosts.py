"""Which addresses of the world outside are answered for on this machine, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from localcloud.assembly import identity
from localcloud.assembly.errors import InvalidTemplate
from localcloud.assembly.scope import StageScope
from localcloud.assembly.targets import TARGET
from localcloud.spec import Target

AWS = "AWS itself"


def data_plane(region: str) -> str:
    """The origin of AgentCore's data plane (contracts §1.5)."""
    return f"https://bedrock-agentcore.{region}.amazonaws.com"


def providers(scope: StageScope) -> tuple[str, ...]:
    """The declared providers that targets name, each once."""
    named = (resource.note("Provider") for resource in scope.resources(TARGET))
    return tuple(dict.fromkeys(name for name in named if name))


def hosts(scope: StageScope, targets: tuple[Target, ...]) -> dict[str, str]:
    """External origins (`https://host`) that a stand-in answers for → its local base URL.

    Raises:
        AssemblyError: a provider has no stand-in, or two share an origin: nobody could tell whom a request is for.
    """
    plane = data_plane(scope.stacks[0].region)
    answering: dict[str, str] = {}
    for origin, provider, where in (*identity.origins(scope), *_origins(scope, targets)):
        if answering.setdefault(origin, provider) != provider:
            raise InvalidTemplate(
                f"{where}: {origin} is the address of both {answering[origin] or AWS} and {provider or AWS}; nobody "
                "could tell them apart here. Declare one provider for both."
            )
    return {
        origin: identity.local(scope, provider, origin) if provider else scope.addresses.front
        for origin, provider in answering.items()
        if provider or origin == plane
    }


def _origins(scope: StageScope, targets: tuple[Target, ...]) -> Iterator[tuple[str, str, str]]:
    """(origin, provider, place) of every target; without a provider it is AWS itself that answers there."""
    by_name = {resource.text("Name"): resource for resource in scope.resources(TARGET)}
    for target in targets:
        if origin := _origin(address(target)):
            resource = by_name[target.name]
            yield origin, resource.note("Provider") or "", resource.where


def address(target: Target) -> str:
    """The URL an openapi or mcp_server target is asked at, or nothing where its document tells none."""
    if target.document is None:
        return target.endpoint
    servers = target.document.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    url = first.get("url") if isinstance(first, dict) else None
    return url if isinstance(url, str) else ""


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"https://{parts.netloc}" if parts.scheme == "https" and parts.netloc else ""
