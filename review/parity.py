"""Parity of stages: two stages of a system may differ in what environments are there to set, and in nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from review.compare import Change, Direction, compare
from review.document import from_document, to_document
from review.model import AccessModel, Role, Statement

_ENVIRONMENT = "{environment}"
_ENDPOINT = re.compile(r"/runtime-endpoint/[^/\"]+$")
_OWN = ("kms:", "ec2:")
"""Services whose actions a role needs for a key or a VPC, which an environment may have."""


def differences(one: AccessModel, other: AccessModel) -> Iterator[Change]:
    """What `one` grants that `other` does not, or the other way round, beside what environments set.

    They set: how long tokens and sessions live, keys, networks, endpoints, retention and protection of data, alarms,
    rates, web ACLs, permissions boundaries, whether errors are shown, the policy engine's mode (GWY-03), which
    switches are thrown, and which hosts outside are called.
    """
    for change in compare(_normal(other), _normal(one)):
        if change.direction is not Direction.NEUTRAL:
            yield change


def _normal(model: AccessModel) -> AccessModel:
    text = json.dumps(to_document(model), ensure_ascii=False)
    if model.environment:
        name = re.escape(model.environment)
        text = re.sub(rf"(?<![A-Za-z0-9]){name}(?![A-Za-z0-9])", _ENVIRONMENT, text)
    given = from_document(json.loads(text))
    return replace(
        given,
        pools=tuple(
            replace(each, deletion_protection=False, mfa="", threat_protection="") for each in given.pools
        ),
        clients=tuple(replace(each, access_minutes=None, refresh_minutes=None) for each in given.clients),
        gateways=tuple(
            replace(
                each,
                engine_mode=None,
                exception_level=None,
                kms_key=None,
                waf=None,
                waf_failure_mode=None,
                rate_limits=(),
            )
            for each in given.gateways
        ),
        tools=tuple(
            replace(each, backend="outside" if "://" in each.backend else each.backend)
            for each in given.tools
        ),
        policies=tuple(replace(each, enforcement="") if each.switch else each for each in given.policies),
        roles=tuple(_role(each) for each in given.roles),
        runtimes=tuple(
            replace(each, idle_seconds=None, life_seconds=None, endpoints=(), network="")
            for each in given.runtimes
        ),
        functions=tuple(replace(each, reserved_concurrency=None) for each in given.functions),
        stores=(),
        settings=(),
        providers=tuple(replace(each, discovery=None) for each in given.providers),
    )


def _role(role: Role) -> Role:
    kept = tuple(
        _anywhere(each)
        for each in role.statements
        if not each.actions or not all(act.startswith(_OWN) for act in each.actions)
    )
    return replace(role, statements=kept, boundary=None, max_session_seconds=None)


def _anywhere(statement: Statement) -> Statement:
    resources = tuple(
        sorted(_ENDPOINT.sub("/runtime-endpoint/{endpoint}", each) for each in statement.resources)
    )
    return replace(statement, resources=resources)
