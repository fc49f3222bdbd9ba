"""The assembly that this project did not make (tests/fixtures/foreign_assembly), and hands to plant changes in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from review.reader import read_assembly
from review.stage import Resource, Stage
from tests.assembly_fixture import ROOT
from tests.review.kit import added, edited
from tests.review.plant_kit import (
    CLIENT,
    FUNCTION,
    GATEWAY,
    POOL,
    RUNTIME,
    TABLE,
    TARGET,
    Change,
    append,
    on,
    put,
)

FOLDER = ROOT / "tests" / "fixtures" / "foreign_assembly"
ASSEMBLY = FOLDER / "assembly"
ATTACHED = "AWS::IAM::Policy"


def stage() -> Stage:
    (found,) = read_assembly(ASSEMBLY)
    return found


def of(key: str, value: str) -> dict[str, Any]:
    return {"which": lambda resource: resource.properties.get(key) == value}


def role_of(resource: str) -> dict[str, Any]:
    """The policy that the constructs attach to the role of something."""
    return {"which": lambda each: str(each.properties.get("PolicyName")).startswith(resource)}


TRIAGE_CLIENT = of("ClientName", "helpdesk-triage")
FIXER = of("Name", "fixer_may")
TRIAGE = of("Name", "triage_may")
TICKETS = of("Name", "tickets")
WIKI = of("Name", "wiki")
TRIAGE_ROLE = of("RoleName", "helpdesk-triage")
GATEWAY_POLICY = role_of("GatewayServiceRole")
TRIAGE_POLICY = role_of("TriageRole")


def permit(action: str, agent: str, more: str = "") -> str:
    """One permit; `{{arn}}` is filled in by `policy`."""
    return (
        f"permit(principal is AgentCore::OAuthUser, {action}, "
        'resource == AgentCore::Gateway::"{arn}") when {{ principal.hasTag("scope") && '
        f'principal.getTag("scope") == "helpdesk/{agent}"{more} }}}};'
    )


CLOSE = 'action == AgentCore::Action::"tickets___close_ticket"'
EVERYBODY = f'permit(principal is AgentCore::OAuthUser, {CLOSE}, resource == AgentCore::Gateway::"{{arn}}");'


def grant(**statement: Any) -> Callable[[dict[str, Any]], None]:
    return append("PolicyDocument.Statement", {"Effect": "Allow", **statement})


def resource_of(stage: Stage, type_: str, key: str, value: str) -> Resource:
    return next(each for each in stage.of_type(type_) if each.properties.get(key) == value)


def reads_tickets(stage: Stage) -> Stage:
    table = resource_of(stage, TABLE, "TableName", "helpdesk-tickets").attribute("Arn")
    return edited(stage, ATTACHED, grant(Action="dynamodb:Scan", Resource=table), **TRIAGE_POLICY)


def other_interceptor(stage: Stage) -> Stage:
    function = resource_of(stage, FUNCTION, "FunctionName", "helpdesk-tickets").attribute("Arn")
    return edited(stage, GATEWAY, put("InterceptorConfigurations.0.Interceptor.Lambda.Arn", function))


def other_backend(stage: Stage) -> Stage:
    function = resource_of(stage, FUNCTION, "FunctionName", "helpdesk-interceptor").attribute("Arn")
    return edited(stage, TARGET, put("TargetConfiguration.Mcp.Lambda.LambdaArn", function), **TICKETS)


def permission(stage: Stage) -> Stage:
    function = resource_of(stage, FUNCTION, "FunctionName", "helpdesk-tickets").attribute("Arn")
    given = {"Action": "lambda:InvokeFunction", "FunctionName": function, "Principal": "*"}
    return added(stage, "AWS::Lambda::Permission", given)


def one_more_client(stage: Stage) -> Stage:
    given = {
        "ClientName": "planted",
        "UserPoolId": stage.of_type(POOL)[0].reference,
        "AllowedOAuthFlows": ["client_credentials"],
        "AllowedOAuthScopes": ["helpdesk/fixer"],
        "GenerateSecret": True,
    }
    return added(stage, CLIENT, given)


def shared_role(stage: Stage) -> Stage:
    (runtime,) = stage.of_type(RUNTIME)
    second = {**runtime.properties, "AgentRuntimeName": "planted"}
    return added(stage, RUNTIME, second)


def wiki_at(host: str) -> Change:
    def edit(properties: dict[str, Any]) -> None:
        schema = properties["TargetConfiguration"]["Mcp"]["OpenApiSchema"]
        document = json.loads(schema["InlinePayload"])
        document["servers"] = [{"url": host}]
        schema["InlinePayload"] = json.dumps(document)

    return on(TARGET, edit, **WIKI)
