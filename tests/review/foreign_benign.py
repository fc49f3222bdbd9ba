"""Changes to an assembly that this project did not make which mean nothing for access, or less of it."""

from __future__ import annotations

from dataclasses import replace

from review.stage import Stage
from tests.review.benign import moved, reversed_list
from tests.review.foreign_kit import (
    ATTACHED,
    FIXER,
    TRIAGE,
    TRIAGE_CLIENT,
    TRIAGE_POLICY,
    WIKI,
    of,
    resource_of,
)
from tests.review.kit import added, with_resource, without
from tests.review.plant_kit import (
    CLIENT,
    FUNCTION,
    GATEWAY,
    JWT,
    LOGS,
    POLICY,
    RUNTIME,
    STATEMENT,
    TARGET,
    Plant,
    on,
    put,
    replaced,
)


def _staged_again(stage: Stage) -> Stage:
    """The interceptor's asset under another hash, with the same bytes in it."""
    function = resource_of(stage, FUNCTION, "FunctionName", "helpdesk-interceptor")
    (digest,) = [each for each in stage.asset_files if each in str(function.properties["Code"])]
    other = "0" * 64
    code = {**function.properties["Code"], "S3Key": f"{other}.zip"}
    again = with_resource(stage, replace(function, properties={**function.properties, "Code": code}))
    return replace(again, asset_files={**stage.asset_files, other: stage.asset_files[digest]})


def _in_two_policies(stage: Stage) -> Stage:
    """The statements of a role's policy in two."""
    given = next(each for each in stage.of_type(ATTACHED) if TRIAGE_POLICY["which"](each))
    document = given.properties["PolicyDocument"]
    first, *others = document["Statement"]
    stage = with_resource(
        stage,
        replace(given, properties={**given.properties, "PolicyDocument": {**document, "Statement": others}}),
    )
    second = {**given.properties, "PolicyDocument": {**document, "Statement": [first]}, "PolicyName": "more"}
    return added(stage, ATTACHED, second)


BENIGN = (
    Plant("every construct moved", moved),
    Plant("the same code staged again", _staged_again),
    Plant("log retention", on(LOGS, put("RetentionInDays", 90))),
    Plant(
        "code of a tool",
        on(FUNCTION, put("Code.ZipFile", "# tickets, mended\n"), **of("FunctionName", "helpdesk-tickets")),
    ),
    Plant("descriptions", on(GATEWAY, put("Description", "Another one"))),
    Plant("tags", on(RUNTIME, put("Tags", {"team": "desk"}))),
    Plant("order of clients", on(GATEWAY, reversed_list(f"{JWT}.AllowedClients"))),
    Plant("order of statements", on(ATTACHED, reversed_list("PolicyDocument.Statement"), **TRIAGE_POLICY)),
    Plant("statements in two policies", _in_two_policies),
    Plant("blanks in a policy", on(POLICY, replaced(STATEMENT, " == ", "  ==\n "), **TRIAGE)),
    Plant("shorter tokens", on(CLIENT, put("AccessTokenValidity", 5), **TRIAGE_CLIENT)),
    Plant("one permit less", lambda stage: without(stage, POLICY, **FIXER)),
    Plant("one target less", lambda stage: without(stage, TARGET, **WIKI)),
)
"""None of these widens anything."""
