"""The policies of the gateway's engine, and which of them are switches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localcloud.assembly import physical, read
from localcloud.assembly.errors import InvalidTemplate, UnsupportedProperty
from localcloud.assembly.resource import Resource
from localcloud.assembly.scope import StageScope
from localcloud.spec import CedarPolicy, Switch

_ENGINE = "AWS::BedrockAgentCore::PolicyEngine"
_KINDS = {"Agent": "agent", "Tool": "tool", "Target": "target"}


def engine(scope: StageScope, configuration: Mapping[str, Any]) -> Resource | None:
    """The engine that the gateway's configuration names, if it is in the stage."""
    return next(
        (one for one in scope.resources(_ENGINE) if physical.engine_arn(one) == configuration.get("Arn")),
        None,
    )


def of_engine(scope: StageScope, resource: Resource) -> tuple[CedarPolicy, ...]:
    """The engine's policies; those of another engine do not count."""
    own = physical.engine_id(resource)
    return tuple(
        _policy(policy)
        for policy in scope.resources("AWS::BedrockAgentCore::Policy")
        if policy.text("PolicyEngineId") == own
    )


def _policy(resource: Resource) -> CedarPolicy:
    definition = read.mapping(resource.get("Definition"), f"{resource.where}.Definition")
    if set(definition) != {"Cedar"}:
        raise UnsupportedProperty(
            f"{resource.where}.Definition: only Cedar statements have a local stand-in."
        )
    place = f"{resource.where}.Definition.Cedar"
    return CedarPolicy(
        name=physical.policy_id(resource),
        statement=read.text(read.mapping(definition["Cedar"], place).get("Statement"), place),
        mode=read.one_of(resource.get("EnforcementMode") or "ACTIVE", ("ACTIVE", "LOG_ONLY"), resource.where),
        declared=resource.text("Name"),
        arn=physical.policy_arn(resource),
        description=str(resource.get("Description") or ""),
        switch=_switch(resource),
    )


def _switch(resource: Resource) -> Switch | None:
    noted = resource.structured("Switch")
    if noted is None:
        return None
    match noted:
        case {**only} if len(only) == 1:
            [(kind, subject)] = only.items()
            if kind in _KINDS and isinstance(subject, str) and subject:
                return Switch(_KINDS[kind], subject)
    raise InvalidTemplate(
        f"{resource.where}: Metadata.Airside.Switch is {noted!r}; it names one of {', '.join(_KINDS)}."
    )
