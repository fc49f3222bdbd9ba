"""Who may send notices, who gets them, what changes of the guard are noticed, what costs are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.events.models import EventPattern

from governance.model import Project
from governance.names import Names
from tests.stacks.templates import Resource, Stage, joined

GATEWAY = "airline-prod-abcdefghij"
ENGINE = "airline_prod-abcdefghij"
SWITCH = f"{Names('airline', 'prod').switch('agent', 'booking')}-abcdefghij"
DEPLOYMENT = "cloudformation.amazonaws.com"


def environment_of(stage: Stage, project: Project) -> Any:
    return project.environment(stage.folder.name.rsplit("-", 1)[1])


def test_notices_go_to_one_topic_whose_subscribers_the_environment_names(
    stages: list[Stage], project: Project
) -> None:
    for stage in stages:
        topic = {"Ref": stage.one("AWS::SNS::Topic").id}
        subscriptions = [item.properties for item in stage.resources("AWS::SNS::Subscription")]
        assert subscriptions == [
            {"Protocol": "email", "TopicArn": topic, "Endpoint": address}
            for address in environment_of(stage, project).alarms.notify
        ]
        for rule in stage.resources("AWS::Events::Rule"):
            assert [target["Arn"] for target in rule.properties["Targets"]] == [topic]


def test_only_alarms_budgets_and_rules_may_publish_and_nobody_without_tls(
    stages: list[Stage], project: Project
) -> None:
    for stage in stages:
        account = environment_of(stage, project).account
        statements = stage.one("AWS::SNS::TopicPolicy").properties["PolicyDocument"]["Statement"]
        denied = [item for item in statements if item["Effect"] == "Deny"]
        assert [(item["Principal"], item["Condition"]) for item in denied] == [
            ("*", {"Bool": {"aws:SecureTransport": "false"}})
        ]
        allowed = {item["Principal"]["Service"]: item for item in statements if item["Effect"] == "Allow"}
        assert set(allowed) == {
            "cloudwatch.amazonaws.com",
            "budgets.amazonaws.com",
            "events.amazonaws.com",
        }
        for service in ("cloudwatch.amazonaws.com", "budgets.amazonaws.com"):
            condition = allowed[service]["Condition"]
            assert condition["StringEquals"] == {"aws:SourceAccount": account}
            assert f":{account}:" in condition["ArnLike"]["aws:SourceArn"]
        # EventBridge sends none of these keys: a condition would drop every notice without a word.
        assert "Condition" not in allowed["events.amazonaws.com"]
        assert {item["Action"] for item in statements} == {"sns:Publish"}


def test_a_rule_reaches_the_topic_by_its_policy_and_never_by_a_role(stages: list[Stage]) -> None:
    for stage in stages:
        for rule in stage.resources("AWS::Events::Rule"):
            assert rule.properties["State"] == "ENABLED"
            assert "RoleArn" not in rule.properties
            assert [target for target in rule.properties["Targets"] if "RoleArn" in target] == []


def key_policy(stage: Stage) -> dict[str, Any]:
    statements = stage.one("AWS::KMS::Key").properties["KeyPolicy"]["Statement"]
    return {item["Principal"]["Service"]: item for item in statements if "Service" in item["Principal"]}


def test_whoever_may_publish_may_use_the_topics_key_for_this_topic_only(
    prod: Stage, project: Project
) -> None:
    """Without the key's consent alarms go off and nobody hears of it."""
    topic = prod.one("AWS::SNS::Topic").properties
    assert "EncryptionKey" in joined(topic["KmsMasterKeyId"])
    account = project.environment("prod").account
    arn = f"arn:aws:sns:ap-northeast-2:{account}:{topic['TopicName']}"
    statements = prod.one("AWS::SNS::TopicPolicy").properties["PolicyDocument"]["Statement"]
    publishers = {item["Principal"]["Service"] for item in statements if item["Effect"] == "Allow"}
    policy = key_policy(prod)
    assert publishers == set(policy) - {"logs.ap-northeast-2.amazonaws.com"}
    for service in publishers:
        condition = policy[service]["Condition"]
        assert condition["StringEquals"]["kms:EncryptionContext:aws:sns:topicArn"] == arn
        assert set(condition) == {"StringEquals"}
        stated = condition["StringEquals"].get("aws:SourceAccount")
        assert stated == (None if service == "events.amazonaws.com" else account)
        assert policy[service]["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]


def pattern(rule: Resource) -> EventPattern:
    """The rule's pattern with the ids the deployed gateway and engine would have."""

    def resolve(node: Any) -> Any:
        if isinstance(node, dict):
            if "Fn::ImportValue" in node:
                name = node["Fn::ImportValue"]
                arn = f"arn:aws:bedrock-agentcore:ap-northeast-2:333344445555:gateway/{GATEWAY}"
                return arn if "GatewayArn" in name else ENGINE if "PolicyEngineId" in name else GATEWAY
            return {key: resolve(value) for key, value in node.items()}
        return [resolve(item) for item in node] if isinstance(node, list) else node

    text = json.dumps(resolve(rule.properties["EventPattern"]))
    assert len(text) <= 2048, "EventBridge takes patterns of 2048 characters"
    return EventPattern.load(text)


def noticed(stage: Stage, event: dict[str, Any]) -> set[str]:
    """The rules an event reaches, by the last word of their names."""
    return {
        str(rule.properties["Name"]).rsplit("-", 1)[1]
        for rule in stage.resources("AWS::Events::Rule")
        if pattern(rule).matches_event(event)  # type: ignore[arg-type]
    }


def call(
    name: str,
    parameters: dict[str, Any] | None,
    *,
    by: str = "203.0.113.7",
    service: str = "bedrock-agentcore",
    **more: Any,
) -> dict[str, Any]:
    """A control-plane call as CloudTrail tells it to EventBridge."""
    detail = {"eventSource": f"{service}.amazonaws.com", "eventName": name, "sourceIPAddress": by, **more}
    if parameters is not None:
        detail["requestParameters"] = parameters
    return {"source": f"aws.{service}", "detail-type": "AWS API Call via CloudTrail", "detail": detail}


def engine(mode: str) -> dict[str, Any]:
    return {"policyEngineConfiguration": {"arn": "a", "mode": mode}}


WEAKENED: list[tuple[str, dict[str, Any] | None]] = [
    ("UpdateGateway", {"gatewayIdentifier": GATEWAY, **engine("LOG_ONLY")}),
    ("UpdateGateway", {"gatewayIdentifier": GATEWAY, **engine("SOMETHING_NEW")}),
    # An update states all of a gateway: without an engine it has none.
    ("UpdateGateway", {"gatewayIdentifier": GATEWAY, "name": "airline-prod"}),
    # What CloudTrail hides counts as weakened.
    ("UpdateGateway", {"gatewayIdentifier": GATEWAY, "policyEngineConfiguration": "HIDDEN"}),
    ("UpdateGateway", None),
    ("UpdatePolicy", {"policyEngineId": ENGINE, "policyId": "p", "enforcementMode": "LOG_ONLY"}),
    ("DeletePolicyEngine", {"policyEngineId": ENGINE}),
]


@pytest.mark.parametrize("by", ["203.0.113.7", DEPLOYMENT])
@pytest.mark.parametrize(("name", "parameters"), WEAKENED, ids=lambda value: str(value)[:60])
def test_a_policy_engine_that_stops_enforcing_is_noticed_whoever_did_it(
    prod: Stage, name: str, parameters: dict[str, Any] | None, by: str
) -> None:
    assert "notenforcing" in noticed(prod, call(name, parameters, by=by))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("UpdateGateway", {"gatewayIdentifier": GATEWAY, **engine("ENFORCE")}),
        ("UpdateGatewayTarget", {"gatewayIdentifier": GATEWAY, "targetId": "t"}),
        ("DeletePolicy", {"policyEngineId": ENGINE, "policyId": "p"}),
        # A new policy that only logs takes nothing away.
        ("CreatePolicy", {"policyEngineId": ENGINE, "name": "p", "enforcementMode": "LOG_ONLY"}),
        ("UpdatePolicy", {"policyEngineId": ENGINE, "policyId": "p", "enforcementMode": "ACTIVE"}),
        # A switch that is let go: it is a policy that refuses.
        ("UpdatePolicy", {"policyEngineId": ENGINE, "policyId": SWITCH, "enforcementMode": "LOG_ONLY"}),
    ],
)
def test_a_deployment_that_keeps_the_guard_is_no_notice(
    prod: Stage, name: str, parameters: dict[str, Any]
) -> None:
    assert noticed(prod, call(name, parameters, by=DEPLOYMENT)) == set()
    assert noticed(prod, call(name, parameters)) == {"changed"}, "by hand it is one"


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("DeleteGateway", {"gatewayIdentifier": GATEWAY}),
        ("DeleteGatewayRateLimit", {"gatewayIdentifier": GATEWAY}),
        ("CreateGatewayTarget", {"gatewayIdentifier": GATEWAY}),
        ("CreateGatewayRule", {"gatewayIdentifier": GATEWAY}),
        ("UpdatePolicyEngine", {"policyEngineId": ENGINE}),
        (
            "PutResourcePolicy",
            {"resourceArn": f"arn:aws:bedrock-agentcore:ap-northeast-2:333344445555:gateway/{GATEWAY}"},
        ),
    ],
)
def test_a_change_by_hand_is_noticed(prod: Stage, name: str, parameters: dict[str, Any]) -> None:
    assert "changed" in noticed(prod, call(name, parameters))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("UpdateGateway", {"gatewayIdentifier": "another-abcdefghij", **engine("LOG_ONLY")}),
        ("DeletePolicyEngine", {"policyEngineId": "another-abcdefghij"}),
        ("GetGateway", {"gatewayIdentifier": GATEWAY}),
        ("ListPolicies", {"policyEngineId": ENGINE}),
        ("CreateGateway", {"name": "another"}),
        ("CreateMemory", {"name": "another"}),
    ],
)
def test_another_gateway_or_a_look_is_no_notice(prod: Stage, name: str, parameters: dict[str, Any]) -> None:
    assert noticed(prod, call(name, parameters)) == set()


