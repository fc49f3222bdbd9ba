"""The Cedar policies of a stage, parsed. Source: AWS::BedrockAgentCore::Policy; Cedar's JSON policy format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from review.cedar import expressions
from review.cedar.expressions import Principal, Skipped
from review.collect.reading import Reading
from review.errors import Unreadable
from review.model import Policy
from review.stage import Resource

EVERYTHING = "*"
_SCOPE = "scope"


@dataclass(frozen=True, eq=False)
class Parsed:
    """A policy with its parts as data: `principal`, `action` and `resource` scopes and conditions."""

    policy: Policy
    scope: Mapping[str, Any]
    conditions: tuple[tuple[str, Mapping[str, Any]], ...]

    def matches(self, principal: Principal, gateway_arn: str) -> bool | None:
        """Whether it applies to a caller at a gateway, whatever the tool; None where that depends."""
        found = [self._principal(principal), self._resource(gateway_arn)]
        if False in found:
            return False
        try:
            for kind, body in self.conditions:
                value = expressions.truth(body, principal)
                found.append(value if kind == "when" or value is None else not value)
        except Skipped:
            return False
        return False if False in found else None if None in found else True

    def _principal(self, principal: Principal) -> bool | None:
        scope = self.scope["principal"]
        if scope["op"] == "==":
            known = scope["entity"]["id"]
            if scope["entity"]["type"] != "AgentCore::OAuthUser":
                return False
            return True if known == principal.id else None if "${" not in known else False
        if scope["op"] == "is" and "in" not in scope:
            return bool(scope["entity_type"] == "AgentCore::OAuthUser")
        return True if scope["op"] == "All" else None

    def _resource(self, gateway_arn: str) -> bool | None:
        scope = self.scope["resource"]
        if scope["op"] == "==":
            named = scope["entity"]["id"]
            # Another gateway of the stage is another one for sure; an ARN written out may be this one.
            return True if named == gateway_arn else False if "${" in named else None
        return True if scope["op"] in ("All", "is") else None


def policies(reading: Reading) -> tuple[Parsed, ...]:
    """Raises Unreadable where a statement is no Cedar: it could permit anything."""
    found = [_parsed(reading, policy) for policy in reading.stage.of_type("AWS::BedrockAgentCore::Policy")]
    return tuple(sorted(found, key=lambda parsed: (parsed.policy.engine, parsed.policy.name)))


def _parsed(reading: Reading, resource: Resource) -> Parsed:
    # Loaded here: a native library that only this needs.
    import cedarpy

    statement = _statement(reading, resource)
    try:
        document = json.loads(cedarpy.policies_to_json_str(statement))
        (body,) = document["staticPolicies"].values()
    except ValueError as error:
        raise Unreadable(
            f"{resource.place('Properties.Definition')}: not one Cedar statement ({error})."
        ) from error
    conditions = tuple((each["kind"], each["body"]) for each in body["conditions"])
    switch = resource.notes.get("Switch")
    policy = Policy(
        name=reading.text(resource, "Name") or reading.names.bare(resource),
        engine=reading.bare(resource.properties.get("PolicyEngineId")) or "",
        effect=body["effect"],
        principals=_principals(reading, body["principal"], conditions),
        actions=_actions(body["action"]),
        resource=_resource(reading, body["resource"]),
        conditions=tuple(reading.names.text(each) for each in _texts(conditions)),
        enforcement=reading.text(resource, "EnforcementMode") or "ACTIVE",
        validation=reading.text(resource, "ValidationMode") or "FAIL_ON_ANY_FINDINGS",
        statement=json.dumps(
            reading.names.text(_ordered(body)), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ),
        switch=_switch(switch),
        place=resource.place("Properties.Definition"),
    )
    return Parsed(policy, body, conditions)


def _ordered(body: Mapping[str, Any]) -> dict[str, Any]:
    """With its actions in one order: another order says the same."""
    action = dict(body["action"])
    if "entities" in action:
        action["entities"] = sorted(action["entities"], key=lambda entity: str(entity["id"]))
    return {**body, "action": action}


def _statement(reading: Reading, resource: Resource) -> str:
    for path in ("Definition.Cedar.Statement", "Definition.Policy.Statement"):
        value = (
            reading.get(resource, path)
            if path.split(".")[1] in (reading.get(resource, "Definition") or {})
            else None
        )
        if isinstance(value, str):
            return value
    raise Unreadable(f"{resource.place('Properties.Definition')}: no Cedar statement that can be read.")


def _switch(noted: Any) -> str | None:
    if not isinstance(noted, Mapping) or not noted:
        return None
    kind, name = next(iter(noted.items()))
    return f"{str(kind).lower()}:{name}"


def _principals(
    reading: Reading, scope: Mapping[str, Any], conditions: tuple[tuple[str, Mapping[str, Any]], ...]
) -> tuple[str, ...]:
    if scope["op"] == "==":
        return (reading.names.stable(scope["entity"]["id"]),)
    found = []
    for kind, body in conditions:
        for part in expressions.conjuncts(body) if kind == "when" else ():
            if name := _required_scope(part):
                found.append(name)
    return tuple(sorted(found)) or (EVERYTHING,)


def _required_scope(node: Mapping[str, Any]) -> str | None:
    """The badge in `principal.getTag("scope") == "…"`."""
    sides = node.get("==")
    tag = {"getTag": {"left": {"Var": "principal"}, "right": {"Value": _SCOPE}}}
    if not isinstance(sides, Mapping):
        return None
    for one, other in (("left", "right"), ("right", "left")):
        value = sides[other].get("Value")
        if sides[one] == tag and isinstance(value, str):
            return value
    return None


def _texts(conditions: tuple[tuple[str, Mapping[str, Any]], ...]) -> list[str]:
    """What is left of the conditions without those that only say who calls."""
    found = []
    for kind, body in conditions:
        if kind != "when":
            found.append(f"unless {expressions.text(body)}")
            continue
        for part in expressions.conjuncts(body):
            written = expressions.text(part)
            if not _required_scope(part) and written != f'principal.hasTag("{_SCOPE}")':
                found.append(written)
    return sorted(found)


def _actions(scope: Mapping[str, Any]) -> tuple[str, ...]:
    if scope["op"] == "All":
        return (EVERYTHING,)
    entities = scope.get("entities") or [scope["entity"]]
    return tuple(sorted(str(entity["id"]) for entity in entities))


def _resource(reading: Reading, scope: Mapping[str, Any]) -> str:
    if scope["op"] == "==":
        return reading.names.stable(scope["entity"]["id"])
    return str(scope.get("entity_type", EVERYTHING)) if scope["op"] != "All" else EVERYTHING
