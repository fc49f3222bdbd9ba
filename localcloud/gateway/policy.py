"""The policy engine: Cedar on one tool call, and on which tools a caller may see.

Source: AgentCore Developer Guide, "Policy in AgentCore: authorization flow", "scope", "schema constraints",
"Use a gateway with a policy engine", "Test a policy in LOG_ONLY mode". Policies are compiled when their modes
change; a caller's entities once per token.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cedarpy

from localcloud.gateway import cedar_json as form
from localcloud.gateway import wire
from localcloud.gateway.authorizer import Caller
from localcloud.gateway.cedar_json import PolicyError as PolicyError
from localcloud.spec import CedarPolicy, Switch

ENFORCE = "ENFORCE"
ACTIVE = "ACTIVE"
LOG_ONLY = "LOG_ONLY"
_NONE_APPLIES = "No policy applies to the request (denied by default)."
_UNKNOWN_INPUT = '{"input":{"__extn":{"fn":"unknown","arg":"input"}}}'


@dataclass(frozen=True, slots=True)
class Verdict:
    """One decision: `policies` determined it, `errors` counts those Cedar skipped because they failed.

    `matched` are the policies in LOG_ONLY that apply to the request, `flipping` those of them that would have
    changed the decision; None where no policy is in LOG_ONLY. `switches` are those that refused.
    """

    allowed: bool
    policies: tuple[str, ...]
    errors: int
    matched: tuple[str, ...] | None = None
    flipping: tuple[str, ...] = ()
    switches: tuple[Switch, ...] = ()

    @property
    def reason(self) -> str:
        """The text the service puts in its refusal."""
        if self.policies:
            return f"Policy evaluation denied due to {', '.join(self.policies)}"
        return _NONE_APPLIES


@dataclass(frozen=True, slots=True)
class Listing:
    """What a caller is shown. `refused` names the policies that forbid a tool whatever its arguments are;
    `switches` are those that hide a tool the caller would see without them."""

    visible: frozenset[str]
    refused: Mapping[str, tuple[str, ...]]
    switches: tuple[Switch, ...]


class PolicyEngine:
    """One gateway's policies. `actions` are the full tool names the gateway knows."""

    def __init__(
        self, policies: Sequence[CedarPolicy], *, mode: str, gateway_arn: str, actions: Iterable[str]
    ) -> None:
        if mode not in (ENFORCE, LOG_ONLY):
            raise PolicyError(f"policy engine mode {mode!r}: must be {ENFORCE} or {LOG_ONLY}")
        for policy in policies:
            if policy.mode not in (ACTIVE, LOG_ONLY):
                raise PolicyError(f"policy {policy.name}: mode {policy.mode!r} is not {ACTIVE} or {LOG_ONLY}")
        self.enforcing = mode == ENFORCE
        self._gateway = {"type": form.GATEWAY, "id": gateway_arn}
        self._actions = {name: {"type": form.ACTION, "id": name} for name in actions}
        self._base = cedarpy.Entities.from_json_str(json.dumps(form.entities(gateway_arn, self._actions)))
        self._statements = form.parse(policies)
        self._switches = {policy.name: policy.switch for policy in policies if policy.switch is not None}
        for name, switch in self._switches.items():
            if self._statements[name]["effect"] != "forbid":
                raise PolicyError(f"policy {name}: is the switch of the {switch}, and forbids nothing")
        self._modes = {policy.name: policy.mode for policy in policies}
        self._compile()

    def enforce(self, policy: str, mode: str) -> None:
        """Sets one policy's mode, ACTIVE or LOG_ONLY, for every request from now on. KeyError without it."""
        if policy not in self._modes or mode not in (ACTIVE, LOG_ONLY):
            raise KeyError(policy)
        self._modes[policy] = mode
        self._compile()

    def _compile(self) -> None:
        def chosen(mode: str, *effects: str, switches: bool = True) -> cedarpy.PolicySet | None:
            found = {
                name: statement
                for name, statement in self._statements.items()
                if self._modes[name] == mode
                and statement["effect"] in effects
                and (switches or name not in self._switches)
            }
            return form.policy_set(found) if found else None

        self._policies = chosen(ACTIVE, "permit", "forbid") or form.policy_set({})
        thrown = any(self._modes[name] == ACTIVE for name in self._switches)
        self._unswitched = (
            (chosen(ACTIVE, "permit", "forbid", switches=False) or form.policy_set({})) if thrown else None
        )
        # Apart, because a forbid that matches hides which permits do.
        self._quiet_permits = chosen(LOG_ONLY, "permit")
        self._quiet_forbids = chosen(LOG_ONLY, "forbid")
        text = json.dumps([[name, self._modes[name], each] for name, each in self._statements.items()])
        self.version = hashlib.sha256(text.encode()).hexdigest()[:16]

    def authorize(self, caller: Caller, tool: str, context: Mapping[str, Any]) -> Verdict:
        """`AuthorizeAction` with the full context. A tool that does not exist is denied like any other."""
        entities = self._entities(caller)
        action = self._actions.get(tool)
        if entities is None or action is None:
            return Verdict(allowed=False, policies=(), errors=0)
        request = {
            "principal": {"type": form.USER, "id": caller.subject},
            "action": action,
            "resource": self._gateway,
            "context": wire.encode({"input": context}),
        }
        answer = cedarpy.is_authorized(request, self._policies, entities)
        allowed, reasons = answer.allowed, tuple(sorted(answer.diagnostics.reasons))
        matched, flipping = self._quiet(request, entities, allowed=allowed, forbidden=bool(reasons))
        return Verdict(
            allowed,
            reasons,
            len(answer.diagnostics.errors),
            matched,
            flipping,
            () if allowed else self._among(reasons),
        )

    def _quiet(
        self, request: dict[str, Any], entities: cedarpy.Entities, *, allowed: bool, forbidden: bool
    ) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
        """Policies in LOG_ONLY that match, and those that each alone would have changed the decision."""
        if self._quiet_permits is None and self._quiet_forbids is None:
            return None, ()

        def matching(policies: cedarpy.PolicySet | None) -> tuple[str, ...]:
            if policies is None:
                return ()
            return tuple(sorted(cedarpy.is_authorized(request, policies, entities).diagnostics.reasons))

        permits, forbids = matching(self._quiet_permits), matching(self._quiet_forbids)
        if allowed:
            return (*permits, *forbids), forbids
        # No permit changes what a forbid decides.
        return (*permits, *forbids), () if forbidden else permits

    def visible(self, caller: Caller) -> frozenset[str]:
        """`PartiallyAuthorizeActions`: tools that some arguments could make a permitted call of.

        Cedar evaluates every policy with `context.input` unknown. What it then refuses outright, no arguments
        can rescue; everything else is listed. A residual that can never hold is still listed.
        """
        return self.listing(caller).visible

    def listing(self, caller: Caller) -> Listing:
        """What the caller sees, and why not the rest."""
        known: tuple[str, Listing] | None = caller.memo.get("listing")
        if known is None or known[0] != self.version:
            known = (self.version, self._listing(caller))
            caller.memo["listing"] = known
        return known[1]

    def unlisted(self, caller: Caller, tool: str) -> Verdict:
        """The refusal of a tool that no arguments make a permitted call of."""
        refused = self.listing(caller).refused.get(tool, ())
        return Verdict(allowed=False, policies=refused, errors=0, switches=self._among(refused))

    def _listing(self, caller: Caller) -> Listing:
        found = {tool: self._partial(caller, tool, self._policies) for tool in self._actions}
        hiding: set[str] = set()
        if (unswitched := self._unswitched) is not None:
            hiding.update(
                name
                for tool, (possible, forbids) in found.items()
                if not possible and self._partial(caller, tool, unswitched)[0]
                for name in forbids
            )
        return Listing(
            frozenset(tool for tool, (possible, _) in found.items() if possible),
            {tool: forbids for tool, (possible, forbids) in found.items() if not possible and forbids},
            self._among(sorted(hiding)),
        )

    def _partial(
        self, caller: Caller, tool: str, policies: cedarpy.PolicySet
    ) -> tuple[bool, tuple[str, ...]]:
        """Whether some arguments could make it a permitted call; if not, the policies that forbid it."""
        entities = self._entities(caller)
        if entities is None:
            return False, ()
        request = {
            "principal": form.literal(form.USER, caller.subject or ""),
            "action": form.literal(form.ACTION, tool),
            "resource": form.literal(form.GATEWAY, self._gateway["id"]),
            "context": _UNKNOWN_INPUT,
        }
        answer = cedarpy.is_authorized_partial(request, policies, entities)
        if answer.decision is cedarpy.Decision.NoDecision:
            # Without residuals it could not evaluate at all; an entity it does not know it could not judge.
            return bool(answer.residuals) and not answer.diagnostics.unknown_entities, ()
        if answer.allowed:
            return True, ()
        forbids = (
            name for name in answer.diagnostics.reasons if self._statements[name]["effect"] == "forbid"
        )
        return False, tuple(sorted(forbids))

    def _among(self, policies: Iterable[str]) -> tuple[Switch, ...]:
        return tuple(self._switches[name] for name in policies if name in self._switches)

    def _entities(self, caller: Caller) -> cedarpy.Entities | None:
        """The gateway's entities and the caller's; None where the token names no principal."""
        if caller.subject is None:
            return None
        known: cedarpy.Entities | None = caller.memo.get("entities")
        if known is None:
            user = {
                "uid": {"type": form.USER, "id": caller.subject},
                "attrs": {"id": caller.subject},
                "tags": {name: form.tag(value) for name, value in caller.claims.items()},
                "parents": [],
            }
            known = self._base.with_added_json_str(json.dumps([user]))
            caller.memo["entities"] = known
        return known
