"""Who calls, and what statements allow: a Deny wins, silence denies, and a name cannot be smuggled in."""

from __future__ import annotations

import pytest

from localcloud.signed import allows, caller
from localcloud.spec import Grant

ACTION = "bedrock-agentcore:InvokeAgentRuntime"
ARN = "arn:aws:bedrock-agentcore:r:1:runtime/booking-abc"
SCOPE = f"/20261121/r/bedrock-agentcore/aws4_request, SignedHeaders=host, Signature={'0' * 64}"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (f"AWS4-HMAC-SHA256 Credential=LOCAL.airline_dev_booking{SCOPE}", "airline_dev_booking"),
        (f"AWS4-HMAC-SHA256 Credential=LOCAL.{'a' * 129}{SCOPE}", None),
        (f"AWS4-HMAC-SHA256 Credential=LOCAL.a b{SCOPE}", None),
        (f"AWS4-HMAC-SHA256 Credential=LOCAL.{SCOPE}", None),
        (f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE{SCOPE}", None),
        (f"x AWS4-HMAC-SHA256 Credential=LOCAL.a{SCOPE}", None),
        (f"AWS4-HMAC-SHA256 Credential=LOCAL.a{SCOPE}, Credential=LOCAL.b{SCOPE}", None),
        (f"AWS4-HMAC-SHA256 X=1, Credential=LOCAL.a{SCOPE}", None),
        ("AWS4-HMAC-SHA256 Credential=LOCAL.a/", None),
        ("AWS4-HMAC-SHA256 Credential=LOCAL.a/20261121/r/bedrock-agentcore/aws4_request", None),
        ("Bearer LOCAL.a", None),
        ("", None),
        (None, None),
    ],
)
def test_only_a_key_of_this_platform_names_a_caller(header: str | None, name: str | None) -> None:
    assert caller(header) == name


def grant(effect: str, action: str = ACTION, resource: str = "*") -> Grant:
    return Grant(effect, (action,), (resource,))


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ((), False),
        ((grant("Allow"),), True),
        ((grant("Allow"), grant("Deny")), False),
        ((grant("Deny"), grant("Allow")), False),
        ((grant("Allow"), grant("Deny", resource="arn:other")), True),
        ((grant("Allow", action="bedrock-agentcore:invokeAGENT*"),), True),
        ((grant("Allow", action="bedrock-agentcore:Invoke"),), False),
        ((grant("Allow", action="bedrock-agentcore?InvokeAgentRuntime"),), True),
        ((grant("Allow", action="bedrock-agentcore.InvokeAgentRuntime"),), False),
        ((grant("Allow", resource=ARN[:-1] + "?"),), True),
        ((grant("Allow", resource=ARN + "?"),), False),
        ((grant("Allow", resource=ARN.upper()),), False),
        ((grant("Allow", resource="arn:*:runtime/booking-*"),), True),
        ((grant("Allow", resource=ARN + "\n"),), False),
        ((grant("allow"),), False),
    ],
)
def test_statements_are_read_as_iam_reads_them(grants: tuple[Grant, ...], expected: bool) -> None:
    assert allows(grants, ACTION, ARN) is expected


def test_every_resource_must_be_allowed_and_none_denied() -> None:
    only_one = (grant("Allow", resource=ARN),)
    assert not allows(only_one, ACTION, ARN, "arn:second")
    both = (*only_one, grant("Allow", resource="arn:second"))
    assert allows(both, ACTION, ARN, "arn:second")
    assert not allows((*both, grant("Deny", resource="arn:sec*")), ACTION, ARN, "arn:second")
    assert not allows(both, ACTION)
