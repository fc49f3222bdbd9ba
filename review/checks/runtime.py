"""Runtimes: network, artifacts, sessions; and what an operator needs on a bad day."""

from __future__ import annotations

from collections.abc import Iterator

from review import words
from review.findings import CHECKS, Context, Found, Severity

_TOOLS = ("AWS::BedrockAgentCore::CodeInterpreterCustom", "AWS::BedrockAgentCore::BrowserCustom")
_DAY = 8 * 3600


@CHECKS.check(
    "NET-01",
    Severity.WARNING,
    "Runtimes in production are in a VPC",
    fix="Put the runtime into a VPC; here, `network: {mode: vpc, …}` for the environment.",
    source="Security Hub BedrockAgentCore.1",
)
def private(context: Context) -> Iterator[Found]:
    """A runtime in PUBLIC mode may open a connection to anywhere."""
    for runtime in context.model.runtimes:
        if context.production and runtime.network.startswith("PUBLIC"):
            yield Found(runtime.id, f"runtime {runtime.id} is in PUBLIC mode", runtime.place)


@CHECKS.check(
    "NET-02",
    Severity.NOTE,
    "Security groups let out what is needed",
    fix="Name the destinations: VPC endpoints, or a proxy.",
    source="AWS Prescriptive Guidance, generative AI security",
)
def egress(context: Context) -> Iterator[Found]:
    """A group that lets everything out is no wall for data."""
    for group in context.stage.of_type("AWS::EC2::SecurityGroup"):
        if "0.0.0.0/0" in str(group.properties.get("SecurityGroupEgress")):
            name = context.names.of(group)
            yield Found(name, f"{words.resource(name)} lets everything out", group.place())


@CHECKS.check(
    "RUN-01",
    Severity.ERROR,
    "What runs is what was reviewed",
    fix="Use an asset of the assembly, or an image by its digest.",
    source="OWASP Agentic ASI04",
)
def pinned(context: Context) -> Iterator[Found]:
    """A tag such as latest names whatever is pushed next."""
    for runtime in context.model.runtimes:
        if (
            runtime.artifact != "asset"
            and "@sha256:" not in runtime.artifact
            and "VersionId" not in runtime.artifact
        ):
            yield Found(
                runtime.id, f"runtime {runtime.id} runs what may change without a deployment", runtime.place
            )


@CHECKS.check(
    "RUN-02",
    Severity.NOTE,
    "Sessions end",
    fix="Set idle and longest lifetimes.",
    source="OWASP Agentic ASI10",
)
def bounded(context: Context) -> Iterator[Found]:
    """A session is memory and credentials of somebody's conversation."""
    for runtime in context.model.runtimes:
        if runtime.life_seconds is None or runtime.life_seconds > _DAY:
            yield Found(runtime.id, f"runtime {runtime.id} has sessions of more than 8 hours", runtime.place)


@CHECKS.check(
    "RUN-03",
    Severity.WARNING,
    "A runtime that takes tokens says whose",
    fix="List AllowedClients or AllowedAudience of the authorizer.",
    source="OWASP MCP07",
)
def inbound(context: Context) -> Iterator[Found]:
    """An issuer alone is every application that signs in there."""
    for runtime in context.model.runtimes:
        given = runtime.authorizer
        if given and not (given.clients or given.audience or given.claims):
            yield Found(runtime.id, f"runtime {runtime.id} takes any token of its issuer", runtime.place)


@CHECKS.check(
    "RUN-04",
    Severity.WARNING,
    "Code and browsers run in a box",
    fix="Use SANDBOX or VPC mode, and record browser sessions.",
    source="OWASP Agentic ASI05",
)
def boxed(context: Context) -> Iterator[Found]:
    """Code that a model wrote, with the internet, is whoever wrote the prompt's."""
    for tool in context.stage.of_type(*_TOOLS):
        network = tool.properties.get("NetworkConfiguration")
        mode = network.get("NetworkMode") if isinstance(network, dict) else None
        name = context.names.of(tool)
        if mode not in ("SANDBOX", "VPC"):
            yield Found(name, f"{words.resource(name)} is in {mode or 'PUBLIC'} mode", tool.place())


@CHECKS.check(
    "OPS-01",
    Severity.WARNING,
    "Every agent can be switched off",
    fix="Render a kill switch for each agent.",
    source="AGENTSEC07; OWASP Agentic ASI10",
)
def switches(context: Context) -> Iterator[Found]:
    """On a bad day a deployment is too slow."""
    switched = {policy.switch for policy in context.model.policies if policy.switch}
    for client in context.model.clients:
        if client.agent and context.model.policies and f"agent:{client.agent}" not in switched:
            yield Found(client.agent, f"agent {client.agent} has no kill switch", client.place)


@CHECKS.check(
    "OPS-02",
    Severity.WARNING,
    "Stacks with state cannot be removed by mistake",
    fix="Protect the stack against termination; here, `retain_data: true` for the environment.",
    source="AWS CDK Developer Guide, termination protection",
)
def protected(context: Context) -> Iterator[Found]:
    """In production, for stacks that hold tables, pools, buckets or memories."""
    stateful = (
        "AWS::DynamoDB::",
        "AWS::Cognito::UserPool",
        "AWS::S3::Bucket",
        "AWS::BedrockAgentCore::Memory",
    )
    for stack in context.stage.stacks if context.production else ():
        held = [each for each in stack.resources.values() if each.type.startswith(stateful)]
        if held and not stack.termination_protection:
            yield Found(
                stack.name, f"stack {stack.name} has state and no termination protection", held[0].place()
            )
