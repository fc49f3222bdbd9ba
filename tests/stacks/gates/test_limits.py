"""Each limit: it lets pass what just fits and refuses what just does not, saying where, what and what next."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from stacks.gates.limits import LIMITS, QUOTAS, quotas
from stacks.gates.stack_limits import STACK
from stacks.gates.templates import StageTemplates
from tests.stacks.gates.sound import (
    PATH,
    Change,
    add,
    child,
    document,
    found,
    policy,
    put,
    sound,
    target,
    tool,
)

LAMBDA = "TargetConfiguration.Mcp.Lambda"
TOOLS = f"First.{LAMBDA}.ToolSchema.InlinePayload"
MCP = "Gateway.ProtocolConfiguration.Mcp"
JWT = "Gateway.AuthorizerConfiguration.CustomJWTAuthorizer"
CLAIM = f"{JWT}.CustomClaims.0.AuthorizingClaimMatchValue.ClaimMatchValue.MatchValueString"
OAUTH = "First.CredentialProviderConfigurations.0.CredentialProvider.OauthCredentialProvider.Scopes"
ROLE_POLICY = "Role.Policies.0.PolicyDocument.Statement"


def texts(place: str, most: int) -> tuple[Change, Change]:
    """A text that just fits, and one that is a character too long."""
    return put(place, "a" * most), put(place, "a" * (most + 1))


def counted(place: str, most: int, make: Callable[[int], Any] = str) -> tuple[Change, Change]:
    return put(place, [make(n) for n in range(most)]), put(place, [make(n) for n in range(most + 1)])


def resources(most: int, make: Callable[[int], Any], already: int = 1) -> tuple[Change, Change]:
    return add(most - already, make), add(most + 1 - already, make)


def chained(number: int) -> dict[str, Any]:
    return target(f"more-{number}", after=f"Added{number - 1}" if number else "Second")


def sized(place: str, most: int) -> tuple[Change, Change]:
    """A policy document of just the size, and one that is a character too long."""
    room = most - len(json.dumps(document(""), separators=(",", ":")))
    return put(place, document("a" * room)), put(place, document("a" * (room + 1)))


def interceptor(*points: str) -> dict[str, Any]:
    return {"InterceptionPoints": list(points), "Interceptor": {"Lambda": {"Arn": "arn:f"}}}


def described(length: int) -> Change:
    return lambda template: template.update(Description="a" * length)


def outputs(kind: str, count: int) -> Change:
    return lambda template: template.update({kind: {f"O{number}": {"Value": "v"} for number in range(count)}})


CASES: dict[str, tuple[Change, Change]] = {
    "gateway-name": (put("Gateway.Name", "a" * 48), put("Gateway.Name", "two--hyphens")),
    "target-name": (put("First.Name", "a" * 55), put("First.Name", "with_underscore")),
    "resource-name": texts("Runtime.AgentRuntimeName", 48),
    "provider-name": texts("Provider.Name", 128),
    "workload-name": (put("Workload.Name", "abc"), put("Workload.Name", "ab")),
    "tool-name": (put(f"{TOOLS}.0.Name", "find-book_2"), put(f"{TOOLS}.0.Name", "find.book")),
    "role-name": texts("Role.RoleName", 64),
    "statement-id": (put(f"{ROLE_POLICY}.0.Sid", "OwnLog2"), put(f"{ROLE_POLICY}.0.Sid", "own-log")),
    "function-name": texts("Function.FunctionName", 64),
    "delivery-name": texts("Source.Name", 60),
    "domain-prefix": (put("Domain.Domain", "a" * 63), put("Domain.Domain", "lawshop")),
    "description": texts("Gateway.Description", 200),
    "function-description": texts("Function.Description", 256),
    "targets-per-gateway": resources(100, chained, already=2),
    "target-unique": (put("Second.Name", "other"), put("Second.Name", "catalog")),
    "targets-in-turn": (
        add(4, lambda number: target(f"more-{number}", after="First")),
        add(5, lambda number: target(f"more-{number}", after="First")),
    ),
    "tools-per-target": counted(TOOLS, 1000, lambda number: tool(f"tool_{number}")),
    "tool-full-name": texts("First.Name", 64 - len("___find_book")),
    "tool-unique": (put(TOOLS, [tool(), tool("lend")]), put(TOOLS, [tool(), tool("lend"), tool()])),
    "tool-schema-object": (
        put(f"{TOOLS}.0.InputSchema.Type", "object"),
        put(f"{TOOLS}.0.InputSchema.Type", "string"),
    ),
    "tool-schema-size": (
        put("First.TargetConfiguration.Mcp", {"OpenApiSchema": {"InlinePayload": "a" * 1_048_576}}),
        put("First.TargetConfiguration.Mcp", {"OpenApiSchema": {"InlinePayload": "a" * 1_048_577}}),
    ),
    "interceptors": (
        put("Gateway.InterceptorConfigurations", [interceptor("REQUEST"), interceptor("RESPONSE")]),
        put("Gateway.InterceptorConfigurations", [interceptor("REQUEST"), interceptor("REQUEST")]),
    ),
    "interceptor-arn": texts(f"First.{LAMBDA}.LambdaArn", 170),
    "instructions": texts(f"{MCP}.Instructions", 2048),
    "protocol-version": (
        put(f"{MCP}.SupportedVersions.0", "2026-07-28"),
        put(f"{MCP}.SupportedVersions.0", "2024-11-05"),
    ),
    "session-timeout": (
        put(f"{MCP}.SessionConfiguration.SessionTimeoutInSeconds", 900),
        put(f"{MCP}.SessionConfiguration.SessionTimeoutInSeconds", 899),
    ),
    "allowed-scope": texts(f"{JWT}.AllowedScopes.0", 255),
    "scopes-per-server": counted("Badges.Scopes", 100),
    "claim-value": (put(CLAIM, "a.b_c-d"), put(CLAIM, "a b")),
    "credential-scopes": counted(OAUTH, 100),
    "credential-scope": texts(f"{OAUTH}.0", 64),
    "passed-headers": counted("First.MetadataConfiguration.AllowedRequestHeaders", 10),
    "rate-limits-per-gateway": resources(
        50, lambda _: child("GatewayRateLimit", "GatewayIdentifier", "Gateway")
    ),
    "rate-limit-dimensions": counted("RateLimit.DimensionKeys", 10),
    "rate-limit-entries": counted("RateLimit.Entries", 1000),
    "policies-per-engine": resources(1000, lambda _: policy()),
    "policy-statement": (
        put("Policy.Definition.Cedar.Statement", "a" * 35),
        put("Policy.Definition.Cedar.Statement", "a" * 34),
    ),
    "policies-size": resources(20, lambda _: policy("a" * 10_000)),
    "resource-policy-size": texts("GatewayPolicy.Policy", 20_480),
    "runtime-headers": counted("Runtime.RequestHeaderConfiguration.RequestHeaderAllowlist", 20),
    "runtime-variables": (
        put("Runtime.EnvironmentVariables", {f"V{number}": "" for number in range(50)}),
        put("Runtime.EnvironmentVariables", {f"V{number}": "" for number in range(51)}),
    ),
    "runtime-variable": texts("Runtime.EnvironmentVariables.AGENT_NAME", 2048),
    "endpoints-per-runtime": resources(
        10, lambda number: child("RuntimeEndpoint", "AgentRuntimeId", "Runtime", Name=f"e{number}")
    ),
    "runtime-lifetime": (
        put("Runtime.LifecycleConfiguration.MaxLifetime", 300),
        put("Runtime.LifecycleConfiguration.MaxLifetime", 299),
    ),
    "memory-strategies": counted("Memory.MemoryStrategies", 6),
    "memory-expiry": (put("Memory.EventExpiryDuration", 7), put("Memory.EventExpiryDuration", 6)),
    "memory-namespace": (
        put("Memory.MemoryStrategies.0", {"SummaryMemoryStrategy": {"Namespaces": ["/a/{actorId}/"]}}),
        put("Memory.MemoryStrategies.0", {"SummaryMemoryStrategy": {"Namespaces": ["/a/{actorId}"]}}),
    ),
    "function-variables": texts("Function.Environment.Variables.TABLE_BOOKS", 4096 - len("TABLE_BOOKS")),
    "function-timeout": (put("Function.Timeout", 900), put("Function.Timeout", 901)),
    "role-policies-size": sized("Role.Policies.0.PolicyDocument", 10_240),
    "role-trust-size": sized("Role.AssumeRolePolicyDocument", 2048),
    "role-managed-policies": (
        put("Role.ManagedPolicyArns", ["arn"] * 10),
        put("Role.ManagedPolicyArns", ["arn"] * 11),
    ),
    "stack-resources": resources(
        500, lambda _: {"Type": "AWS::SNS::Topic"}, already=len(sound()["Resources"])
    ),
    "stack-outputs": (outputs("Outputs", 200), outputs("Outputs", 201)),
    "stack-parameters": (outputs("Parameters", 200), outputs("Parameters", 201)),
    "stack-size": (
        described(1024),
        add(1, lambda _: {"Type": "AWS::SNS::Topic", "Metadata": "a" * 1_000_000}),
    ),
    "stack-description": (described(1024), described(1025)),
}
"""Rule → what just fits, and what just does not."""


def test_the_sound_stage_is_within_every_limit() -> None:
    assert list(map(str, found())) == []


def test_every_limit_is_tried() -> None:
    assert set(CASES) == {limit.rule for limit in LIMITS} | {row[0] for row in STACK}


@pytest.mark.parametrize("rule", CASES)
def test_what_does_not_fit_is_refused_by_name_and_what_just_fits_is_not(rule: str) -> None:
    fits, breaks = CASES[rule]
    assert [str(finding) for finding in found(fits) if finding.rule == rule] == []
    broken = [finding for finding in found(breaks) if finding.rule == rule]
    assert broken
    for finding in broken:
        assert finding.resource or finding.template
        assert finding.what.endswith(".")
        assert finding.advice.endswith(".")


def test_a_finding_says_where_what_and_what_next() -> None:
    (finding,) = found(put(f"{TOOLS}.0.InputSchema.Type", "string"))
    assert str(finding) == (
        "First Properties.TargetConfiguration.Mcp.Lambda.ToolSchema.InlinePayload[0].InputSchema: has the type "
        "'string' at its top. A tool's arguments are an object. Declare the tool's inputs as properties of an "
        "object. [tool-schema-object]"
    )


def test_targets_in_another_stack_than_their_gateway_are_counted_too() -> None:
    """Large systems are split: an import is followed to what it names."""
    imported = {"Fn::ImportValue": "library-dev-gateway:Id"}

    def export(template: dict[str, Any]) -> None:
        value = {"Fn::GetAtt": ["Gateway", "GatewayIdentifier"]}
        template["Outputs"] = {"Id": {"Value": value, "Export": {"Name": "library-dev-gateway:Id"}}}

    elsewhere = target("catalog")
    elsewhere["Properties"]["GatewayIdentifier"] = imported
    findings = found(export, **{"more.template.json": {"Resources": {"Third": elsewhere}}})
    assert [finding.rule for finding in findings] == ["target-unique", "target-unique"]


def pinned(*names: str) -> dict[str, Any]:
    text = json.dumps({"tools": [{"name": name} for name in names]})
    return {"McpServer": {"Endpoint": "https://x", "McpToolSchema": {"InlinePayload": text}}}


def overridden(*names: str) -> dict[str, Any]:
    tools = {"ToolOverrides": [{"Name": name, "Method": "GET", "Path": "/"} for name in names]}
    return {"ApiGateway": {"ApiGatewayToolConfiguration": tools}}


@pytest.mark.parametrize("kind", [pinned, overridden])
def test_tools_of_another_kind_are_held_to_no_limit(kind: Callable[..., dict[str, Any]]) -> None:
    place = "First.TargetConfiguration.Mcp"
    room = 64 - len("catalog___")
    assert found(put(place, kind("a" * room, "b"))) == []
    assert {finding.rule for finding in found(put(place, kind("a" * (room + 1))))} == {"tool-full-name"}
    assert {finding.rule for finding in found(put(place, kind("a", "a")))} == {"tool-unique"}


def test_a_pinned_list_may_have_any_size() -> None:
    large = {"McpServer": {"McpToolSchema": {"InlinePayload": json.dumps({"x": "a" * 1_048_576})}}}
    rules = {finding.rule for finding in found(put("First.TargetConfiguration.Mcp", large))}
    assert "tool-schema-size" in rules


def test_what_aws_fills_in_is_counted_as_long_as_it_is_likely_to_be() -> None:
    """A role that names a hundred runtimes is small in the template and too large in the account."""
    arns = [{"Fn::GetAtt": ["Runtime", "AgentRuntimeArn"]} for _ in range(110)]
    assert len(json.dumps(arns, separators=(",", ":"))) < 10_240
    (finding,) = found(put(f"{ROLE_POLICY}.0.Resource", arns))
    assert finding.rule == "role-policies-size"
    assert found(put(f"{ROLE_POLICY}.0.Resource", arns[:90])) == []


def test_a_long_chain_of_targets_does_not_end_the_synth() -> None:
    rules = {finding.rule for finding in found(add(1500, chained))}
    assert rules == {"targets-per-gateway", "stack-resources", "stack-size"}


@pytest.mark.parametrize("kind", QUOTAS)
def test_an_accounts_quota_is_told_and_refuses_nothing(kind: str) -> None:
    most, words = QUOTAS[kind]
    resources = {f"R{number}": {"Type": kind} for number in range(most + 1)}
    (sentence,) = quotas(StageTemplates({PATH: {"Resources": resources}}))
    assert sentence.startswith(f"needs {most + 1} {words}; an account has {most} per region.")
    del resources["R0"]
    assert quotas(StageTemplates({PATH: {"Resources": resources}})) == []