def test_a_call_that_was_denied_changed_nothing(prod: Stage) -> None:
    event = call("UpdateGateway", {"gatewayIdentifier": GATEWAY}, errorCode="AccessDenied")
    assert noticed(prod, event) == set()


@pytest.mark.parametrize(
    "name",
    ["UpdateFunctionCode20150331v2", "UpdateFunctionConfiguration20150331v2", "AddPermission20150331v2"],
)
def test_a_change_of_the_interceptor_by_hand_is_noticed(prod: Stage, name: str) -> None:
    function = str(
        prod.one("AWS::Lambda::Function", Function="gateway_interceptor").properties["FunctionName"]
    )
    arn = f"arn:aws:lambda:ap-northeast-2:333344445555:function:{function}"
    for given in (function, arn, f"{arn}:1"):
        assert noticed(prod, call(name, {"functionName": given}, service="lambda")) == {"interceptor"}
    assert noticed(prod, call(name, {"functionName": function}, service="lambda", by=DEPLOYMENT)) == set()
    assert (
        noticed(prod, call(name, {"functionName": "airline-prod-tool-customer"}, service="lambda")) == set()
    )


def test_a_notice_that_is_lost_is_an_alarm(stages: list[Stage]) -> None:
    for stage in stages:
        rules = {rule.properties["Name"] for rule in stage.resources("AWS::Events::Rule")}
        (alarm,) = [
            item
            for item in stage.resources("AWS::CloudWatch::Alarm")
            if item.properties["AlarmName"].endswith("guard-undelivered")
        ]
        watched = {
            dimension["Value"]
            for item in alarm.properties["Metrics"]
            if "MetricStat" in item
            for dimension in item["MetricStat"]["Metric"]["Dimensions"]
        }
        assert watched == rules


