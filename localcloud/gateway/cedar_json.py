"""Cedar's own forms of what the policy engine evaluates: statements, policy sets, entities, literals."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import cedarpy

from localcloud.gateway import wire
from localcloud.spec import CedarPolicy

USER = "AgentCore::OAuthUser"
ACTION = "AgentCore::Action"
GATEWAY = "AgentCore::Gateway"
_ALL_CALLS = "CallTool"


class PolicyError(ValueError):
    """A policy that cannot be enforced. The gateway does not start with one."""


Statement = Mapping[str, Any]
"""One policy in Cedar's JSON form."""


def parse(policies: Iterable[CedarPolicy]) -> dict[str, Statement]:
    """The statements by their policies' names. Each policy holds exactly one. Raises PolicyError."""
    compiled: dict[str, Statement] = {}
    for policy in policies:
        try:
            parsed = json.loads(cedarpy.policies_to_json_str(policy.statement))
        except ValueError as problem:
            raise PolicyError(f"policy {policy.name}: not Cedar: {problem}") from None
        statements = list(parsed.get("staticPolicies", {}).values())
        if len(statements) != 1 or parsed.get("templates"):
            raise PolicyError(f"policy {policy.name}: must be exactly one statement without slots")
        if policy.name in compiled:
            raise PolicyError(f"policy {policy.name}: declared twice")
        compiled[policy.name] = statements[0]
    return compiled


def policy_set(statements: Mapping[str, Statement]) -> cedarpy.PolicySet:
    """Statements to be evaluated together, with their policies' names as ids."""
    document = {"staticPolicies": dict(statements), "templates": {}, "templateLinks": []}
    return cedarpy.PolicySet.from_json_str(json.dumps(document))


def entities(gateway_arn: str, actions: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The gateway, and the actions under their target's group and `CallTool`."""
    groups = {name.partition("___")[0] for name in actions if "___" in name}
    return [
        _entity(GATEWAY, gateway_arn),
        _entity(ACTION, _ALL_CALLS),
        *(_entity(ACTION, group, _ALL_CALLS) for group in sorted(groups)),
        *(
            _entity(ACTION, name, *([name.partition("___")[0]] if "___" in name else []), _ALL_CALLS)
            for name in actions
        ),
    ]


def _entity(kind: str, name: str, *parents: str) -> dict[str, Any]:
    return {
        "uid": {"type": kind, "id": name},
        "attrs": {},
        "parents": [{"type": kind, "id": parent} for parent in parents],
    }


def tag(claim: Any) -> str:
    """A claim as the string Cedar tags hold: text as it is, anything else as compact JSON."""
    return claim if isinstance(claim, str) else wire.encode(claim)


_ESCAPES = {"\0": "\\0", "\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"', "'": "\\'", "\\": "\\\\"}


def literal(kind: str, name: str) -> str:
    """An entity as Cedar text. Cedar takes only its own spelling, so what it would escape is escaped here."""
    written = (
        _ESCAPES.get(each) or (each if each.isprintable() else f"\\u{{{ord(each):x}}}") for each in name
    )
    return f'{kind}::"{"".join(written)}"'
