"""What each check must find that the planted widenings do not show: a change in memory beside the id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from review.findings import Waiver
from review.gates import NOWHERE
from review.stage import Resource, Stage
from tests.review.kit import added, edited, every, noted, with_resource, without
from tests.review.plant_kit import (
    AGENT_ROLE,
    CLIENT,
    CUSTOMER,
    FUNCTION,
    GATEWAY,
    LOGS,
    LOYALTY,
    PAYLOAD,
    PERMIT,
    POLICY,
    ROLE,
    RUNTIME,
    STATEMENT,
    TABLE,
    TARGET,
    VENDED,
    Change,
    append,
    drop,
    grant,
    granting,
    on,
    policy,
    put,
    replaced,
    role_of,
    tool,
)

CODE = "AWS::BedrockAgentCore::CodeInterpreterCustom"
KEY = "AWS::KMS::Key"
MEMORY = "AWS::BedrockAgentCore::Memory"
_FACTS = {"Name": "facts", "NamespaceTemplates": ["/facts/{actorId}"]}


@dataclass(frozen=True)
class Case:
    """One change that a check must find. With `locked`, the unchanged stage is what was approved."""

    check: str
    change: Change
    locked: bool = False
    waivers: tuple[Waiver, ...] = ()


def relabelled(target: str, name: str, **labels: str) -> Change:
    """Other labels for a tool, such as Egress="external"."""

    def change(stage: Stage) -> Stage:
        resource = next(each for each in stage.of_type(TARGET) if each.notes.get("Target") == target)
        tools = {**resource.notes["Tools"], name: {**resource.notes["Tools"][name], **labels}}
        return _noted(stage, resource, Tools=tools)

    return change


def _noted(stage: Stage, resource: Resource, **notes: Any) -> Stage:
    metadata = {**resource.metadata, "Airside": {**resource.notes, **notes}}
    return with_resource(stage, replace(resource, metadata=metadata))


def _browsing(agent: str) -> Change:
    """An agent's role may open a browser."""
    statement = grant(Action="bedrock-agentcore:StartBrowserSession", Resource="*")
    return lambda stage: edited(stage, ROLE, statement, **role_of(f"agent-{agent}"))


def _remembering(agent: str) -> Change:
    """An agent has a memory of what people said."""

    def change(stage: Stage) -> Stage:
        memory = stage.of_type(MEMORY)[0]
        notes = {**memory.notes, "Agent": agent}
        return with_resource(
            stage, replace(memory, logical_id="Planted", metadata={**memory.metadata, "Airside": notes})
        )

    return change


def _second_client(stage: Stage) -> Stage:
    client = next(each for each in stage.of_type(CLIENT) if each.notes.get("Agent") == "loyalty")
    return _noted(stage, client, Agent="booking")


def _relabelled(stage: Stage) -> Stage:
    """A table that held no personal data, and so has nobody's key, says to hold some."""
    return _noted(
        stage, next(each for each in stage.of_type(TABLE) if each.notes["Data"] == "public"), Data="personal"
    )


def chain(*changes: Change) -> Change:
    def change(stage: Stage) -> Stage:
        for each in changes:
            stage = each(stage)
        return stage

    return change


def all_gone(*types: str) -> Change:
    def change(stage: Stage) -> Stage:
        for type_ in types:
            for _ in stage.of_type(type_):
                stage = without(stage, type_)
        return stage

    return change


def _scheduled(stage: Stage) -> Stage:
    runtime = next(each for each in stage.of_type(RUNTIME) if each.notes.get("Agent") == "loyalty")
    target = {"Id": "run", "Arn": runtime.attribute("AgentRuntimeArn")}
    rule = {"ScheduleExpression": "rate(1 day)", "Targets": [target]}
    return added(stage, "AWS::Events::Rule", rule)


def _walled(failure: str | None) -> Change:
    def change(stage: Stage) -> Stage:
        (gateway,) = stage.of_type(GATEWAY)
        association = {
            "ResourceArn": gateway.attribute("GatewayArn"),
            "WebACLArn": "arn:aws:wafv2:x:1:regional/webacl/a",
        }
        stage = added(stage, "AWS::WAFv2::WebACLAssociation", association)
        return edited(stage, GATEWAY, put("WafConfiguration", {"FailureMode": failure} if failure else {}))

    return change


def _unprotected(stage: Stage) -> Stage:
    stacks = tuple(replace(stack, termination_protection=False) for stack in stage.stacks)
    return replace(stage, stacks=stacks)


def _output(value: str) -> Change:
    def change(stage: Stage) -> Stage:
        first, *others = stage.stacks
        outputs = {**first.outputs, "Planted": value}
        return replace(stage, stacks=(replace(first, outputs=outputs), *others))

    return change


