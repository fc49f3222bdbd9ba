"""Logs that end, are encrypted where they should be, and hold no payload; traces; what is the account's."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_sns as sns

from governance.model import Project
from stacks.assets import Assets
from stacks.components.deliveries import FIELDS, Delivered, Source
from stacks.components.log_group import log_group
from stacks.components.metrics import Runtime
from stacks.components.runtime_watch import AgentWatch
from stacks.deployment import Deployment
from stacks.part_stack import PartStack
from tests.stacks.templates import Stage, joined

PAYLOADS = {"body", "attributes", "request_payload", "response_payload"}
REQUEST = {"resource_arn", "event_timestamp", "account_id", "request_id", "trace_id", "span_id"}
KNOWN = {
    "gateway": {*REQUEST, "timestamp", "gateway_id", "resource"},
    "runtime": {*REQUEST, "timestamp", "runtime_id", "session_id", "service_name", "operation", "resource"},
    "memory": {
        *("resource_arn", "event_timestamp", "timestamp", "resource_id", "memory_strategy_id", "namespace"),
        *("actor_id", "session_id", "event_id", "resource"),
    },
}
"""What a record of each kind can hold beside payloads (AWS CDK API Reference, `…ApplicationLogsRecordFields`). Names
in camel case are left out: how the service spells them is not shown there."""


def environment_of(stage: Stage, project: Project) -> Any:
    return project.environment(stage.folder.name.rsplit("-", 1)[1])


def test_every_log_group_ends_and_is_encrypted_as_its_environment_says(
    stages: list[Stage], project: Project
) -> None:
    settings = set()
    for stage in stages:
        environment = environment_of(stage, project)
        settings.add(environment.kms)
        groups = stage.resources("AWS::Logs::LogGroup")
        assert len(groups) > 10
        for group in groups:
            assert group.properties["RetentionInDays"] == environment.log_retention_days
            key = group.properties.get("KmsKeyId")
            assert "EncryptionKey" in joined(key) if environment.kms else key is None, group.id
    assert settings == {True, False}, "both settings are to be seen"


def test_a_key_is_made_once_where_the_environment_wants_one(stages: list[Stage], project: Project) -> None:
    for stage in stages:
        environment = environment_of(stage, project)
        keys = stage.resources("AWS::KMS::Key")
        assert len(keys) == (1 if environment.kms else 0)
        assert len(stage.resources("AWS::KMS::Alias")) == len(keys)
        for key in keys:
            assert key.part == "identity", "every later stack has logs"
            assert key.properties["EnableKeyRotation"] is True
            kept = "Retain" if environment.retain_data else "Delete"
            assert key.body["DeletionPolicy"] == kept


def test_the_key_serves_logs_for_this_systems_log_groups_only(prod: Stage) -> None:
    statements = prod.one("AWS::KMS::Key").properties["KeyPolicy"]["Statement"]
    (logs,) = [
        item for item in statements if item["Principal"].get("Service") == "logs.ap-northeast-2.amazonaws.com"
    ]
    assert set(logs["Condition"]) == {"ArnLike"}
    patterns = logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    prefix = "arn:aws:logs:ap-northeast-2:333344445555:log-group:"
    runtimes = {
        f"<{item.id}.AgentRuntimeId>": f"{item.properties['AgentRuntimeName']}-abcdefghij"
        for item in prod.resources("AWS::BedrockAgentCore::Runtime")
    }
    for group in prod.resources("AWS::Logs::LogGroup"):
        name = joined(group.properties["LogGroupName"])
        for token, runtime in runtimes.items():
            name = name.replace(token, runtime)
        assert any(fnmatchcase(prefix + name, pattern) for pattern in patterns), name
    for other in (
        "/aws/lambda/another",
        "/airside/airline/dev/functions/gateway_interceptor",
        "/aws/bedrock-agentcore/runtimes/airline_dev_booking-abcdefghij-DEFAULT",
        "/aws/vendedlogs/bedrock-agentcore/gateway/APPLICATION_LOGS/airline-dev-gateway",
    ):
        assert not any(fnmatchcase(prefix + other, pattern) for pattern in patterns), other


def test_nobody_but_the_account_and_named_services_may_use_the_key(prod: Stage) -> None:
    for statement in prod.one("AWS::KMS::Key").properties["KeyPolicy"]["Statement"]:
        assert statement["Effect"] == "Allow"
        if "AWS" in statement["Principal"]:
            assert statement["Principal"] == {"AWS": "arn:aws:iam::333344445555:root"}
        else:
            contexts = [key for test in statement["Condition"].values() for key in test]
            assert [key for key in contexts if key.startswith("kms:EncryptionContext:")], statement["Sid"]
            assert "kms:*" not in statement["Action"]


def test_access_logs_leave_out_what_customers_and_tools_say(stages: list[Stage]) -> None:
    for stage in stages:
        sources = {item.id: item for item in stage.resources("AWS::Logs::DeliverySource")}
        for delivery in stage.resources("AWS::Logs::Delivery"):
            source = sources[delivery.properties["DeliverySourceName"]["Ref"]]
            if source.properties["LogType"] == "APPLICATION_LOGS":
                fields = set(delivery.properties["RecordFields"])
                assert {"resource_arn", "event_timestamp"} <= fields
                assert not PAYLOADS & fields


@pytest.mark.parametrize("kind", sorted(FIELDS))
def test_a_delivery_asks_for_a_field_that_its_kind_does_not_have(kind: str) -> None:
    """CloudWatch Logs refuses it, and with it the deployment; of payloads it would deliver what was said."""
    assert {"resource_arn", "event_timestamp"} <= set(FIELDS[kind]) <= KNOWN[kind]
    assert not PAYLOADS & set(FIELDS[kind])
    assert ("request_id" in FIELDS[kind]) is ("request_id" in KNOWN[kind])


def test_gateway_and_every_runtime_and_memory_deliver_logs_and_traces_once(stages: list[Stage]) -> None:
    for stage in stages:
        delivered = [
            (item.properties["LogType"], joined(item.properties["ResourceArn"]))
            for item in stage.resources("AWS::Logs::DeliverySource")
        ]
        senders = 1 + sum(
            len(stage.resources(f"AWS::BedrockAgentCore::{kind}")) for kind in ("Runtime", "Memory")
        )
        assert len(delivered) == len(set(delivered)) == 2 * senders
        assert {kind for kind, _ in delivered} == {"APPLICATION_LOGS", "TRACES"}
        for type_ in ("AWS::Logs::DeliveryDestination", "AWS::Logs::Delivery"):
            assert len(stage.resources(type_)) == len(delivered)
        kinds = [
            item.properties["DeliveryDestinationType"]
            for item in stage.resources("AWS::Logs::DeliveryDestination")
        ]
        assert sorted(kinds) == ["CWL"] * senders + ["XRAY"] * senders


def test_deliveries_are_made_one_after_the_other(stages: list[Stage]) -> None:
    """The service makes one at a time; a chain has one beginning and one end."""
    for stage in stages:
        deliveries = {item.id: item.depends_on for item in stage.resources("AWS::Logs::Delivery")}
        before = {id_: needed & set(deliveries) for id_, needed in deliveries.items()}
        assert sorted(len(needed) for needed in before.values()) == [0] + [1] * (len(before) - 1)
        assert len(set().union(*before.values())) == len(before) - 1


def test_no_systems_stack_holds_a_policy_of_the_account(stages: list[Stage]) -> None:
    """X-Ray takes five policies an account, CloudWatch Logs ten: one per stack would use them up."""
    for stage in stages:
        for type_ in (
            "AWS::Logs::ResourcePolicy",
            "AWS::XRay::ResourcePolicy",
            "AWS::XRay::TransactionSearchConfig",
        ):
            assert stage.resources(type_) == []
        for group in stage.resources("AWS::Logs::LogGroup"):
            name = joined(group.properties["LogGroupName"])
            if "APPLICATION_LOGS" in name:
                assert name.startswith("/aws/vendedlogs/"), "other names need a policy"


def accounts(assembly: Path) -> dict[str, dict[str, Any]]:
    """The templates of the accounts' own stages, by environment."""
    return {
        template["Metadata"]["Airside"]["Environment"]: template
        for path in assembly.glob("assembly-account-*/*.template.json")
        if (template := json.loads(path.read_text(encoding="utf-8")))
    }


