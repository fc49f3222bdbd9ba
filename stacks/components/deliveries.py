"""Vended logs and traces of AgentCore resources.

Requests and answers hold customers' data, so the log records are limited to who, what and when: the fields
with payloads are left out of the delivery, not filtered later.

No policy is made here. CloudWatch Logs needs none for groups under /aws/vendedlogs/, and X-Ray's is the
account's: an account has five at most, of 5 KB each (AWS X-Ray API: PutResourcePolicy).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.components.log_group import log_group
from stacks.deployment import Deployment

_REQUEST = ("resource_arn", "event_timestamp", "account_id", "request_id", "trace_id", "span_id")

FIELDS: Mapping[str, tuple[str, ...]] = {
    "gateway": _REQUEST,
    "runtime": (*_REQUEST, "session_id", "service_name", "operation"),
    # A memory's records tell of events and not of requests: they know no `request_id`, `trace_id` or `account_id`,
    # and CreateDelivery refuses a field that the kind does not have.
    "memory": ("resource_arn", "event_timestamp", "memory_strategy_id", "session_id", "event_id"),
}
"""By kind, without `body`, `attributes`, `request_payload` and `response_payload`, of the fields that the CDK's API
reference lists for it (`CfnGatewayApplicationLogsRecordFields`, `CfnRuntime…`, `CfnMemory…`)."""


@dataclass(frozen=True)
class Source:
    """A resource that sends logs and traces. `kind` is a key of `FIELDS`; `subject` names it in the system."""

    subject: str
    kind: str
    arn: str


class Delivered(Construct):
    """The log and the trace delivery of one source, made one after the other, as the service asks.

    `after` is the delivery to wait for; hand `last` on to the next source of the same system.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        source: Source,
        after: logs.CfnDelivery | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._deployment = deployment
        self._source = source
        group = log_group(
            self,
            "LogGroup",
            deployment=deployment,
            name=deployment.names.vended_log_group(source.kind, source.subject),
        )
        written = self._deliver(
            "Logs", "APPLICATION_LOGS", after=after, group=group, record_fields=list(FIELDS[source.kind])
        )
        self.last: logs.CfnDelivery = self._deliver("Traces", "TRACES", after=written)

    def _deliver(
        self,
        construct_id: str,
        log_type: str,
        *,
        after: logs.CfnDelivery | None,
        group: logs.LogGroup | None = None,
        record_fields: list[str] | None = None,
    ) -> logs.CfnDelivery:
        """A delivery to a log group, or to X-Ray."""
        scope = Construct(self, construct_id)
        name = self._deployment.names.delivery(self._source.subject, construct_id.lower())
        source = logs.CfnDeliverySource(
            scope, "Source", name=name, log_type=log_type, resource_arn=self._source.arn
        )
        destination = logs.CfnDeliveryDestination(
            scope,
            "Destination",
            name=name,
            delivery_destination_type="CWL" if group else "XRAY",
            destination_resource_arn=group.log_group_arn if group else None,
            output_format="json" if group else None,
        )
        delivery = logs.CfnDelivery(
            scope,
            "Delivery",
            delivery_source_name=source.ref,
            delivery_destination_arn=destination.attr_arn,
            record_fields=record_fields,
        )
        if after is not None:
            delivery.add_resource_dependency(after)
        return delivery
