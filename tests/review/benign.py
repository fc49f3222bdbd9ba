"""Changes that mean nothing for access, or less of it: none of them may be called wider."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from review.reader.symbols import replaced as everywhere
from review.stage import TOKEN, Stage
from tests.review.kit import added, noted, without
from tests.review.plant_kit import (
    AGENT_ROLE,
    BOOKING,
    CLIENT,
    CUSTOMER,
    FUNCTION,
    GATEWAY,
    JWT,
    LOGS,
    PERMIT,
    POLICY,
    ROLE,
    RUNTIME,
    STATEMENT,
    TABLE,
    TARGET,
    VENDED,
    Change,
    Plant,
    append,
    drop,
    on,
    put,
    replaced,
)


def moved(stage: Stage) -> Stage:
    """Every construct under another path: all logical ids change, and every reference with them."""
    names = {(each.stack, each.logical_id): f"Moved{number}" for number, each in enumerate(stage.resources())}

    def swap(text: str) -> str:
        return TOKEN.sub(
            lambda match: (
                "${"
                + match[1]
                + "/"
                + names.get((match[1], match[2]), match[2])
                + (f".{match[3]}" if match[3] else "")
                + "}"
            ),
            text,
        )

    stacks = []
    for stack in stage.stacks:
        resources = {}
        for resource in reversed(list(stack.resources.values())):
            name = names[(resource.stack, resource.logical_id)]
            resources[name] = replace(
                resource, logical_id=name, properties=everywhere(resource.properties, swap)
            )
        stacks.append(replace(stack, resources=resources))
    return replace(stage, stacks=tuple(stacks))


def reversed_list(path: str) -> Callable[[dict[str, Any]], None]:
    def edit(properties: dict[str, Any]) -> None:
        found: Any = properties
        for key in path.split("."):
            found = found[int(key)] if isinstance(found, list) else found[key]
        found.reverse()

    return edit


def _split(properties: dict[str, Any]) -> None:
    """One statement with several actions becomes one for each."""
    statements = properties["Policies"][0]["PolicyDocument"]["Statement"]
    wide = next(each for each in statements if isinstance(each["Action"], list) and each["Effect"] == "Allow")
    statements.remove(wide)
    statements.extend(
        {**wide, "Action": action, "Sid": f"Part{n}"} for n, action in enumerate(wide["Action"])
    )


def _repeated(properties: dict[str, Any]) -> None:
    """A statement that another one covers already."""
    statements = properties["Policies"][0]["PolicyDocument"]["Statement"]
    statements.append({**copy.deepcopy(statements[0]), "Sid": "Again"})


def _renamed_sids(properties: dict[str, Any]) -> None:
    for number, statement in enumerate(properties["Policies"][0]["PolicyDocument"]["Statement"]):
        statement["Sid"] = f"Renamed{number}"


def _second_policy(properties: dict[str, Any]) -> None:
    """The last statement stands in a document of its own."""
    statements = properties["Policies"][0]["PolicyDocument"]["Statement"]
    document = {"Version": "2012-10-17", "Statement": [statements.pop()]}
    properties["Policies"].append({"PolicyName": "More", "PolicyDocument": document})


BUILT = "0" * 64


def _other_image(properties: dict[str, Any]) -> None:
    container = properties["AgentRuntimeArtifact"]["ContainerConfiguration"]
    container["ContainerUri"] = container["ContainerUri"].rpartition(":")[0] + ":" + BUILT


def built(change: Change) -> Change:
    """The assembly holds the new asset, as one does that was synthesized after its code changed."""

    def changed(stage: Stage) -> Stage:
        after = change(stage)
        some = next(iter(stage.asset_files.values()))
        return replace(after, asset_files={**after.asset_files, BUILT: some}, images=after.images | {BUILT})

    return changed


def _provisioned(properties: dict[str, Any]) -> None:
    properties["BillingMode"] = "PROVISIONED"
    for each in (properties, *properties.get("GlobalSecondaryIndexes", ())):
        each["ProvisionedThroughput"] = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}


ONE_MORE_ALARM = {
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 1,
    "MetricName": "Errors",
    "Namespace": "AWS/Lambda",
    "Period": 60,
    "Statistic": "Sum",
    "Threshold": 1,
}
DENIED = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}

BENIGN = (
    Plant("every construct moved", moved),
    Plant("log retention", on(LOGS, put("RetentionInDays", 30), **VENDED)),
    Plant(
        "another function's code",
        built(on(FUNCTION, put("Code.S3Key", f"{BUILT}.zip"), which=noted("tool_customer", "Function"))),
    ),
    Plant("another image", built(on(RUNTIME, _other_image, **BOOKING))),
    Plant("gateway's description", on(GATEWAY, put("Description", "Another one"))),
    Plant("policy's description", on(POLICY, put("Description", "Another one"))),
    Plant("role's description", on(ROLE, put("Description", "Another one"))),
    Plant("target's description", on(TARGET, put("Description", "Another one"))),
    Plant("runtime's description", on(RUNTIME, put("Description", "Another one"))),
    Plant("tags", on(GATEWAY, put("Tags", {"a": "b"}))),
    Plant("dashboard", on("AWS::CloudWatch::Dashboard", put("DashboardBody", "{}"))),
    Plant("memory of a function", on(FUNCTION, put("MemorySize", 1024))),
    Plant("timeout of a function", on(FUNCTION, put("Timeout", 9))),
    Plant("limit of an agent", on(RUNTIME, put("EnvironmentVariables.LIMIT_TURNS", "9"))),
    Plant("order of clients", on(GATEWAY, reversed_list(f"{JWT}.AllowedClients"))),
    Plant("order of scopes", on(GATEWAY, reversed_list(f"{JWT}.AllowedScopes"))),
    Plant(
        "order of statements", on(ROLE, reversed_list("Policies.0.PolicyDocument.Statement"), **AGENT_ROLE)
    ),
    Plant("blanks in a policy", on(POLICY, replaced(STATEMENT, " == ", "  ==\n "), **PERMIT)),
    Plant("a statement split", on(ROLE, _split, **AGENT_ROLE)),
    Plant("a statement repeated", on(ROLE, _repeated, **AGENT_ROLE)),
    Plant("statements renamed", on(ROLE, _renamed_sids, **AGENT_ROLE)),
    Plant("statements in two policies", on(ROLE, _second_policy, **AGENT_ROLE)),
    Plant("one more denial", on(ROLE, append("Policies.0.PolicyDocument.Statement", DENIED), **AGENT_ROLE)),
    Plant("billing of a table", on(TABLE, _provisioned)),
    Plant(
        "one more parameter",
        lambda stage: added(stage, "AWS::SSM::Parameter", {"Name": "/x", "Type": "String", "Value": "y"}),
    ),
    Plant("one more alarm", lambda stage: added(stage, "AWS::CloudWatch::Alarm", ONE_MORE_ALARM)),
    Plant(
        "one more log group", lambda stage: added(stage, LOGS, {"LogGroupName": "/x", "RetentionInDays": 7})
    ),
    Plant("shorter tokens", on(CLIENT, put("AccessTokenValidity", 5), **BOOKING)),
    Plant("one client less", on(GATEWAY, drop(f"{JWT}.AllowedClients.0"))),
    Plant("one permit less", lambda stage: without(stage, POLICY, **PERMIT)),
    Plant("one target less", lambda stage: without(stage, TARGET, **CUSTOMER)),
)