def test_an_account_has_its_own_stage_where_its_environment_asks_for_it(
    assembly: Path, project: Project
) -> None:
    found = accounts(assembly)
    asked = {item.name: item for item in project.environments if item.account_settings is not None}
    assert set(found) == set(asked)
    for name, template in found.items():
        types = sorted(resource["Type"] for resource in template["Resources"].values())
        assert types == [
            "AWS::Logs::ResourcePolicy",
            "AWS::XRay::ResourcePolicy",
            "AWS::XRay::TransactionSearchConfig",
        ]
        assert template["Metadata"]["Airside"]["Part"] == "account"
        settings = asked[name].account_settings
        (search,) = [item for item in template["Resources"].values() if item["Type"].endswith("SearchConfig")]
        assert settings is not None
        assert search["Properties"] == {"IndexingPercentage": settings.span_percent}
        (policy,) = [
            id_ for id_, item in template["Resources"].items() if item["Type"].startswith("AWS::Logs")
        ]
        assert search["DependsOn"] == [policy]


def test_spans_and_traces_are_taken_from_the_own_account_only(assembly: Path, project: Project) -> None:
    for name, template in accounts(assembly).items():
        account = project.environment(name).account
        for resource in template["Resources"].values():
            if "PolicyDocument" not in resource["Properties"]:
                continue
            document = json.loads(resource["Properties"]["PolicyDocument"])
            assert len(json.dumps(document)) < 5_000, "X-Ray's limit of a policy"
            (statement,) = document["Statement"]
            assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": account}
            assert f":{account}:" in statement["Condition"]["ArnLike"]["aws:SourceArn"]
            service = statement["Principal"]["Service"]
            assert (service, statement["Action"]) in {
                ("xray.amazonaws.com", "logs:PutLogEvents"),
                ("delivery.logs.amazonaws.com", "xray:PutTraceSegments"),
            }
            if service == "xray.amazonaws.com":
                groups = [re.sub(r"^.*:log-group:", "", arn) for arn in statement["Resource"]]
                assert sorted(groups) == ["/aws/application-signals/data:*", "aws/spans:*"]