def test_the_budget_is_the_declared_amount_of_what_carries_the_stages_tag(
    stages: list[Stage], project: Project
) -> None:
    for stage in stages:
        environment = environment_of(stage, project)
        name = stage.folder.name.removeprefix("assembly-")
        resource = stage.one("AWS::Budgets::Budget")
        budget = resource.properties["Budget"]
        assert budget["BudgetLimit"] == {"Amount": environment.budget_usd, "Unit": "USD"}
        assert (budget["BudgetName"], budget["TimeUnit"], budget["BudgetType"]) == (name, "MONTHLY", "COST")
        assert budget["CostFilters"] == {"TagKeyValue": [f"user:airside:stage${name}"]}
        assert resource.depends_on & {item.id for item in stage.resources("AWS::SNS::TopicPolicy")}
        topic = {"Ref": stage.one("AWS::SNS::Topic").id}
        told = [
            (item["Notification"]["NotificationType"], item["Notification"]["Threshold"])
            for item in resource.properties["NotificationsWithSubscribers"]
            if item["Subscribers"] == [{"SubscriptionType": "SNS", "Address": topic}]
        ]
        assert told == [("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100)]


def test_everything_taggable_carries_the_budgets_tag(prod: Stage) -> None:
    tagged = [item.properties["Tags"] for item in prod.resources() if "Tags" in item.properties]
    assert len(tagged) > 30
    for tags in tagged:
        pairs = tags if isinstance(tags, dict) else {tag["Key"]: tag["Value"] for tag in tags}
        assert pairs["airside:stage"] == "airline-prod"
