"""What runtimes, memories, functions and roles take (contracts §11, §5.4; IAM and Lambda quotas)."""

from __future__ import annotations

from stacks.gates.limit import Broken, Limit, between, long, many, per_parent, values
from stacks.gates.templates import StageTemplates, items, mapping

_CORE = "AWS::BedrockAgentCore::"
_RUNTIME = f"{_CORE}Runtime"
_MEMORY = f"{_CORE}Memory"
_FUNCTION = "AWS::Lambda::Function"
_ROLE = "AWS::IAM::Role"

MAX_INLINE = 10_240
MAX_TRUST = 2048
MAX_VARIABLES = 4096


def _lifetimes(stage: StageTemplates) -> Broken:
    for runtime in stage.resources(_RUNTIME):
        idle, life = (
            runtime.get(f"LifecycleConfiguration.{key}")
            for key in ("IdleRuntimeSessionTimeout", "MaxLifetime")
        )
        if isinstance(idle, int | float) and isinstance(life, int | float) and idle > life:
            yield runtime, "LifecycleConfiguration", f"waits {idle} idle seconds in a life of {life}."


def _namespaces(stage: StageTemplates) -> Broken:
    for memory in stage.resources(_MEMORY):
        for _, strategy in values(memory, "MemoryStrategies[]"):
            for kind, settings in mapping(strategy).items():
                for key in ("Namespaces", "NamespaceTemplates"):
                    for namespace in items(mapping(settings).get(key)):
                        text = memory.text(namespace)
                        if not text.endswith("/"):
                            yield memory, f"MemoryStrategies {kind}.{key}", f"holds {text!r}."


def _inline(stage: StageTemplates) -> Broken:
    """IAM counts no white space. An ARN that AWS makes counts as long as it is likely to be."""
    for role in stage.resources(_ROLE):
        documents = (mapping(policy).get("PolicyDocument") for _, policy in values(role, "Policies[]"))
        size = sum(map(role.size, documents))
        if size > MAX_INLINE:
            yield role, "Policies", f"has {size} characters."


def _trust(stage: StageTemplates) -> Broken:
    for role in stage.resources(_ROLE):
        size = role.size(role.get("AssumeRolePolicyDocument"))
        if size > MAX_TRUST:
            yield role, "AssumeRolePolicyDocument", f"has {size} characters."


def _variables(stage: StageTemplates) -> Broken:
    for function in stage.resources(_FUNCTION):
        variables = mapping(function.get("Environment.Variables"))
        size = sum(len(key) + len(function.text(value)) for key, value in variables.items())
        if size > MAX_VARIABLES:
            yield function, "Environment.Variables", f"has {size} characters."


RUNTIME: tuple[Limit, ...] = (
    many(
        "runtime-headers",
        "A runtime passes on 20 headers.",
        "Pass on fewer.",
        20,
        (_RUNTIME, "RequestHeaderConfiguration.RequestHeaderAllowlist"),
    ),
    many(
        "runtime-variables",
        "A runtime takes 50 environment variables.",
        "Give some of its delegates to an agent of their own, and delegate to that one.",
        50,
        (_RUNTIME, "EnvironmentVariables"),
    ),
    long(
        "runtime-variable",
        "A runtime takes environment variables of at most 2048 characters.",
        "Shorten the value, or put it where the agent can read it.",
        2048,
        (_RUNTIME, "EnvironmentVariables[]"),
    ),
    per_parent(
        "endpoints-per-runtime",
        "A runtime takes 10 endpoints.",
        "Use fewer endpoints.",
        10,
        f"{_CORE}RuntimeEndpoint",
        "AgentRuntimeId",
    ),
    Limit(
        "runtime-lifetime",
        "A session cannot be idle for longer than it lives.",
        "Set idle_seconds to at most lifetime_seconds in the environment.",
        _lifetimes,
    ),
    many(
        "memory-strategies",
        "A memory takes 6 strategies.",
        "Use fewer.",
        6,
        (_MEMORY, "MemoryStrategies"),
    ),
    between(
        "memory-expiry",
        "A memory keeps events for 7 to 365 days.",
        "Set a number of days between.",
        7,
        365,
        (_MEMORY, "EventExpiryDuration"),
    ),
    Limit(
        "memory-namespace",
        "Without a slash at its end, a namespace also matches every longer name that starts with it.",
        "End the namespace with a slash.",
        _namespaces,
    ),
    Limit(
        "function-variables",
        f"Lambda takes {MAX_VARIABLES} characters of environment variables, names and values together.",
        "Let the function use fewer tables, or shorten their names.",
        _variables,
    ),
    between(
        "function-timeout",
        "A function runs for 1 to 900 seconds.",
        "Set timeout_seconds of its targets to at most 900.",
        1,
        900,
        (_FUNCTION, "Timeout"),
    ),
    Limit(
        "role-policies-size",
        f"IAM takes {MAX_INLINE} characters of a role's inline policies together.",
        "Give some of the agent's delegates to an agent of their own, or let the function serve fewer targets.",
        _inline,
    ),
    Limit(
        "role-trust-size",
        f"IAM takes {MAX_TRUST} characters of a trust policy.",
        "Trust fewer principals.",
        _trust,
    ),
    many(
        "role-managed-policies",
        "A role takes 10 managed policies.",
        "Attach fewer.",
        10,
        (_ROLE, "ManagedPolicyArns"),
    ),
)
