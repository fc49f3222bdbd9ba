"""Lambda functions. Source: AWS::Lambda::Function and AWS::Lambda::Permission."""

from __future__ import annotations

from review.collect.reading import Reading
from review.model import Function, Statement
from review.stage import Resource


def functions(reading: Reading) -> tuple[Function, ...]:
    found = []
    for function in reading.stage.of_type("AWS::Lambda::Function"):
        package = function.notes.get("Function")
        found.append(
            Function(
                id=reading.names.bare(function),
                package=package if isinstance(package, str) else None,
                role=reading.bare(function.properties.get("Role")),
                reserved_concurrency=reading.number(function, "ReservedConcurrentExecutions"),
                timeout=reading.number(function, "Timeout"),
                log_group=reading.bare(reading.get(function, "LoggingConfig.LogGroup"))
                or _named(reading, function),
                permissions=tuple(sorted(_permissions(reading, function), key=str)),
                place=function.place(),
            )
        )
    return tuple(sorted(found, key=lambda function: function.id))


def _named(reading: Reading, function: Resource) -> str | None:
    """A log group of the stage that is named after the function."""
    for group in reading.stage.of_type("AWS::Logs::LogGroup"):
        if function in reading.stage.mentioned(group.properties.get("LogGroupName")):
            return reading.names.bare(group)
    return None


def permitted(reading: Reading, permission: Resource) -> Resource | None:
    """The function of the stage that a permission is for: referred to, or written by its name or ARN."""
    given = permission.properties.get("FunctionName")
    functions = reading.stage.of_type("AWS::Lambda::Function")
    for mentioned in reading.stage.mentioned(given):
        if mentioned.type == "AWS::Lambda::Function":
            return mentioned
        inner = mentioned.properties.get("FunctionName")
        found = next((each for each in reading.stage.mentioned(inner) if each in functions), None)
        if found is not None:
            return found
    name = given.rpartition(":function:")[2].partition(":")[0] if isinstance(given, str) else None
    return next((each for each in functions if name and each.properties.get("FunctionName") == name), None)


def _permissions(reading: Reading, function: Resource) -> list[Statement]:
    found = []
    for permission in reading.stage.of_type("AWS::Lambda::Permission"):
        if permitted(reading, permission) is not function:
            continue
        conditions = [
            f"{operator}:{key}={reading.names.stable(permission.properties[name])}"
            for name, operator, key in (
                ("SourceAccount", "StringEquals", "aws:SourceAccount"),
                ("SourceArn", "ArnLike", "aws:SourceArn"),
                ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
                ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
            )
            if permission.properties.get(name) is not None
        ]
        found.append(
            Statement(
                effect="Allow",
                actions=reading.texts(permission, "Action"),
                principals=(reading.text(permission, "Principal") or "*",),
                conditions=tuple(sorted(conditions)),
                place=permission.place(),
            )
        )
    return found
