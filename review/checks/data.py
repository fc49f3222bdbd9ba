"""Data stores and logs: kept, protected, encrypted, and written at all."""

from __future__ import annotations

from collections.abc import Iterator

from review import words
from review.findings import CHECKS, Context, Found, Severity
from review.model import Store


def _stores(context: Context, *kinds: str) -> Iterator[Store]:
    yield from (store for store in context.model.stores if store.kind in kinds)


def _encrypted(store: Store) -> bool:
    """With a key of the assembly's owner: a reference to one, or its ARN."""
    return any(
        each.startswith(("encrypted:${", "encrypted:key:", "encrypted:arn:")) for each in store.protections
    )


@CHECKS.check(
    "DAT-01",
    Severity.ERROR,
    "Tables can be restored to any second",
    fix="Turn point-in-time recovery on, for each replica.",
    source="checkov CKV_AWS_165; cdk-nag AwsSolutions-DDB3",
)
def recoverable(context: Context) -> Iterator[Found]:
    """An agent that writes nonsense writes it fast."""
    for store in _stores(context, "table"):
        if "point_in_time_recovery" not in store.protections:
            yield Found(store.id, f"table {store.id} has no point-in-time recovery", store.place)


@CHECKS.check(
    "DAT-02",
    Severity.ERROR,
    "What holds state survives a mistake",
    fix="Turn deletion protection on, and set the removal policy to retain.",
    source="Amazon Cognito and DynamoDB Developer Guides, deletion protection",
)
def kept(context: Context) -> Iterator[Found]:
    """In production: a stack that is removed by mistake must not take the customers with it."""
    if not context.production:
        return
    for store in _stores(context, "table"):
        missing = [each for each in ("deletion_protection", "retain") if each not in store.protections]
        if missing:
            yield Found(store.id, f"table {store.id} has no {' and no '.join(missing)}", store.place)
    for store in _stores(context, "bucket", "memory"):
        if store.data == "personal" and "retain" not in store.protections:
            yield Found(store.id, f"{store.kind} {store.id} goes with its stack", store.place)
    for pool in context.model.pools:
        if not pool.deletion_protection:
            yield Found(pool.id, f"pool {pool.id} has no deletion protection", pool.place)


@CHECKS.check(
    "DAT-03",
    Severity.WARNING,
    "Personal data is encrypted with a key of yours, and the key rotates",
    fix="Encrypt it with a key of yours that rotates; here, `kms: true` for the environment.",
    source="cdk-nag AwsSolutions-KMS5",
)
def encrypted(context: Context) -> Iterator[Found]:
    """With a key of yours you see who reads, and can stop it."""
    for store in _stores(context, "table", "bucket", "memory"):
        if context.production and store.data == "personal" and not _encrypted(store):
            yield Found(
                store.id, f"{store.kind} {store.id} has personal data and no key of yours", store.place
            )
    for store in _stores(context, "key"):
        if "rotated" not in store.protections:
            yield Found(store.id, f"key {store.id} does not rotate", store.place)


@CHECKS.check(
    "DAT-04",
    Severity.ERROR,
    "Buckets are closed, over TLS only, and remember",
    fix="Block public access, deny plain HTTP, and turn versioning on.",
    source="cdk-nag AwsSolutions-S2, S10; checkov CKV_AWS_21",
)
def buckets(context: Context) -> Iterator[Found]:
    """Agent code from a bucket that anybody overwrites is anybody's agent."""
    for store in _stores(context, "bucket"):
        missing = [
            each for each in ("blocks_public", "tls_only", "versioned") if each not in store.protections
        ]
        if missing:
            yield Found(store.id, f"bucket {store.id} lacks {', '.join(missing)}", store.place)


