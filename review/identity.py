"""Stable names for resources: what lies behind a token, said so that a moved construct keeps its name.

A name is, in this order: what the stacks noted (an agent, a function, a table), the resource's physical name or alias,
what it serves (the only named resource that mentions it), or the hash of its own properties. Never its logical id.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from review.reader.symbols import replaced
from review.stage import TOKEN, Resource, Stage

_KINDS = {
    "AWS::BedrockAgentCore::Runtime": ("runtime", ("Agent", "Tool"), "AgentRuntimeName"),
    "AWS::BedrockAgentCore::RuntimeEndpoint": ("endpoint", (), "Name"),
    "AWS::BedrockAgentCore::Gateway": ("gateway", (), "Name"),
    "AWS::BedrockAgentCore::GatewayTarget": ("target", ("Target",), "Name"),
    "AWS::BedrockAgentCore::PolicyEngine": ("engine", (), "Name"),
    "AWS::BedrockAgentCore::Policy": ("policy", (), "Name"),
    "AWS::BedrockAgentCore::Memory": ("memory", ("Agent",), "Name"),
    "AWS::BedrockAgentCore::CodeInterpreterCustom": ("code-interpreter", ("Agent",), "Name"),
    "AWS::BedrockAgentCore::BrowserCustom": ("browser", ("Agent",), "Name"),
    "AWS::BedrockAgentCore::OAuth2CredentialProvider": ("provider", (), "Name"),
    "AWS::BedrockAgentCore::ApiKeyCredentialProvider": ("provider", (), "Name"),
    "AWS::Cognito::UserPool": ("pool", ("Pool",), "UserPoolName"),
    "AWS::Cognito::UserPoolClient": ("client", (), "ClientName"),
    "AWS::Cognito::UserPoolDomain": ("pool-domain", (), "Domain"),
    "AWS::Cognito::UserPoolResourceServer": ("resource-server", (), "Identifier"),
    "AWS::Lambda::Function": ("function", ("Function",), "FunctionName"),
    "AWS::DynamoDB::Table": ("table", ("Table",), "TableName"),
    "AWS::DynamoDB::GlobalTable": ("table", ("Table",), "TableName"),
    "AWS::IAM::Role": ("role", (), "RoleName"),
    "AWS::IAM::ManagedPolicy": ("managed-policy", (), "ManagedPolicyName"),
    "AWS::Logs::LogGroup": ("log-group", (), "LogGroupName"),
    "AWS::SecretsManager::Secret": ("secret", (), "Name"),
    "AWS::S3::Bucket": ("bucket", ("Bucket",), "BucketName"),
    "AWS::KMS::Key": ("key", ("Key",), None),
    "AWS::SNS::Topic": ("topic", (), "TopicName"),
    "AWS::SQS::Queue": ("queue", (), "QueueName"),
    "AWS::SSM::Parameter": ("parameter", (), "Name"),
    "AWS::CloudFront::Distribution": ("distribution", ("Distribution",), None),
}
"""type → the word for it, the notes that name it, the property that names it."""

KIND_WORDS = frozenset(kind for kind, _, _ in _KINDS.values())

_PARENTS = {"AWS::BedrockAgentCore::RuntimeEndpoint": "AgentRuntimeId"}
"""Types whose names are unique below another resource only, and the property that refers to it."""

WORDS_ONLY = frozenset({"Description", "Tags", "UserPoolTags"})
"""Properties of any type that say something to people and nothing to AWS."""

ASSET_HASH = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")

_Key = tuple[str, str]
"""stack, logical id."""

_SERVING = 3
"""Rounds of naming by what a resource serves: a key of a log group of a function takes two."""


class Names:
    """The stable names of one stage."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._names: dict[tuple[str, str], str] = {}
        self._aliases = _aliases(stage)
        self._own()
        self._own(with_tokens=True)
        uses = [
            (
                (each.stack, each.logical_id),
                {(other.stack, other.logical_id) for other in stage.mentioned(each.properties)},
            )
            for each in stage.resources()
        ]
        for _ in range(_SERVING):
            self._by_servant(uses)
        self._by_any_name()
        self._by_hash()

    def of(self, resource: Resource) -> str:
        """The resource's name, such as `runtime:booking`."""
        return self._names[(resource.stack, resource.logical_id)]

    def bare(self, resource: Resource) -> str:
        """The name without the word for its kind, such as `booking`."""
        return self.of(resource).partition(":")[2]

    def text(self, value: Any) -> Any:
        """A value with every token in it replaced by the stable name in braces: `${runtime:booking.Arn}`."""
        return replaced(value, self._swap)

    def stable(self, value: Any) -> str:
        """`text`, and anything but a text as compact JSON with sorted keys."""
        found = self.text(value)
        if isinstance(found, str):
            return found
        return json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def _swap(self, text: str, unknown: str | None = None) -> str:
        def name(match: re.Match[str]) -> str:
            known = self._names.get((match[1], match[2]))
            if known is None:
                return match[0] if unknown is None else unknown
            return "${" + known + (f".{match[3]}" if match[3] else "") + "}"

        return TOKEN.sub(name, text)

    def _own(self, *, with_tokens: bool = False) -> None:
        """Names by notes and physical names; those with tokens in them once what they refer to is named."""
        taken = Counter(self._names.values())
        for resource in self._stage.resources():
            kind, notes, key = _KINDS.get(resource.type, ("", (), None))
            if not kind or (resource.stack, resource.logical_id) in self._names:
                continue
            name = next((str(resource.notes[note]) for note in notes if resource.notes.get(note)), None)
            given = resource.properties.get(key) if key else self._aliases.get(resource.reference)
            if name is None and isinstance(given, str):
                name = str(self.text(given))
            if parent := resource.properties.get(_PARENTS.get(resource.type, "")):
                name = f"{self.text(parent)}/{name}"
            if name is not None and (with_tokens or not TOKEN.search(f"{given or ''}{parent or ''}")):
                self._take(resource, f"{kind}:{name}", taken)

    def _take(self, resource: Resource, name: str, taken: Counter[str]) -> None:
        taken[name] += 1
        if taken[name] > 1:
            # Two things of one name: both would otherwise be compared as one.
            name = f"{name}~{taken[name]}"
        self._names[(resource.stack, resource.logical_id)] = name

    def _by_servant(self, uses: Sequence[tuple[_Key, set[_Key]]]) -> None:
        """Names what exactly one named resource mentions, after that one."""
        users: dict[_Key, list[str]] = {}
        for key, mentioned in uses:
            name = self._names.get(key)
            for used in mentioned if name is not None else ():
                if used not in self._names:
                    users.setdefault(used, []).append(str(name))
        found: dict[str, list[tuple[str, str]]] = {}
        for used, by in users.items():
            if len(by) == 1:
                resource = self._resource(used)
                found.setdefault(f"{word(resource.type)}:of-{by[0].replace(':', '-')}", []).append(used)
        for name, tokens in found.items():
            if len(tokens) == 1:
                self._names[tokens[0]] = name

    def _by_any_name(self) -> None:
        """Types that nobody listed above, by the property that their documentation calls a name."""
        taken = Counter(self._names.values())
        for resource in self._stage.resources():
            if resource.type in _KINDS or (resource.stack, resource.logical_id) in self._names:
                continue
            last = resource.type.rpartition("::")[2]
            for key in ("Name", f"{last}Name", "AlarmName", "FilterName"):
                given = resource.properties.get(key)
                if isinstance(given, str) and given:
                    self._take(resource, f"{word(resource.type)}:{self.text(given)}", taken)
                    break

    def _by_hash(self) -> None:
        """By what they say, the names known so far in it: two that differ in what they refer to are two."""
        taken: Counter[str] = Counter()
        nameless = [
            (resource, hashlib.sha256(self._said(resource).encode()).hexdigest()[:12])
            for resource in self._stage.resources()
            if (resource.stack, resource.logical_id) not in self._names
        ]
        for resource, digest in nameless:
            self._take(resource, f"{word(resource.type)}:{digest}", taken)

    def _said(self, resource: Resource) -> str:
        told = {key: item for key, item in resource.properties.items() if key not in WORDS_ONLY}
        return json.dumps(
            # The hash of an asset says nothing about whose it is.
            replaced(told, lambda text: ASSET_HASH.sub("asset", self._swap(text, unknown="${}"))),
            sort_keys=True,
            ensure_ascii=False,
        )

    def _resource(self, key: tuple[str, str]) -> Resource:
        found = self._stage.target(f"${{{key[0]}/{key[1]}}}")
        if found is None:
            raise KeyError(key)
        return found


def _aliases(stage: Stage) -> dict[str, Any]:
    """Reference to a key → the alias it is known by: a key has no name of its own."""
    return {
        target.reference: str(alias.properties.get("AliasName")).removeprefix("alias/")
        for alias in stage.of_type("AWS::KMS::Alias")
        for target in stage.mentioned(alias.properties.get("TargetKeyId"))
    }


def word(kind: str) -> str:
    """The word for a CloudFormation type: `AWS::Logs::Delivery` is `logs-delivery`."""
    if kind in _KINDS:
        return _KINDS[kind][0]
    parts = [re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", part).lower() for part in kind.split("::")[1:]]
    return "-".join(parts) or kind.lower()
