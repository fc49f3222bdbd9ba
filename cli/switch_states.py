"""What is switched off, as declared and as the running platform has it: for explanations."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from governance.access import AccessMatrix
    from governance.cedar_policy import Rendered
    from governance.model import Environment, System


@dataclass(frozen=True)
class Known:
    """One switch. `running` is what the platform on this machine has, None where none runs."""

    kind: str
    subject: str
    policy: str
    declared: bool
    running: bool | None
    reason: str | None
    source: str | None

    @property
    def off(self) -> bool:
        return self.declared if self.running is None else self.running

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    def line(self) -> str:
        """The switch in a listing: what it is, its policy, and where and why it is off."""
        where = []
        if self.declared:
            where.append(f"off in {self.source}")
        if self.running is not None and self.running is not self.declared:
            where.append(f"{'off' if self.running else 'on'} on the running platform")
        told = f"; {', '.join(where)}" if where else ""
        why = f": {self.reason}" if self.reason and self.off else ""
        return f"{self} ({self.policy}{told}){why}"

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "subject": self.subject,
            "policy": self.policy,
            "off": self.off,
            "declared_off": self.declared,
            "running_off": self.running,
            "reason": self.reason if self.off else None,
            "source": self.source,
        }


@dataclass(frozen=True)
class Policies:
    """All policies of one system in one environment, each active or not as it is now, and its switches."""

    every: tuple[Rendered, ...]
    switches: tuple[Known, ...]

    def of_call(self, agent: str, tool: str) -> list[Known]:
        """The switches that stop an agent's calls of a tool."""
        from governance import switches

        about = {str(switch) for switch in switches.of_call(agent, tool)}
        return [switch for switch in self.switches if str(switch) in about]


def policies(
    arguments: argparse.Namespace, system: System, environment: Environment, matrix: AccessMatrix
) -> Policies:
    """What the engine holds: as declared, and with the modes of the platform that runs the stage, if one does."""
    from governance import cedar, switches
    from governance.names import Names
    from governance.switch import described

    names = Names(system.name, environment.name)
    running = {each["policy"]: each for each in _running(arguments, names.stage)}
    every: list[Rendered] = list(cedar.render(system, names, matrix, cedar.PLACEHOLDER_ARN))
    found = []
    for policy in switches.render(system, environment, names, matrix, cedar.PLACEHOLDER_ARN):
        now = running.get(policy.name)
        told = described(now["description"]) if now else None
        declared = policy.off.reason if policy.off else None
        found.append(
            Known(
                kind=str(policy.switch.kind),
                subject=policy.switch.subject,
                policy=policy.name,
                declared=policy.active,
                running=None if now is None else bool(now["off"]),
                reason=told[1] if told else declared,
                source=str(policy.off.source) if policy.off else None,
            )
        )
        every.append(replace(policy, active=found[-1].off))
    return Policies(tuple(every), tuple(found))


def _running(arguments: argparse.Namespace, stage: str) -> list[dict[str, Any]]:
    """The switches of the platform that runs this stage of this project; none where none does."""
    from localcloud.client import PlatformUnreachable, find

    client = find(arguments.project.resolve(), stage)
    try:
        return [] if client is None else list(client.status().get("switches", ()))
    except PlatformUnreachable:  # it has just ended
        return []
