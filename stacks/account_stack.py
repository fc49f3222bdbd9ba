"""Settings of a whole account and region. They exist once, so no system's stack may hold them."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_xray as xray
from constructs import Construct

from governance.model import Environment
from governance.names import ACCOUNT, account_resource, account_stage
from governance.operations import AccountSettings
from stacks.components.iam import Conditions, Statement, allow, reasons
from stacks.part_stack import METADATA, declare, roles_boundary


class AccountStage(cdk.Stage):
    """The account of one environment; deployed before the systems in it."""

    def __init__(self, scope: cdk.App, environment: Environment, settings: AccountSettings) -> None:
        super().__init__(
            scope,
            account_stage(environment.name),
            env=cdk.Environment(account=environment.account, region=environment.region),
            permissions_boundary=roles_boundary(environment),
        )
        tags = dict(sorted({**environment.tags, "airside:environment": environment.name}.items()))
        AccountStack(self, "Account", environment=environment, settings=settings, tags=tags)
        for key, value in tags.items():
            cdk.Tags.of(self).add(key, value)


class AccountStack(cdk.Stack):
    """Who may write traces, and whether spans can be searched."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        settings: AccountSettings,
        tags: Mapping[str, str],
    ) -> None:
        self._environment = environment.name
        super().__init__(
            scope,
            construct_id,
            stack_name=account_resource(environment.name, "settings"),
            description=f"The account of {environment.name}: traces",
            termination_protection=environment.retain_data,
            # The stack's own, as nothing in it takes tags.
            tags=tags,
        )
        self.add_metadata(METADATA, {"Environment": environment.name, "Part": ACCOUNT})
        self._trace_delivery()
        if settings.transaction_search:
            xray.CfnTransactionSearchConfig(
                self, "TransactionSearch", indexing_percentage=settings.span_percent
            ).add_resource_dependency(self._spans())

    def _spans(self) -> logs.CfnResourcePolicy:
        prefix = f"arn:{self.partition}:logs:{self.region}:{self.account}:log-group"
        statement = allow(
            "Spans",
            "X-Ray writes this account's spans to the two log groups it searches (contracts §9).",
            ["logs:PutLogEvents"],
            [f"{prefix}:aws/spans:*", f"{prefix}:/aws/application-signals/data:*"],
            self._own(f"arn:{self.partition}:xray:{self.region}:{self.account}:*"),
        )
        policy = logs.CfnResourcePolicy(
            self,
            "Spans",
            policy_name=account_resource(self._environment, "spans"),
            policy_document=self._document(statement, "xray"),
        )
        declare(policy, {"Statements": reasons([statement])})
        return policy

    def _trace_delivery(self) -> None:
        senders = f"arn:{self.partition}:bedrock-agentcore:{self.region}:{self.account}:*"
        statement = allow(
            "DeliverTraces",
            "The log delivery service writes traces of this account's AgentCore resources; X-Ray knows no resource "
            "for it, so the conditions name the senders instead.",
            ["xray:PutTraceSegments"],
            ["*"],
            {
                "ForAllValues:ArnLike": {"logs:LogGeneratingResourceArns": [senders]},
                **self._own(f"arn:{self.partition}:logs:{self.region}:{self.account}:delivery-source:*"),
            },
        )
        policy = xray.CfnResourcePolicy(
            self,
            "TraceDelivery",
            policy_name=account_resource(self._environment, "traces"),
            policy_document=self._document(statement, "delivery.logs"),
        )
        declare(policy, {"Statements": reasons([statement])})

    def _document(self, statement: Statement, service: str) -> str:
        principal = iam.ServicePrincipal(f"{service}.amazonaws.com")
        return self.to_json_string(iam.PolicyDocument(statements=[statement.rendered([principal])]))

    def _own(self, source: str) -> Conditions:
        return {"StringEquals": {"aws:SourceAccount": self.account}, "ArnLike": {"aws:SourceArn": source}}
