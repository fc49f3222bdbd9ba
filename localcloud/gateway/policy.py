"""The policy engine: Cedar on one tool call, and on which tools a caller may see.

Source: AgentCore Developer Guide, "Policy in AgentCore: authorization flow", "scope", "schema constraints",
"Use a gateway with a policy engine". Policies are compiled once; a caller's entities once per token.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cedarpy

from localcloud.gateway import wire
from localcloud.gateway.authorizer import Caller
from localcloud.spec import CedarPolicy

ENFORCE = "ENFORCE"
LOG_ONLY = "LOG_ONLY"
_USER = "AgentCore::OAuthUser"
_ACTION = "AgentCore::Action"
_GATEWAY = "AgentCore::Gateway"
_ALL_CALLS = "CallTool"
_NONE_APPLIES = "No policy applies to the request (denied by default)."
_UNKNOWN_INPUT = '{"input":{"__extn":{"fn":"unknown","arg":"input"}}}'


class PolicyError(ValueError):
    """A policy that cannot be enforced. The gateway does not start with one."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One decision: `policies` determined it, `errors` names those Cedar skipped because they failed."""

    allowed: bool
    policies: tuple[str, ...]
    errors: int
    would_allow: bool | None = None
    """What it would be with the policies in LOG_ONLY as well; None where there are none."""

    @property
    def reason(self) -> str:
        """The text the service puts in its refusal."""
        if self.policies:
            return f"Policy evaluation denied due to {', '.join(self.policies)}"
        return _NONE_APPLIES


class PolicyEngine:
    """One gateway's policies. `actions` are the full tool names the gateway knows."""

    def __init__(
        self, policies: Sequence[CedarPolicy], *, mode: str, gateway_arn: str, actions: Iterable[str]
    ) -> None:
        if mode not in (ENFORCE, LOG_ONLY):
            raise PolicyError(f"policy engine mode {mode!r}: must be {ENFORCE} or {LOG_ONLY}")
        for policy in policies:
            if policy.mode not in ("ACTIVE", LOG_ONLY):
                raise PolicyError(f"policy {policy.name}: mode {policy.mode!r} is not ACTIVE or {LOG_ONLY}")
        self.enforcing = mode == ENFORCE
        self._gateway = {"type": _GATEWAY, "id": gateway_arn}
        self._actions = {name: {"type": _ACTION, "id": name} for name in actions}
        self._policies = _compile([policy for policy in policies if policy.mode == "ACTIVE"])
        shadowed = any(policy.mode == LOG_ONLY for policy in policies)
        self._shadow = _compile(policies) if shadowed else None
        self._base = cedarpy.Entities.from_json_str(json.dumps(_entities(gateway_arn, self._actions)))
        text = "\n".join(f"{policy.name} {policy.mode} {policy.statement}" for policy in policies)
        self.version = hashlib.sha256(text.encode()).hexdigest()[:16]

    def authorize(self, caller: Caller, tool: str, context: Mapping[str, Any]) -> Verdict:
        """`AuthorizeAction` with the full context. A tool that does not exist is denied like any other."""
        entities = self._entities(caller)
        action = self._actions.get(tool)
        if entities is None or action is None:
            return Verdict(allowed=False, policies=(), errors=0)
        request = {
            "principal": {"type": _USER, "id": caller.subject},
            "action": action,
            "resource": self._gateway,
            "context": wire.encode({"input": context}),
        }
        answer = cedarpy.is_authorized(request, self._policies, entities)
        shadow = None
        if self._shadow is not None:
            shadow = cedarpy.is_authorized(request, self._shadow, entities).allowed
        diagnostics = answer.diagnostics
        return Verdict(answer.allowed, tuple(sorted(diagnostics.reasons)), len(diagnostics.errors), shadow)

    def visible(self, caller: Caller) -> frozenset[str]:
        """`PartiallyAuthorizeActions`: tools that some arguments could make a permitted call of.

        Cedar evaluates every policy with `context.input` unknown. What it then refuses outright, no arguments
        can rescue; everything else is listed. A residual that can never hold is still listed.
        """
        known = caller.memo.get("visible")
        if known is None:
            known = frozenset(tool for tool in self._actions if self._possible(caller, tool))
            caller.memo["visible"] = known
        visible: frozenset[str] = known
        return visible

    def _possible(self, caller: Caller, tool: str) -> bool:
        entities = self._entities(caller)
        if entities is None:
            return False
        request = {
            "principal": _literal(_USER, caller.subject or ""),
            "action": _literal(_ACTION, tool),
            "resource": _literal(_GATEWAY, self._gateway["id"]),
            "context": _UNKNOWN_INPUT,
        }
        answer = cedarpy.is_authorized_partial(request, self._policies, entities)
        if answer.decision is cedarpy.Decision.NoDecision:
            # Without residuals it could not evaluate at all; an entity it does not know it could not judge.
            return bool(answer.residuals) and not answer.diagnostics.unknown_entities
        return bool(answer.allowed)

    def _entities(self, caller: Caller) -> cedarpy.Entities | None:
        """The gateway's entities and the caller's; None where the token names no principal."""
        if caller.subject is None:
            return None
        known: cedarpy.Entities | None = caller.memo.get("entities")
        if known is None:
            user = {
                "uid": {"type": _USER, "id": caller.subject},
                "attrs": {"id": caller.subject},
                "tags": {name: _tag(value) for name, value in caller.claims.items()},
                "parents": [],
            }
            known = self._base.with_added_json_str(json.dumps([user]))
            caller.memo["entities"] = known
        return known


def _compile(policies: Sequence[CedarPolicy]) -> cedarpy.PolicySet:
    """One policy set with the resources' names as ids. Each resource holds exactly one statement."""
    compiled: dict[str, Any] = {}
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
    document = {"staticPolicies": compiled, "templates": {}, "templateLinks": []}
    return cedarpy.PolicySet.from_json_str(json.dumps(document))


def _entities(gateway_arn: str, actions: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The gateway, and the actions under their target's group and `CallTool`."""
    groups = {name.partition("___")[0] for name in actions if "___" in name}
    return [
        _entity(_GATEWAY, gateway_arn),
        _entity(_ACTION, _ALL_CALLS),
        *(_entity(_ACTION, group, _ALL_CALLS) for group in sorted(groups)),
        *(
            _entity(_ACTION, name, *([name.partition("___")[0]] if "___" in name else []), _ALL_CALLS)
            for name in actions
        ),
    ]


def _entity(kind: str, name: str, *parents: str) -> dict[str, Any]:
    return {
        "uid": {"type": kind, "id": name},
        "attrs": {},
        "parents": [{"type": kind, "id": parent} for parent in parents],
    }


def _tag(claim: Any) -> str:
    """A claim as the string Cedar tags hold: text as it is, anything else as compact JSON."""
    return claim if isinstance(claim, str) else wire.encode(claim)


_ESCAPES = {"\0": "\\0", "\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"', "'": "\\'", "\\": "\\\\"}


def _literal(kind: str, name: str) -> str:
    """An entity as Cedar text. Cedar takes only its own spelling, so what it would escape is escaped here."""
    written = (
        _ESCAPES.get(each) or (each if each.isprintable() else f"\\u{{{ord(each):x}}}") for each in name
    )
    return f'{kind}::"{"".join(written)}"'
