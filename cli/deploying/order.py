"""In which order stacks are deployed where one takes back what another still uses.

CloudFormation refuses to drop an export that a stack imports. A stage is deployed producers first, so a removed agent
or tool would stop it: its consumers must let go first. Pure: what is deployed is told.

Source: AWS CloudFormation User Guide, "Get exported outputs from a deployed CloudFormation stack".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cli.deploying.target import Stack


@dataclass(frozen=True)
class Deployed:
    """What the account has: each export with the stack that makes it, and the stacks that import it."""

    exports: Mapping[str, str]
    importers: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Order:
    """`first` are stacks to deploy by themselves, in this order, before all; `blocked` says why nothing can be."""

    first: tuple[Stack, ...] = ()
    dropped: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()


def dropped(stacks: Sequence[Stack], exports: Mapping[str, str]) -> list[str]:
    """Exports of these stacks that are deployed and that the new templates no longer make."""
    kept = {stack.name: stack.exports for stack in stacks}
    return sorted(name for name, owner in exports.items() if owner in kept and name not in kept[owner])


def order(stacks: Sequence[Stack], deployed: Deployed) -> Order:
    """How to deploy `stacks`, which stand producers first."""
    by_name = {stack.name: stack for stack in stacks}
    gone = dropped(stacks, deployed.exports)
    users = {name: [user for user in deployed.importers.get(name, ()) if user] for name in gone}
    in_use = {name: found for name, found in users.items() if found}
    if not in_use:
        return Order(dropped=tuple(gone))
    foreign = [
        f"{deployed.exports[name]} no longer exports {name}, which the stack {user} imports: change or delete that "
        "stack first."
        for name, found in in_use.items()
        for user in found
        if user not in by_name
    ]
    consumers = {user for found in in_use.values() for user in found if user in by_name}
    first = tuple(stack for stack in reversed(stacks) if stack.name in consumers)
    # Going first, a consumer finds the exports that are there now, and none that this deployment would add.
    early = [
        f"{stack.name} has to let go of {_some(sorted(in_use))} before it is dropped, and also needs "
        f"{_some(sorted(stack.imports - set(deployed.exports)))}, which is not there yet. Deploy twice: first what is "
        "added, with what goes still declared; then without it."
        for stack in first
        if stack.imports - set(deployed.exports)
    ]
    still = [
        f"{stack.name} still imports {name}, which {deployed.exports[name]} no longer exports: the assembly is not of "
        "one synthesis."
        for stack in first
        for name in sorted(stack.imports & set(in_use))
    ]
    blocked = (*foreign, *early, *still)
    return Order(() if blocked else first, tuple(gone), blocked)


def _some(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
