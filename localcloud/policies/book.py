"""The engine's policies as its control plane shows and changes them. What changes ends with the platform."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from localcloud.spec import CedarPolicy, Gateway


class Enforcement(Protocol):
    """The running engine; `localcloud.gateway.policy.PolicyEngine` is one."""

    def enforce(self, policy: str, mode: str) -> None: ...


@dataclass
class Entry:
    """One policy with what can change of it: the mode it has in the running engine, and its description."""

    policy: CedarPolicy
    mode: str
    description: str
    created: datetime
    updated: datetime

    def wire(self, engine_id: str, status: str = "ACTIVE") -> dict[str, Any]:
        """The members of `Policy` (AgentCore control plane API: GetPolicy)."""
        described = {"description": self.description} if self.description else {}
        return {
            "policyId": self.policy.name,
            "name": self.policy.declared,
            "policyEngineId": engine_id,
            "policyArn": self.policy.arn,
            "definition": {"cedar": {"statement": self.policy.statement}},
            "enforcementMode": self.mode,
            "createdAt": self.created.isoformat(),
            "updatedAt": self.updated.isoformat(),
            "status": status,
            "statusReasons": [],
            **described,
        }


class Book:
    """All policies of the stage's one engine, in the order of the assembly."""

    def __init__(self, gateway: Gateway, engine: Enforcement | None, clock: Callable[[], datetime]) -> None:
        started = clock()
        self.gateway = gateway
        self.created = started
        self._engine = engine
        self._clock = clock
        self._entries = {
            policy.name: Entry(policy, policy.mode, policy.description, started, started)
            for policy in gateway.policies
        }

    def every(self) -> list[Entry]:
        return list(self._entries.values())

    def find(self, policy_id: str) -> Entry | None:
        return self._entries.get(policy_id)

    def update(self, entry: Entry, mode: str | None, description: str | None) -> None:
        """Changes what is given. A mode counts from the gateway's next request on."""
        if mode is not None and self._engine is not None:
            self._engine.enforce(entry.policy.name, mode)
            entry.mode = mode
        if description is not None:
            entry.description = description
        entry.updated = self._clock()

    def switches(self) -> list[dict[str, Any]]:
        """Every switch and whether it is thrown, for the platform's status."""
        return [
            {
                "kind": switch.kind,
                "subject": switch.subject,
                "policy": entry.policy.declared,
                "off": entry.mode == "ACTIVE",
                "description": entry.description,
                "updated": entry.updated.isoformat(),
            }
            for entry in self._entries.values()
            if (switch := entry.policy.switch) is not None
        ]