@CHECKS.check(
    "DAT-05",
    Severity.WARNING,
    "Memories end, and are told apart by actor",
    fix="Set an expiry, and put {actorId} into every namespace, with a slash at its end.",
    source="OWASP Agentic ASI06; AGENTSEC01",
)
def memories(context: Context) -> Iterator[Found]:
    """A namespace without an end matches others that begin like it: ann reads anna's."""
    for store in _stores(context, "memory"):
        if not any(each.startswith("expires:") for each in store.protections):
            yield Found(store.id, f"memory {store.id} keeps events for ever", store.place)
        for each in store.protections:
            if each.startswith("strategy:") and ("{actorId}" not in each or '/"' not in each):
                yield Found(
                    store.id, f"memory {store.id} has a namespace that is not one actor's own", store.place
                )


@CHECKS.check(
    "LOG-01",
    Severity.ERROR,
    "What runs has a log group, and it ends",
    fix="Declare the log group with a retention, and name it in the function.",
    source="AGENTSEC05; OWASP MCP08",
)
def logged(context: Context) -> Iterator[Found]:
    """A log group that the service makes itself is kept for ever and encrypted with nobody's key."""
    for store in _stores(context, "log_group"):
        if "retention" not in store.protections:
            yield Found(store.id, f"log group {store.id} is kept for ever", store.place)
    groups = {store.id for store in _stores(context, "log_group")}
    for function in context.model.functions:
        if function.log_group not in groups:
            yield Found(function.id, f"function {function.id} has no log group of its own", function.place)
    for runtime in context.model.runtimes:
        if not any("${runtime:" + runtime.id + "." in group for group in groups):
            yield Found(runtime.id, f"runtime {runtime.id} has no log group of its own", runtime.place)


@CHECKS.check(
    "LOG-02",
    Severity.WARNING,
    "Logs that may hold payloads are encrypted with a key of yours",
    fix="Encrypt the log group with a key of yours; here, `kms: true` for the environment.",
    source="checkov CKV_AWS_158",
)
def log_keys(context: Context) -> Iterator[Found]:
    """Vended logs of gateways and runtimes hold requests."""
    for store in _stores(context, "log_group"):
        if context.production and "vendedlogs" in store.id and not _encrypted(store):
            yield Found(
                store.id, f"log group {store.id} may hold payloads and has no key of yours", store.place
            )


@CHECKS.check(
    "LOG-03",
    Severity.WARNING,
    "Gateways and runtimes deliver logs and traces",
    fix="Add a delivery source for each log type.",
    source="AGENTSEC05 (non-repudiation)",
)
def delivered(context: Context) -> Iterator[Found]:
    """Without them nobody can say afterwards who did what."""
    sources = context.stage.of_type("AWS::Logs::DeliverySource")
    for resource in context.stage.of_type("AWS::BedrockAgentCore::Gateway", "AWS::BedrockAgentCore::Runtime"):
        types = {
            str(source.properties.get("LogType"))
            for source in sources
            if resource in context.stage.mentioned(source.properties.get("ResourceArn"))
        }
        missing = sorted({"APPLICATION_LOGS", "TRACES"} - types)
        if missing:
            name = context.names.of(resource)
            message = f"{words.resource(name)} does not deliver {', '.join(missing)}"
            yield Found(name, message, resource.place())


@CHECKS.check(
    "LOG-04",
    Severity.WARNING,
    "Somebody is told when guards fail",
    fix="Add alarms on refusals and interceptor errors, and a rule on policy engines that stop enforcing.",
    source="AGENTSEC05",
)
def alarms(context: Context) -> Iterator[Found]:
    """An alarm nobody set is an attack nobody saw."""
    if not context.model.gateways:
        return
    gateway = context.model.gateways[0]
    text = str([each.properties for each in context.stage.of_type("AWS::CloudWatch::Alarm")])
    rules = str([each.properties for each in context.stage.of_type("AWS::Events::Rule")])
    for what, there in (
        ("refuses calls", "Denied" in text or "DenyDecisions" in text),
        ("has an interceptor that errs", "AWS/Lambda" in text and "Errors" in text),
        ("has a policy engine that stops enforcing", "UpdateGateway" in rules),
    ):
        if not there:
            yield Found(gateway.id, f"nobody is told when gateway {gateway.id} {what}", gateway.place)
