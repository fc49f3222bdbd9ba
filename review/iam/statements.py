"""Policy documents as sorted, stable statements. Source: IAM User Guide, "IAM JSON policy element reference"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from review.errors import Unreadable
from review.identity import Names
from review.model import Statement
from review.stage import Resource

_ACCOUNT = re.compile(r"\d{12}|\$\{AWS::AccountId\}")
"""An account by its number is its root: everybody in it whom its own policies let."""

_KEYS = {
    key.lower(): key
    for key in (
        "aws:CalledVia",
        "aws:CalledViaFirst",
        "aws:CalledViaLast",
        "aws:MultiFactorAuthPresent",
        "aws:PrincipalAccount",
        "aws:PrincipalArn",
        "aws:PrincipalOrgID",
        "aws:RequestedRegion",
        "aws:ResourceAccount",
        "aws:ResourceOrgID",
        "aws:SecureTransport",
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:SourceIp",
        "aws:SourceOrgID",
        "aws:SourceVpc",
        "aws:SourceVpce",
        "aws:ViaAWSService",
        "iam:PassedToService",
        "kms:ViaService",
        "sts:ExternalId",
    )
}
"""IAM does not mind the case of a condition's key: one way to write each that the checks ask for."""


def statements(
    names: Names, resource: Resource, path: str, *, whys: Mapping[str, Any] | None = None
) -> Iterator[Statement]:
    """The statements of the policy document at a dotted path of a resource's properties.

    Args:
        whys: reasons by Sid, where the stacks noted them.

    Raises:
        Unreadable: a statement that is not understood might grant anything.
    """
    document: Any = resource.properties
    for key in path.split("."):
        document = document.get(key) if isinstance(document, Mapping) else _index(document, key)
    if document is None:
        return
    where = resource.place(f"Properties.{path}")
    listed = document.get("Statement") if isinstance(document, Mapping) else None
    if isinstance(listed, Mapping):
        listed = [listed]
    if not isinstance(listed, list):
        raise Unreadable(f"{where}: no policy document that is understood.")
    for index, given in enumerate(listed):
        place = resource.place(f"Properties.{path}.Statement.{index}")
        if not isinstance(given, Mapping) or given.get("Effect") not in ("Allow", "Deny"):
            raise Unreadable(f"{place}: a statement without an effect that is understood.")
        sid = str(given.get("Sid", ""))
        yield Statement(
            effect=str(given["Effect"]),
            actions=_listed(names, given, "Action", place),
            not_actions=_listed(names, given, "NotAction", place),
            resources=_listed(names, given, "Resource", place),
            not_resources=_listed(names, given, "NotResource", place),
            principals=_principals(names, given, place),
            conditions=_conditions(names, given, place),
            sid=sid,
            why=str((whys or {}).get(sid, "")),
            place=place,
        )


def _index(value: Any, key: str) -> Any:
    return value[int(key)] if isinstance(value, list) and key.isdecimal() and int(key) < len(value) else None


def _listed(names: Names, given: Mapping[str, Any], key: str, place: object) -> tuple[str, ...]:
    value = given.get(key)
    if value is None:
        return ()
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) for item in items):
        raise Unreadable(f"{place}.{key}: not a list of texts.")
    return tuple(sorted({str(names.text(item)) for item in items}))


def _principals(names: Names, given: Mapping[str, Any], place: object) -> tuple[str, ...]:
    found = []
    for key, prefix in (("Principal", ""), ("NotPrincipal", "not ")):
        value = given.get(key)
        if isinstance(value, str):
            found.append(f"{prefix}{names.text(value)}")
        elif isinstance(value, Mapping):
            for kind in value:
                for item in _listed(names, value, kind, f"{place}.{key}"):
                    whole = f"arn:aws:iam::{item}:root" if _ACCOUNT.fullmatch(item) else item
                    found.append(f"{prefix}{kind}:{whole}")
        elif value is not None:
            raise Unreadable(f"{place}.{key}: not a principal that is understood.")
    return tuple(sorted(found))


def _conditions(names: Names, given: Mapping[str, Any], place: object) -> tuple[str, ...]:
    conditions = given.get("Condition")
    if conditions is None:
        return ()
    if not isinstance(conditions, Mapping):
        raise Unreadable(f"{place}.Condition: not understood.")
    found = []
    for operator, keys in conditions.items():
        if not isinstance(keys, Mapping):
            raise Unreadable(f"{place}.Condition.{operator}: not understood.")
        for key, value in keys.items():
            values = value if isinstance(value, list) else [value]
            key = _KEYS.get(str(key).lower(), key)
            found.append(f"{operator}:{key}={','.join(sorted(_text(names, item) for item in values))}")
    return tuple(sorted(found))


def _text(names: Names, value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else names.stable(value)