def _server(endpoint: str, schema: dict[str, Any] | None) -> Callable[[dict[str, Any]], None]:
    server = {"Endpoint": endpoint, **({"McpToolSchema": schema} if schema else {})}
    return put("TargetConfiguration", {"Mcp": {"McpServer": server}})


def waiver(check: str = "NET-01", subject: str = "*", expires: str = "2027-03-31") -> Waiver:
    return Waiver(check, subject, "because", "somebody", expires, NOWHERE)


SCOPED = (
    '{effect}(principal is AgentCore::OAuthUser, action == AgentCore::Action::"{tool}", '
    'resource == AgentCore::Gateway::"{{arn}}") when {{{{ principal.hasTag("scope") && '
    'principal.getTag("scope") == "airline/agent.{{agent}}"{more} }}}};'
)


def cedar(tool: str, *, effect: str = "permit", more: str = "", **options: Any) -> Change:
    return policy(SCOPED.format(effect=effect, tool=tool, more=more), **options)


BALANCE = "loyalty-mcp___get_points_balance"
TIERS = "loyalty-mcp___get_tier_benefits"
FLIGHTS = "flights-api___search_flights"
UNGUARDED = cedar(FLIGHTS, effect="forbid", more=' && context.input.cabin == "first"')
ANY_GATEWAY = policy(
    f'permit(principal is AgentCore::OAuthUser, action == AgentCore::Action::"{TIERS}", '
    'resource is AgentCore::Gateway) when {{ principal.hasTag("scope") && '
    'principal.getTag("scope") == "airline/agent.{agent}" }};'
)
STOPPED = policy('forbid(principal, action, resource == AgentCore::Gateway::"{arn}");')
LISTED = '[{"name": "look", "description": "Looks.", "inputSchema": {"type": "object"}}]'
INTERCEPTOR = {"which": noted("gateway_interceptor", "Function")}
INTERCEPTOR_LOG = {
    "which": lambda group: str(group.properties.get("LogGroupName")).endswith("gateway_interceptor")
}
FUNCTION_CODE = "Code.S3Key"

