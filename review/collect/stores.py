"""What holds data: tables, buckets, memories, secrets, log groups, keys, topics, queues and parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from review.collect.reading import Reading
from review.iam.statements import statements
from review.model import Statement, Store
from review.stage import Resource

_Protections = Callable[[Reading, Resource], Iterator[str]]


def _table(reading: Reading, table: Resource) -> Iterator[str]:
    replicas = list(reading.items(table, "Replicas"))
    places = [path for path, _ in replicas] or [""]
    for name, key in (
        ("point_in_time_recovery", "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled"),
        ("deletion_protection", "DeletionProtectionEnabled"),
    ):
        # A global table has it for each replica; one without it is a copy without it.
        if all(_replica_flag(reading, table, path, key) for path in places):
            yield name
    key = reading.get(table, "SSESpecification.KMSMasterKeyId")
    if key is not None and reading.get(table, "SSESpecification.SSEEnabled") in (None, True, "true"):
        yield f"encrypted:{reading.name(key)}"
    elif reading.flag(table, "SSESpecification.SSEEnabled"):
        yield "encrypted:aws/dynamodb"


def _replica_flag(reading: Reading, table: Resource, path: str, key: str) -> bool:
    if not path:
        return reading.flag(table, key)
    value = reading.get(table, "Replicas")[int(path.rpartition(".")[2])]
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value is True


def _bucket(reading: Reading, bucket: Resource) -> Iterator[str]:
    blocks = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    if all(reading.flag(bucket, f"PublicAccessBlockConfiguration.{block}") for block in blocks):
        yield "blocks_public"
    if reading.text(bucket, "VersioningConfiguration.Status") == "Enabled":
        yield "versioned"
    for path, _ in reading.items(bucket, "BucketEncryption.ServerSideEncryptionConfiguration"):
        del path
        yield "encrypted"
        break
    for policy in reading.stage.of_type("AWS::S3::BucketPolicy"):
        if bucket in reading.stage.mentioned(policy.properties.get("Bucket")):
            for statement in statements(reading.names, policy, "PolicyDocument"):
                if statement.effect == "Deny" and "Bool:aws:SecureTransport=false" in statement.conditions:
                    yield "tls_only"


def _memory(reading: Reading, memory: Resource) -> Iterator[str]:
    days = reading.number(memory, "EventExpiryDuration")
    if days is not None:
        yield f"expires:{days}d"
    if key := reading.name(memory.properties.get("EncryptionKeyArn")):
        yield f"encrypted:{key}"
    for _, strategy in reading.items(memory, "MemoryStrategies"):
        yield f"strategy:{reading.names.stable(dict(strategy))}"


def _log_group(reading: Reading, group: Resource) -> Iterator[str]:
    # For how long is no question of access; for ever is one of cost and of data that nobody needs any more.
    if reading.number(group, "RetentionInDays") is not None:
        yield "retention"
    if key := reading.name(group.properties.get("KmsKeyId")):
        yield f"encrypted:{key}"


def _key(reading: Reading, key: Resource) -> Iterator[str]:
    if reading.flag(key, "EnableKeyRotation"):
        yield "rotated"


def _encrypted(*names: str) -> _Protections:
    def protections(reading: Reading, resource: Resource) -> Iterator[str]:
        for name in names:
            if key := reading.name(resource.properties.get(name)):
                yield f"encrypted:{key}"

    return protections


_STORES: dict[str, tuple[str, _Protections]] = {
    "AWS::DynamoDB::Table": ("table", _table),
    "AWS::DynamoDB::GlobalTable": ("table", _table),
    "AWS::S3::Bucket": ("bucket", _bucket),
    "AWS::BedrockAgentCore::Memory": ("memory", _memory),
    "AWS::SecretsManager::Secret": ("secret", _encrypted("KmsKeyId")),
    "AWS::Logs::LogGroup": ("log_group", _log_group),
    "AWS::KMS::Key": ("key", _key),
    "AWS::SNS::Topic": ("topic", _encrypted("KmsMasterKeyId")),
    "AWS::SQS::Queue": ("queue", _encrypted("KmsMasterKeyId")),
}

POLICIES = {
    "AWS::S3::BucketPolicy": ("Bucket", "PolicyDocument"),
    "AWS::SNS::TopicPolicy": ("Topics", "PolicyDocument"),
    "AWS::SQS::QueuePolicy": ("Queues", "PolicyDocument"),
    "AWS::SecretsManager::ResourcePolicy": ("SecretId", "ResourcePolicy"),
}


def stores(reading: Reading) -> tuple[Store, ...]:
    found = []
    for type_, (kind, protections) in _STORES.items():
        for resource in reading.stage.of_type(type_):
            data = resource.notes.get("Data")
            kept = ["retain"] if resource.attributes.get("DeletionPolicy") == "Retain" else []
            found.append(
                Store(
                    id=reading.names.bare(resource),
                    kind=kind,
                    data=data if isinstance(data, str) else None,
                    protections=tuple(sorted({*protections(reading, resource), *kept})),
                    policy=_policy(reading, resource),
                    place=resource.place(),
                )
            )
    return tuple(sorted(found, key=lambda store: (store.kind, store.id)))


def _policy(reading: Reading, resource: Resource) -> tuple[Statement, ...]:
    found = [
        statement
        for type_, (key, document) in POLICIES.items()
        for policy in reading.stage.of_type(type_)
        if resource in reading.stage.mentioned(policy.properties.get(key))
        for statement in statements(reading.names, policy, document)
    ]
    for own in ("KeyPolicy", "ResourcePolicy.PolicyDocument"):
        if reading.get(resource, own) is not None and resource.type != "AWS::Lambda::Function":
            found.extend(statements(reading.names, resource, own))
    return tuple(sorted(found, key=str))
