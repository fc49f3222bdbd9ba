"""Gateways."""

from __future__ import annotations

from collections.abc import Iterator

from review.findings import CHECKS, Context, Found, Severity


@CHECKS.check(
    "GWY-01",
    Severity.ERROR,
    "A gateway asks who is calling",
    fix="Set AuthorizerType to CUSTOM_JWT or AWS_IAM.",
    source="Security Hub BedrockAgentCore.2; OWASP MCP07",
    waivable=False,
)
def authorizer(context: Context) -> Iterator[Found]:
    """With NONE, everybody on the internet may call every tool that the other layers do not stop."""
    for gateway in context.model.gateways:
        if gateway.authorizer.type == "NONE":
            yield Found(gateway.id, f"gateway {gateway.id} asks nobody who they are", gateway.place)


@CHECKS.check(
    "GWY-02",
    Severity.ERROR,
    "A gateway has a policy engine",
    fix="Attach a policy engine with permits for each agent.",
    source="AGENTSEC02; AgentCore Developer Guide, policy",
)
def engine(context: Context) -> Iterator[Found]:
    """The interceptor alone is one wall, and one that is code."""
    for gateway in context.model.gateways:
        if gateway.engine is None:
            yield Found(gateway.id, f"gateway {gateway.id} has no policy engine", gateway.place)


@CHECKS.check(
    "GWY-03",
    Severity.ERROR,
    "The policy engine enforces",
    fix="Set the mode to ENFORCE; use shadow grants to try a change.",
    source="AgentCore Developer Guide, policy enforcement modes",
)
def enforces(context: Context) -> Iterator[Found]:
    """In LOG_ONLY the engine writes down what it would have refused, and lets it through."""
    for gateway in context.model.gateways:
        if context.production and gateway.engine is not None and gateway.engine_mode != "ENFORCE":
            mode = gateway.engine_mode or "no mode"
            yield Found(gateway.id, f"the policy engine of {gateway.id} is in {mode}", gateway.place)


@CHECKS.check(
    "GWY-04",
    Severity.WARNING,
    "Callers do not see errors from inside of targets",
    fix="Leave ExceptionLevel out in production.",
    source="AGENTSEC02",
)
def exceptions(context: Context) -> Iterator[Found]:
    """Stack traces tell an attacker what to try next, and carry data."""
    for gateway in context.model.gateways:
        if context.production and gateway.exception_level == "DEBUG":
            yield Found(
                gateway.id, f"gateway {gateway.id} shows callers the errors of targets", gateway.place
            )


@CHECKS.check(
    "GWY-05",
    Severity.WARNING,
    "A web ACL that cannot be asked stops the request",
    fix="Set WafConfiguration.FailureMode to FAIL_CLOSE.",
    source="AgentCore API reference, WafConfiguration",
)
def waf(context: Context) -> Iterator[Found]:
    """A filter that opens when it fails is opened by making it fail."""
    for gateway in context.model.gateways:
        if gateway.waf and gateway.waf_failure_mode != "FAIL_CLOSE":
            yield Found(gateway.id, f"the web ACL of {gateway.id} fails open", gateway.place)


@CHECKS.check(
    "GWY-06",
    Severity.NOTE,
    "Callers are limited in rate",
    fix="Give the gateway rate limits; here, `requests_per_minute` of agents and `calls_per_minute` of tools.",
    source="AGENTSEC02; OWASP Agentic ASI08; OWASP LLM10",
)
def rates(context: Context) -> Iterator[Found]:
    """An agent in a loop is a denial of service that you pay for."""
    for gateway in context.model.gateways:
        if not gateway.rate_limits:
            yield Found(gateway.id, f"gateway {gateway.id} has no rate limit", gateway.place)


@CHECKS.check(
    "GWY-07",
    Severity.ERROR,
    "A resource policy names whom it lets in",
    fix="Name principals, or add a condition.",
    source="AgentCore Developer Guide, resource-based policies",
)
def resource_policy(context: Context) -> Iterator[Found]:
    """A resource policy with a star opens the gateway to every account."""
    for gateway in context.model.gateways:
        policy = (gateway.resource_policy or "").replace(" ", "")
        stars = ('"Principal":"*"', '"AWS":"*"', '\\"Principal\\":\\"*\\"', '\\"AWS\\":\\"*\\"')
        if any(star in policy for star in stars) and "Condition" not in policy:
            yield Found(gateway.id, f"the resource policy of {gateway.id} lets everybody in", gateway.place)


@CHECKS.check(
    "GWY-08",
    Severity.WARNING,
    "What handles personal data is encrypted with a key of yours",
    fix="Give it a key of yours (`KmsKeyArn`); here, `kms: true` for the environment.",
    source="AWS Config bedrock-agentcore-memory-encryption-enabled",
)
def keys(context: Context) -> Iterator[Found]:
    """With a key of yours, you decide who can read, and can stop it."""
    if not context.production:
        return
    for gateway in context.model.gateways:
        personal = any(tool.data == "personal" and tool.gateway == gateway.id for tool in context.model.tools)
        if personal and gateway.kms_key is None:
            yield Found(
                gateway.id,
                f"gateway {gateway.id} handles personal data without a key of yours",
                gateway.place,
            )
