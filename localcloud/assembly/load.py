"""One stage of an assembly as the stand-ins take it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localcloud.assembly import (
    access,
    compute,
    data,
    gateway,
    honoured,
    hosts,
    identity,
    notices,
    pools,
    read,
    sound,
    targets,
)
from localcloud.assembly.addresses import Addresses
from localcloud.assembly.errors import NotAnAssembly
from localcloud.assembly.files import SYNTH_AGAIN, StackFiles, read_stage
from localcloud.assembly.resource import METADATA
from localcloud.assembly.scope import StageScope
from localcloud.spec import LocalSystem


def load_stage(cdk_out: Path, stage: str, addresses: Addresses) -> LocalSystem:
    """Resolves a stage. `addresses` says where the stand-ins will listen.

    Raises:
        AssemblyError: the assembly cannot be read, is not sound, or holds what has no local stand-in.
    """
    return resolve(read_stage(cdk_out, stage), stage, addresses)


def resolve(stacks: tuple[StackFiles, ...], stage: str, addresses: Addresses) -> LocalSystem:
    """Resolves the stacks of a stage. Raises AssemblyError."""
    scope = StageScope(stacks, addresses)
    honoured.check(scope)
    targets.check_kinds(scope)
    notes = [_notes(stack) for stack in stacks]
    system, environment, entry = (
        _agreed(notes, key, stage) for key in ("System", "Environment", "EntryAgent")
    )
    # The pools first: what is wrong with a client is told as such, not as a provider that does not find it.
    agents, users = pools.agents(scope), pools.users(scope)
    providers = identity.oauth_providers(scope, agents)
    read_gateway = gateway.read_gateway(scope)
    loaded = LocalSystem(
        system=system,
        environment=environment,
        stage=stage,
        region=stacks[0].region,
        account=stacks[0].account,
        entry_agent=entry,
        pool=agents,
        gateway=read_gateway,
        functions=compute.functions(scope),
        runtimes=compute.runtimes(scope),
        tables=data.tables(scope),
        oauth_providers=providers,
        parameters=data.parameters(scope),
        hosts=hosts.hosts(scope, read_gateway.targets),
        key_providers=identity.key_providers(scope),
        providers=hosts.providers(scope),
        servers=compute.servers(scope),
        memories=data.memories(scope),
        code_interpreters=data.code_interpreters(scope),
        browsers=data.browsers(scope),
        grants=access.grants(scope),
        users=users,
        notices=notices.notices(scope),
        console=_console(notes),
    )
    sound.check(loaded)
    return loaded


def _notes(stack: StackFiles) -> Mapping[str, Any]:
    place = f"{stack.name}/Metadata"
    return read.mapping(
        read.mapping(stack.template.get("Metadata", {}), place).get(METADATA, {}), f"{place}.{METADATA}"
    )


def _console(notes: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """What the console's page is told of the system; nothing where no stack says so."""
    found = [note["Console"] for note in notes if "Console" in note]
    return read.mapping(found[0], f"Metadata.{METADATA}.Console") if found else {}


def _agreed(notes: list[Mapping[str, Any]], key: str, stage: str) -> str:
    """What every stack of the stage says about itself."""
    said = {str(note.get(key, "")) for note in notes}
    if len(said) != 1 or said == {""}:
        raise NotAnAssembly(
            f"{stage}: its stacks do not agree on Metadata.{METADATA}.{key} ({', '.join(sorted(said))}). {SYNTH_AGAIN}"
        )
    return said.pop()
