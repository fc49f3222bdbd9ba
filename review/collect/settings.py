"""What an assembly holds beside what the rest of the model speaks of: a digest of everything that could matter.

A review can only explain what it knows. What it does not know must not change in silence either: it is kept here,
resource by resource, so that a change of it is told, and needs a look and an approval, with its direction unknown.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from review import literals
from review.collect.functions import permitted
from review.collect.reading import Reading
from review.collect.spoken import HARMLESS, LASTING, SILENT, SPOKEN, WHOLE
from review.collect.stores import POLICIES
from review.gates import NOWHERE
from review.iam.roles import attached
from review.identity import ASSET_HASH, WORDS_ONLY
from review.model import HIDDEN, Settings
from review.reader.symbols import replaced
from review.stage import Resource

_SHORT = 160
_MOST = 400
"""Values of one resource that are kept apart; more of them are one digest."""

_PERMISSION = (
    "Action",
    "FunctionName",
    "FunctionUrlAuthType",
    "Principal",
    "PrincipalOrgID",
    "SourceAccount",
    "SourceArn",
)

_Tree = dict[str, Any]
_END = ""


def settings(reading: Reading) -> tuple[Settings, ...]:
    """One entry for each resource that has any, and for each of a type that the model does not know."""
    found = [*_deployment(reading)]
    heard = {
        (function.stack, function.logical_id)
        for gateway in reading.stage.of_type("AWS::BedrockAgentCore::Gateway")
        for function in reading.stage.mentioned(gateway.properties.get("InterceptorConfigurations"))
    }
    for resource in reading.stage.resources():
        spoken = _spoken(reading, resource, (resource.stack, resource.logical_id) in heard)
        if spoken is None:
            continue
        values = _bounded(_values(reading, resource, spoken))
        if values or resource.type not in SPOKEN:
            found.append(Settings(reading.names.of(resource), resource.type, values, resource.place()))
    return tuple(sorted(found, key=lambda each: (each.type, each.id)))


def _deployment(reading: Reading) -> Iterator[Settings]:
    """What deploys the stacks, and who is told of it; however many stacks the same things are in."""
    stacks = reading.stage.stacks
    keys = sorted({key for stack in stacks for key in stack.deployed})
    values = {
        key: sorted({_told(reading, key, stack.deployed.get(key, "none")) for stack in stacks})
        for key in keys
    }
    if values:
        place = next(reading.stage.resources(), None)
        yield Settings(
            "stacks:all",
            "stacks",
            _bounded((key, ", ".join(each)) for key, each in values.items()),
            place.place() if place is not None else NOWHERE,
        )


def _spoken(reading: Reading, resource: Resource, intercepts: bool) -> _Tree | None:
    """The paths that something else speaks of; None where that is all of the resource."""
    type_, stage = resource.type, reading.stage
    if type_ in SILENT or type_ == "AWS::CloudFormation::Stack":
        return None
    more: tuple[str, ...] = ()
    if type_ in ("AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy"):
        if _all_attached(reading, resource):
            return None
    elif type_ in POLICIES:
        key, _ = POLICIES[type_]
        if any(stage.mentioned(resource.properties.get(key))):
            return None
    elif type_ == "AWS::Lambda::Permission":
        more = _PERMISSION if permitted(reading, resource) is not None else ()
        if resource.properties.keys() <= set(more):
            return None
    elif type_ in ("AWS::BedrockAgentCore::ResourcePolicy", "AWS::WAFv2::WebACLAssociation"):
        gateways = stage.of_type("AWS::BedrockAgentCore::Gateway")
        if any(each in gateways for each in stage.mentioned(resource.properties.get("ResourceArn"))):
            return None
    elif type_ == "AWS::Lambda::Function" and intercepts:
        more = ("Environment",)
    return _tree(
        dict.fromkeys((*SPOKEN.get(type_, ()), *HARMLESS.get(type_, ()), *WORDS_ONLY, *more), True)
        | dict.fromkeys(WHOLE.get(type_, ()), False)
    )


def _all_attached(reading: Reading, policy: Resource) -> bool:
    """Whether roles of the stage are all that it is attached to."""
    if policy.properties.get("Users") or policy.properties.get("Groups"):
        return False
    roles = [each for each in reading.stage.of_type("AWS::IAM::Role") if attached(reading, policy, each)]
    named = policy.properties.get("Roles")
    return bool(roles) and (not isinstance(named, list) or len(named) <= len(roles))


def _tree(paths: Mapping[str, bool]) -> _Tree:
    """The paths member by member; at the end of each, whether it is left out (else it is one value)."""
    root: _Tree = {}
    for path, left_out in paths.items():
        node = root
        for key in path.split("."):
            node = node.setdefault(key, {})
        node[_END] = left_out
    return root


def _values(reading: Reading, resource: Resource, spoken: _Tree) -> Iterator[tuple[str, str]]:
    yield from _flat(reading, _idless(resource), "", spoken, "")
    if condition := resource.attributes.get("Condition"):
        # The reader leaves out what is decided against; of what is left, some may never be made.
        yield "Condition", str(condition)
    if resource.type in LASTING and (kept := resource.attributes.get("UpdateReplacePolicy")):
        yield "UpdateReplacePolicy", str(kept)


def _idless(resource: Resource) -> Mapping[str, Any]:
    """The properties without the ids that a distribution gives its origins: constructs make them of their paths."""
    if resource.type != "AWS::CloudFront::Distribution":
        return resource.properties
    config = resource.properties.get("DistributionConfig")
    origins = config.get("Origins") if isinstance(config, Mapping) else None
    names = {
        each.get("Id"): f"origin {index}"
        for index, each in enumerate(origins if isinstance(origins, list) else [])
        if isinstance(each, Mapping) and isinstance(each.get("Id"), str)
    }
    return dict(replaced(resource.properties, lambda text: names.get(text, text)))


def _flat(reading: Reading, value: Any, path: str, spoken: _Tree, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, list) and any(isinstance(item, Mapping | list) for item in value):
        value = {str(index): item for index, item in enumerate(value)}
    if isinstance(value, Mapping) and value:
        for name, item in value.items():
            below = spoken.get(str(name)) or spoken.get("*") or {}
            if below.get(_END) is False:
                yield f"{path}.{name}" if path else str(name), _told(reading, str(name), item)
            elif _END not in below:
                yield from _flat(reading, item, f"{path}.{name}" if path else str(name), below, str(name))
        return
    yield path, _told(reading, key, value)


def _told(reading: Reading, key: str, value: Any) -> str:
    """A short text as it stands; a longer one by its digest. An asset of the assembly is one, whatever its hash."""
    if isinstance(value, list):
        # Nearly every list of texts is a set; what differs in order alone is not worth an alarm.
        value = sorted((reading.names.stable(each) for each in value), key=str)
    if isinstance(value, str) and value[:1] in ("{", "["):
        value = _parsed(value)
    known = (reading.stage.asset_files, reading.stage.images)
    text = ASSET_HASH.sub(
        lambda found: "asset" if any(found[0] in each for each in known) else found[0],
        reading.names.stable(value),
    )
    if literals.secret(key, text):
        return HIDDEN
    return text if len(text) <= _SHORT else f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _parsed(text: str) -> Any:
    """A document in a text by what it says, not by how it is laid out."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _bounded(values: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    texts = sorted(f"{path} = {value}" for path, value in values)
    if len(texts) <= _MOST:
        return tuple(texts)
    digest = hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:16]
    return (f"* = {len(texts)} values, sha256:{digest}",)