CASES = (
    Case("DAT-02", on(TABLE, put("DeletionProtectionEnabled", False))),
    Case("DAT-03", lambda stage: added(stage, KEY, {"EnableKeyRotation": False})),
    Case("DAT-03", on(TABLE, drop("SSESpecification"), which=noted("personal", "Data"))),
    Case("DAT-03", on(TABLE, drop("SSESpecification.KMSMasterKeyId"), which=noted("personal", "Data"))),
    Case("DAT-03", _relabelled),
    Case("DAT-04", lambda stage: added(stage, "AWS::S3::Bucket", {"BucketName": "planted"})),
    Case("DAT-05", lambda stage: added(stage, "AWS::BedrockAgentCore::Memory", {"Name": "planted"})),
    Case("DAT-03", on(MEMORY, drop("EncryptionKeyArn"))),
    Case("DAT-05", on(MEMORY, put("MemoryStrategies", [{"SemanticMemoryStrategy": _FACTS}]))),
    Case("FLW-01", relabelled("loyalty-mcp", "get_tier_benefits", Egress="external")),
    Case("FLW-01", _browsing("loyalty")),
    Case("FLW-01", chain(_browsing("policy"), _remembering("policy"))),
    Case(
        "FLW-02",
        granting(
            "agent-loyalty", "bedrock-agentcore:InvokeAgentRuntime", RUNTIME, "booking", "AgentRuntimeArn"
        ),
    ),
    Case("FLW-03", relabelled("loyalty-mcp", "get_tier_benefits", Effect="irreversible")),
    Case("FLW-04", chain(relabelled("loyalty-mcp", "get_tier_benefits", Effect="irreversible"), _scheduled)),
    Case("GWY-05", _walled(None)),
    Case("GWY-05", _walled("FAIL_OPEN")),
    Case("GWY-08", on(GATEWAY, drop("KmsKeyArn"))),
    Case("GWY-06", all_gone("AWS::BedrockAgentCore::GatewayRateLimit")),
    Case("IAM-03", on(ROLE, grant(Action="dynamodb:GetItems", Resource="*"), **AGENT_ROLE)),
    Case("IAM-03", on(ROLE, grant(Effect="Deny", Action="iam:Delete_*", Resource="*"), **AGENT_ROLE)),
    Case("IAM-03", on(ROLE, grant(NotAction="logs:PutLogEvent", Resource="*"), **AGENT_ROLE)),
    Case("IDN-01", _second_client),
    Case("IDN-01", lambda stage: without(stage, CLIENT, **LOYALTY)),
    Case("IDN-04", cedar(TIERS, agent="nobody")),
    Case("IDN-04", lambda stage: without(stage, CLIENT, **LOYALTY)),
    Case("INT-04", on(FUNCTION, put(FUNCTION_CODE, "0" * 64 + ".zip"), **INTERCEPTOR), locked=True),
    Case("INT-06", on(LOGS, drop("KmsKeyId"), **INTERCEPTOR_LOG)),
    Case("LOG-02", on(LOGS, drop("KmsKeyId"), **VENDED)),
    Case("LOG-03", lambda stage: without(stage, "AWS::Logs::DeliverySource")),
    Case("LOG-04", all_gone("AWS::CloudWatch::Alarm")),
    Case("LOG-04", all_gone("AWS::Events::Rule")),
    Case(
        "NET-02",
        lambda stage: added(
            stage, "AWS::EC2::SecurityGroup", {"SecurityGroupEgress": [{"CidrIp": "0.0.0.0/0"}]}
        ),
    ),
    Case("OPS-02", _unprotected),
    Case("POL-01", cedar(FLIGHTS, more=" && context.input.nothing == 1")),
    Case("POL-04", ANY_GATEWAY),
    Case("POL-06", on(POLICY, put("EnforcementMode", "LOG_ONLY"), **PERMIT)),
    Case("POL-06", cedar(TIERS, effect="forbid", mode="LOG_ONLY")),
    Case("POL-07", UNGUARDED),
    Case("POL-08", STOPPED),
    Case("POL-09", chain(cedar("customer-mcp___create_booking")), locked=True),
    Case(
        "POL-10",
        on(POLICY, replaced(STATEMENT, "adults <= 9", "adults <= 99"), which=noted(FLIGHTS, "Tool")),
        locked=True,
    ),
    Case(
        "RUN-04",
        lambda stage: added(
            stage, CODE, {"Name": "planted", "NetworkConfiguration": {"NetworkMode": "PUBLIC"}}
        ),
    ),
    Case("SEC-01", on(FUNCTION, put("Environment.Variables.KEY", "AKIA" + "Q7" * 8))),
    Case("SEC-01", on(FUNCTION, put("Environment.Variables.API_KEY", "f8Kq2-Lm9xZ0pR7tVw3y"))),
    Case("SEC-01", _output("https://somebody:hunter2hunter2@example.com/")),
    Case("SEC-02", _output("${Stack/Client.ClientSecret}")),
    Case("TOL-01", on(TARGET, append(PAYLOAD, tool("get_points_balance")), **CUSTOMER)),
    Case("TOL-02", on(TARGET, append(PAYLOAD, tool("lonely")), **CUSTOMER)),
    Case("TOL-03", cedar("customer-mcp___nothing")),
    Case("TOL-04", on(TARGET, append(PAYLOAD, tool("unlabelled")), **CUSTOMER)),
    Case("TOL-05", on(TARGET, put(f"{PAYLOAD}.0.Description", "Something else."), **CUSTOMER), locked=True),
    Case(
        "TOL-05",
        on(TARGET, put(f"{PAYLOAD}.0.InputSchema.Properties.all", {"Type": "boolean"}), **CUSTOMER),
        locked=True,
    ),
    Case("TOL-06", on(TARGET, put(f"{PAYLOAD}.0.Description", "Reads\u200b it."), **CUSTOMER)),
    Case("TOL-06", on(TARGET, put(f"{PAYLOAD}.0.Description", ""), **CUSTOMER)),
    Case("TOL-07", on(TARGET, put(f"{PAYLOAD}.0.InputSchema.Properties.all", {}), **CUSTOMER)),
    Case("TOL-07", on(TARGET, drop(f"{PAYLOAD}.0.InputSchema.Required"), **CUSTOMER)),
    Case("TOL-08", on(TARGET, _server("https://tools.example/mcp", None), **CUSTOMER)),
    Case("TOL-08", on(TARGET, _server("http://tools.example/mcp", {"InlinePayload": LISTED}), **CUSTOMER)),
    Case("TOL-09", on(TARGET, _server("https://tools.example/mcp?api_key=abc", None), **CUSTOMER)),
    Case("WAI-01", lambda stage: stage, waivers=(waiver(expires="2026-11-20"),)),
    Case("WAI-01", lambda stage: stage, waivers=(waiver(expires="2027-11-22"),)),
    Case("WAI-01", lambda stage: stage, waivers=(waiver("GWY-01"),)),
    Case("WAI-01", lambda stage: stage, waivers=(waiver("ABC-01"),)),
    Case("WAI-01", lambda stage: stage, waivers=(waiver(subject="nobody"),)),
)

MENDED: dict[str, Change] = {
    "FLW-01": relabelled("flights-api", "search_flights", Egress="none"),
    "IAM-04": every(ROLE, put("PermissionsBoundary", "arn:aws:iam::1:policy/limits")),
    "NET-01": every(
        RUNTIME,
        put(
            "NetworkConfiguration",
            {"NetworkMode": "VPC", "NetworkModeConfig": {"Subnets": ["s"], "SecurityGroups": ["g"]}},
        ),
    ),
}
"""Checks that object to the main project as it is, with a change after which they are silent."""
