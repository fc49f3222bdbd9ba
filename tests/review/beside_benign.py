"""Changes of what no part of the access model speaks of that open nothing."""

from __future__ import annotations

from tests.review.beside_kit import ALARM, DISTRIBUTION, POOL, by, function, less, more
from tests.review.kit import noted
from tests.review.plant_kit import CLIENT, FUNCTION, RUNTIME, on, put

HARMLESS = (
    on(RUNTIME, put("EnvironmentVariables.LIMIT_SECONDS", "9"), which=noted("policy")),
    on(FUNCTION, put("MemorySize", 2048), **function("tool_policy")),
    on(FUNCTION, put("TracingConfig.Mode", "PassThrough"), **function("tool_policy")),
    on(POOL, put("Policies.PasswordPolicy.MinimumLength", 20)),
    on(POOL, put("EmailVerificationSubject", "Welcome")),
    on(CLIENT, put("IdTokenValidity", 5), **by("ClientName", "customers")),
    on(ALARM, put("Threshold", 2), **by("AlarmName", "interceptor-refusals")),
    on(ALARM, put("AlarmDescription", "Another text"), **by("AlarmName", "interceptor-errors")),
    on("AWS::Budgets::Budget", put("Budget.BudgetLimit.Amount", 10)),
    on(DISTRIBUTION, put("DistributionConfig.PriceClass", "PriceClass_100")),
    on("AWS::Logs::DeliveryDestination", put("Tags", [{"Key": "a", "Value": "b"}])),
    on("AWS::Logs::Delivery", put("Tags", [{"Key": "a", "Value": "b"}])),
    on("AWS::BedrockAgentCore::GatewayRateLimit", put("Entries.0.Requests.0.Rate", 1)),
    more("AWS::SSM::Parameter", Name="/x", Type="String", Value="y"),
    more(ALARM, AlarmName="x", Threshold=1),
    more("AWS::CDK::Metadata", Analytics="v2"),
    less("AWS::CloudWatch::Dashboard"),
)
"""Told below the fold, or not at all."""