def deployment_of(project: Project, folder: Path) -> Deployment:
    return Deployment.of(project.system("airline"), project.environment("dev"), Assets(project.roots, folder))


def test_a_log_group_past_the_systems_stacks_is_refused(project: Project, tmp_path: Path) -> None:
    """It would have no key where there should be one."""
    stack = cdk.Stack(cdk.App(), "Elsewhere")
    with pytest.raises(TypeError, match="in no stack of a system"):
        log_group(stack, "Logs", deployment=deployment_of(project, tmp_path), name="/x")


def test_an_agents_watch_can_stand_in_any_stack_and_a_memory_is_delivered_like_the_rest(
    project: Project, tmp_path: Path
) -> None:
    deployment = deployment_of(project, tmp_path)
    stack = PartStack(cdk.App(), "Extra", deployment=deployment, key=None)
    topic = sns.Topic.from_topic_arn(stack, "Topic", "arn:aws:sns:ap-northeast-2:111122223333:t")
    log_group(stack, "Logs", deployment=deployment, name="/x")
    arn = "arn:aws:bedrock-agentcore:ap-northeast-2:111122223333:runtime/x-abcdefghij"
    AgentWatch(
        stack,
        "Watch",
        deployment=deployment,
        agent="booking",
        runtime=Runtime("airline_dev_booking", "dev", arn),
        output="/aws/bedrock-agentcore/runtimes/airline_dev_booking-x-dev",
        topic=topic,
        after=None,
    )
    agents = assertions.Template.from_stack(stack).to_json()["Resources"]
    assert len(agents) - 1 == 11, "resources of one agent: CloudFormation takes 500 in a stack"
    memory = Source("memory-booking", "memory", arn.replace("runtime/", "memory/"))
    stack = PartStack(cdk.App(), "Extra", deployment=deployment, key=None)
    Delivered(stack, "Memory", deployment=deployment, source=memory, after=None)
    template = assertions.Template.from_stack(stack)
    template.resource_count_is("AWS::Logs::Delivery", 2)
    template.has_resource_properties(
        "AWS::Logs::LogGroup",
        {
            "LogGroupName": (
                "/aws/vendedlogs/bedrock-agentcore/memory/APPLICATION_LOGS/airline-dev-memory-booking"
            )
        },
    )
