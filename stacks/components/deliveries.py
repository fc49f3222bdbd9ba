"""Vended logs and traces of gateway and runtimes.

Requests and answers hold customers' data, so the log records are limited to who, what and when: the fields
with payloads are left out of the delivery, not filtered later.
"""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_xray as xray
from constructs import Construct

from stacks.components.iam import allow, reasons
from stacks.deployment import Deployment
from stacks.part_stack import declare, removal_policy
from stacks.retention import retention

GATEWAY_FIELDS = ["resource_arn", "event_timestamp", "account_id", "request_id", "trace_id", "span_id"]
RUNTIME_FIELDS = [*GATEWAY_FIELDS, "session_id", "service_name", "operation"]
"""Without `body`, `attributes`, `request_payload` and `response_payload`."""


@dataclass(frozen=True)
class Source:
    """A resource that sends logs and traces. `kind` is `gateway` or `runtime`."""

    subject: str
    kind: str
    arn: str
    fields: list[str]


class Deliveries(Construct):
    """One log and one trace delivery per source, made one after the other as the service asks."""

    def __init__(
        self, scope: Construct, construct_id: str, *, deployment: Deployment, sources: list[Source]
    ) -> None:
        super().__init__(scope, construct_id)
        self._deployment = deployment
        self._previous: logs.CfnDelivery | None = None
        trace_policy = self._trace_policy([source.arn for source in sources])
        for source in sources:
            holder = Construct(self, source.subject)
            log_group = logs.LogGroup(
                holder,
                "LogGroup",
                log_group_name=deployment.names.vended_log_group(source.kind, source.subject),
                retention=retention(deployment.environment.log_retention_days),
                removal_policy=removal_policy(deployment),
            )
            self._deliver(
                Construct(holder, "Logs"),
                source,
                "logs",
                "APPLICATION_LOGS",
                destination_resource_arn=log_group.log_group_arn,
                record_fields=source.fields,
            )
            traces = self._deliver(Construct(holder, "Traces"), source, "traces", "TRACES")
            traces.add_resource_dependency(trace_policy)

    def _deliver(
        self,
        scope: Construct,
        source: Source,
        name: str,
        log_type: str,
        *,
        destination_resource_arn: str | None = None,
        record_fields: list[str] | None = None,
    ) -> logs.CfnDeliveryDestination:
        names = self._deployment.names
        origin = logs.CfnDeliverySource(
            scope,
            "Source",
            name=names.delivery(source.subject, name),
            log_type=log_type,
            resource_arn=source.arn,
        )
        destination = logs.CfnDeliveryDestination(
            scope,
            "Destination",
            name=names.delivery(source.subject, name),
            delivery_destination_type="CWL" if destination_resource_arn else "XRAY",
            destination_resource_arn=destination_resource_arn,
            output_format="json" if destination_resource_arn else None,
        )
        delivery = logs.CfnDelivery(
            scope,
            "Delivery",
            delivery_source_name=origin.ref,
            delivery_destination_arn=destination.attr_arn,
            record_fields=record_fields,
        )
        if self._previous is not None:
            delivery.add_resource_dependency(self._previous)
        self._previous = delivery
        return destination

    def _trace_policy(self, arns: list[str]) -> xray.CfnResourcePolicy:
        """Lets the log delivery service write traces of these resources, and of no other account's."""
        stack = cdk.Stack.of(self)
        statement = allow(
            "DeliverTraces",
            "The log delivery service writes traces of these resources; X-Ray knows no resource for it, so the "
            "conditions name the senders instead.",
            ["xray:PutTraceSegments"],
            ["*"],
            {
                "ForAllValues:ArnLike": {"logs:LogGeneratingResourceArns": arns},
                "StringEquals": {"aws:SourceAccount": stack.account},
                "ArnLike": {
                    "aws:SourceArn": (
                        f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:delivery-source:"
                        f"{self._deployment.names.prefix}-*"
                    )
                },
            },
        )
        sender = iam.ServicePrincipal("delivery.logs.amazonaws.com")
        document = iam.PolicyDocument(statements=[statement.rendered([sender])])
        policy = xray.CfnResourcePolicy(
            self,
            "TracePolicy",
            policy_name=self._deployment.names.delivery("all", "traces"),
            policy_document=stack.to_json_string(document),
        )
        declare(policy, {"Statements": reasons([statement])})
        return policy
