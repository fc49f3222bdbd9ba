"""What of a synthesized stage is paid for: counted in its templates, nothing else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.outcome import Failure
from stacks.gates.templates import Resource, StageTemplates, items, mapping

_CORE = "AWS::BedrockAgentCore"

COUNTED = frozenset(
    {
        *(f"{_CORE}::{name}" for name in ("Runtime", "Gateway", "PolicyEngine", "Memory")),
        *(f"{_CORE}::{name}" for name in ("CodeInterpreterCustom", "BrowserCustom")),
        *("AWS::CloudFront::Distribution", "AWS::S3::Bucket"),
        *("AWS::Budgets::Budget", "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard"),
        *("AWS::Cognito::UserPool", "AWS::Cognito::UserPoolClient", "AWS::DynamoDB::Table", "AWS::KMS::Key"),
        *("AWS::Lambda::Function", "AWS::Logs::LogGroup", "AWS::Logs::MetricFilter"),
        *("AWS::SecretsManager::Secret", "AWS::WAFv2::WebACLAssociation", "AWS::XRay::TransactionSearchConfig"),
    }
)  # fmt: skip
"""Types whose cost is in the estimate, by themselves or by what uses them."""

FREE = frozenset(
    {
        *(f"{_CORE}::{name}" for name in ("GatewayRateLimit", "GatewayTarget", "Policy", "RuntimeEndpoint")),
        *(f"{_CORE}::{name}" for name in ("OAuth2CredentialProvider", "ApiKeyCredentialProvider")),
        f"{_CORE}::WorkloadIdentity",
        *(f"AWS::CloudFront::{name}" for name in ("CachePolicy", "Function", "OriginAccessControl")),
        *(f"AWS::CloudFront::{name}" for name in ("OriginRequestPolicy", "ResponseHeadersPolicy")),
        "AWS::CloudFormation::CustomResource",
        *("AWS::Cognito::UserPoolDomain", "AWS::Cognito::UserPoolResourceServer", "AWS::Events::Rule"),
        *("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::KMS::Alias"),
        *("AWS::Lambda::Permission", "AWS::Logs::Delivery", "AWS::Logs::DeliveryDestination"),
        *("AWS::Logs::DeliverySource", "AWS::Logs::ResourcePolicy", "AWS::S3::BucketPolicy"),
        *("AWS::SNS::Subscription", "AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::SSM::Parameter"),
        *("AWS::SQS::QueuePolicy", "AWS::XRay::ResourcePolicy"),
    }
)
"""Types that cost nothing by standing there, and next to nothing in use as these systems use them."""


@dataclass(frozen=True)
class Runtime:
    """One agent or hosted tool server. `model` is the id it calls, None for one that calls none."""

    name: str
    model: str | None
    idle_seconds: int


@dataclass(frozen=True)
class Inventory:
    """A stage's paid parts. Numbers are counts, if nothing else is said; `budget_usd` is a month's, or None."""

    stage: str
    region: str
    counts: Mapping[str, int]
    runtimes: tuple[Runtime, ...]
    clients: int
    alarm_metrics: int
    metric_filters: int
    tools: int
    indexed_tools: int
    interceptions: int
    interceptor_gb: float
    tool_gb: float
    retention_days: int
    strategies: int
    own_strategies: int
    users: bool
    budget_usd: float | None

    def count(self, type_: str) -> int:
        return self.counts.get(type_, 0)

    @property
    def agents(self) -> tuple[Runtime, ...]:
        return tuple(runtime for runtime in self.runtimes if runtime.model)

    @property
    def unpriced(self) -> dict[str, int]:
        """Types this estimate knows nothing of, with their number."""
        return {
            name: many
            for name, many in sorted(self.counts.items())
            if name not in COUNTED | FREE and not name.startswith("Custom::")
        }


def read(assembly: Path, stage: str) -> Inventory:
    """Counts a stage. Raises Failure where the assembly has no such stage or cannot be read."""
    folder = assembly / f"assembly-{stage}"
    files = sorted(folder.glob("*.template.json"))
    if not files:
        raise Failure(
            f"{assembly}: has no stage {stage}. Synthesize it, or name another with --system and --env."
        )
    try:
        templates = StageTemplates.read(files)
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Failure(f"{folder}: cannot be read ({type(error).__name__}). Synthesize it again.") from None
    regions = {
        str(item["environment"]).rpartition("/")[2]
        for item in manifest["artifacts"].values()
        if item["type"] == "aws:cloudformation:stack"
    }
    return count(stage, " and ".join(sorted(regions)), templates)


def count(stage: str, region: str, templates: StageTemplates) -> Inventory:
    every = list(templates.resources())
    gateways = list(templates.resources(f"{_CORE}::Gateway"))
    tools = sum(_tools(target) for target in templates.resources(f"{_CORE}::GatewayTarget"))
    searched = any(gateway.get("ProtocolConfiguration.Mcp.SearchType") for gateway in gateways)
    memories = [
        mapping(each)
        for memory in templates.resources(f"{_CORE}::Memory")
        for each in items(memory.get("MemoryStrategies"))
    ]
    return Inventory(
        stage=stage,
        region=region,
        counts=Counter(resource.type for resource in every),
        runtimes=tuple(_runtimes(templates)),
        clients=sum(
            "client_credentials" in items(client.get("AllowedOAuthFlows"))
            for client in templates.resources("AWS::Cognito::UserPoolClient")
        ),
        alarm_metrics=sum(map(_alarm_metrics, templates.resources("AWS::CloudWatch::Alarm"))),
        metric_filters=sum(
            len(items(each.get("MetricTransformations")))
            for each in templates.resources("AWS::Logs::MetricFilter")
        ),
        tools=tools,
        indexed_tools=tools if searched else 0,
        interceptions=sum(
            len(items(mapping(each).get("InterceptionPoints")))
            for gateway in gateways
            for each in items(gateway.get("InterceptorConfigurations"))
        ),
        interceptor_gb=_mean_gb(_interceptors(gateways)),
        tool_gb=_mean_gb(
            target.target("TargetConfiguration.Mcp.Lambda.LambdaArn")
            for target in templates.resources(f"{_CORE}::GatewayTarget")
        ),
        retention_days=max(
            (int(group.get("RetentionInDays") or 0) for group in templates.resources("AWS::Logs::LogGroup")),
            default=0,
        ),
        strategies=sum("CustomMemoryStrategy" not in each for each in memories),
        own_strategies=sum("CustomMemoryStrategy" in each for each in memories),
        users=any(
            mapping(mapping(pool.body.get("Metadata")).get("Airside")).get("Pool") == "users"
            for pool in templates.resources("AWS::Cognito::UserPool")
        ),
        budget_usd=next(
            (
                float(each.get("Budget.BudgetLimit.Amount"))
                for each in templates.resources("AWS::Budgets::Budget")
            ),
            None,
        ),
    )


def _runtimes(templates: StageTemplates) -> Iterator[Runtime]:
    for runtime in templates.resources(f"{_CORE}::Runtime"):
        model = runtime.get("EnvironmentVariables.MODEL_ID")
        yield Runtime(
            name=str(runtime.get("AgentRuntimeName")),
            model=str(model) if model else None,
            # The service's own default (contracts §5.4).
            idle_seconds=int(runtime.get("LifecycleConfiguration.IdleRuntimeSessionTimeout") or 900),
        )


def _interceptors(gateways: list[Resource]) -> Iterator[Resource | None]:
    for gateway in gateways:
        for each in items(gateway.get("InterceptorConfigurations")):
            called = mapping(mapping(mapping(each).get("Interceptor")).get("Lambda"))
            yield gateway.stage.target(called.get("Arn"), gateway.template)


def _mean_gb(functions: Iterable[Resource | None]) -> float:
    """The mean memory of functions, 128 MB where none is stated (AWS Lambda's default); 0 without any."""
    sizes = [float(each.get("MemorySize") or 128) / 1024 for each in functions if each is not None]
    return sum(sizes) / len(sizes) if sizes else 0.0


def _alarm_metrics(alarm: Resource) -> int:
    """Metrics an alarm is charged for: each it reads, and one for an alarm without a list."""
    return sum("MetricStat" in mapping(each) for each in items(alarm.get("Metrics"))) or 1


def _tools(target: Resource) -> int:
    declared = mapping(mapping(target.body.get("Metadata")).get("Airside")).get("Tools")
    if isinstance(declared, list | dict):
        return len(declared)
    inline = target.get("TargetConfiguration.Mcp.Lambda.ToolSchema.InlinePayload")
    return len(items(inline)) or 1
