"""The policy engine's policies."""

from __future__ import annotations

from collections.abc import Iterator

from review.cedar import validate
from review.compare import Direction, compare
from review.findings import CHECKS, Context, Found, Severity
from review.model import Policy

EVERYTHING = "*"


def _permits(context: Context) -> list[Policy]:
    return [policy for policy in context.model.policies if policy.effect == "permit"]


@CHECKS.check(
    "POL-01",
    Severity.ERROR,
    "Every policy is valid for the tools there are",
    fix="Mend the statement; tool names have three underscores, and arguments the types of their schema.",
    source="AgentCore Developer Guide, policy validation",
    waivable=False,
)
def valid(context: Context) -> Iterator[Found]:
    """Neither CloudFormation nor the construct library reads Cedar: a slip shows at deployment, or never. Found
    by Cedar's own validator, against the schema that the service makes from the gateway's targets."""
    for policy, sentence in validate.findings(context.stage):
        yield Found(
            _name(policy.properties.get("Name")), f"Cedar: {sentence}", policy.place("Properties.Definition")
        )


def _name(name: object) -> str:
    return name if isinstance(name, str) else "policy"


@CHECKS.check(
    "POL-02",
    Severity.ERROR,
    "No permit is for everybody",
    fix='Ask for a badge: `principal.getTag("scope") == "…"`.',
    source="OWASP Agentic ASI03; AgentCore Developer Guide, overly permissive policies",
)
def principals(context: Context) -> Iterator[Found]:
    """A permit without a principal is for whoever the authorizer lets in, today and tomorrow."""
    for policy in _permits(context):
        if EVERYTHING in policy.principals:
            yield Found(policy.name, f"policy {policy.name} permits whoever calls", policy.place)


@CHECKS.check(
    "POL-03",
    Severity.ERROR,
    "No permit is for every tool",
    fix="List the actions.",
    source="OWASP Agentic ASI02",
)
def actions(context: Context) -> Iterator[Found]:
    """It permits tools that do not exist yet, which nobody has looked at."""
    for policy in _permits(context):
        wide = [action for action in policy.actions if action in (EVERYTHING, "CallTool")]
        if wide:
            yield Found(policy.name, f"policy {policy.name} permits every tool", policy.place)


@CHECKS.check(
    "POL-04",
    Severity.WARNING,
    "Permits name one gateway",
    fix='Write `resource == AgentCore::Gateway::"<ARN>"`.',
    source="AgentCore Developer Guide, policy schema constraints",
)
def resources(context: Context) -> Iterator[Found]:
    """An engine may serve several gateways: a permit for any gateway is one for those to come."""
    for policy in _permits(context):
        if policy.resource in (EVERYTHING, "AgentCore::Gateway"):
            yield Found(policy.name, f"policy {policy.name} is for any gateway", policy.place)


@CHECKS.check(
    "POL-05",
    Severity.ERROR,
    "Policies are validated when they are made",
    fix="Set ValidationMode to FAIL_ON_ANY_FINDINGS. Kill switches need the other; mark them as such.",
    source="AgentCore Developer Guide, policy validation",
)
def validation(context: Context) -> Iterator[Found]:
    """IGNORE_ALL_FINDINGS is what a permit for everybody needs to be created. A kill switch needs it too: that it
    refuses everything it is about is a finding of the service's, and its purpose."""
    for policy in context.model.policies:
        switch = policy.switch is not None and policy.effect == "forbid"
        if policy.validation != "FAIL_ON_ANY_FINDINGS" and not switch:
            yield Found(
                policy.name, f"policy {policy.name} is created with {policy.validation}", policy.place
            )


@CHECKS.check(
    "POL-06",
    Severity.ERROR,
    "Policies are in force",
    fix="Set EnforcementMode to ACTIVE. Kill switches wait in LOG_ONLY; mark them as such.",
    source="AgentCore Developer Guide, test a policy",
)
def in_force(context: Context) -> Iterator[Found]:
    """A `forbid` in LOG_ONLY forbids nothing, anywhere; a permit in LOG_ONLY is a grant that is only said."""
    for policy in context.model.policies:
        waits = policy.enforcement != "ACTIVE" and policy.switch is None
        if waits and (policy.effect == "forbid" or context.production):
            yield Found(
                policy.name, f"the {policy.effect} {policy.name} is in {policy.enforcement}", policy.place
            )


@CHECKS.check(
    "POL-07",
    Severity.ERROR,
    "No forbid can be skipped because it errs",
    fix="Test each optional argument with `has`, and each tag with `hasTag`, before it is read.",
    source="Cedar Policy Language Reference, evaluation: policies that err are skipped",
    waivable=False,
)
def guarded(context: Context) -> Iterator[Found]:
    """Cedar skips a policy that errs. A forbid that reads an argument which the caller left out forbids nothing."""
    for policy, sentence in validate.guards(context.stage):
        yield Found(_name(policy.properties.get("Name")), sentence, policy.place("Properties.Definition"))


@CHECKS.check(
    "POL-08",
    Severity.WARNING,
    "Every policy has an effect",
    fix="Remove the policy, or what makes it void.",
    source="AgentCore Developer Guide, policy analysis",
)
def effective(context: Context) -> Iterator[Found]:
    """A permit that a forbid always overrules, and a policy about no tool of its gateway, say something that does
    not hold: the next reader believes it."""
    tools = {tool.name for tool in context.model.tools}
    groups = {tool.target for tool in context.model.tools} | {EVERYTHING, "CallTool"}
    stops = [
        each for each in context.model.policies if each.effect == "forbid" and each.enforcement == "ACTIVE"
    ]
    for policy in context.model.policies:
        if not any(action in tools | groups for action in policy.actions):
            yield Found(policy.name, f"policy {policy.name} is about no tool that is there", policy.place)
        for stop in stops if policy.effect == "permit" else ():
            whoever = EVERYTHING in stop.principals or set(policy.principals) <= set(stop.principals)
            whatever = bool({EVERYTHING, "CallTool"} & set(stop.actions)) or set(policy.actions) <= set(
                stop.actions
            )
            if whoever and whatever and not stop.conditions and not stop.switch:
                yield Found(
                    policy.name, f"policy {policy.name} is always overruled by {stop.name}", policy.place
                )


@CHECKS.check(
    "POL-09",
    Severity.ERROR,
    "No cell of the matrix widens without approval",
    fix="Have the change approved, and write it down with `./airside lock`.",
    source="AGENTSEC03-BP04",
    waivable=False,
)
def approved(context: Context) -> Iterator[Found]:
    """Only where a lock is held against the stage (`review --frozen`)."""
    for change in compare(context.approved, context.model) if context.approved else ():
        if change.kind in ("cell", "layer") and change.widens:
            yield Found(change.subject, change.sentence, change.place)


@CHECKS.check(
    "POL-10",
    Severity.WARNING,
    "No condition on a grant becomes wider",
    fix="Have the change approved, and write it down with `./airside lock`.",
    source="Cedar analysis: residual conditions, new within old",
)
def narrower(context: Context) -> Iterator[Found]:
    """Compared by meaning for bounds, lists and sets of conditions; what cannot be compared counts as wider."""
    for change in compare(context.approved, context.model) if context.approved else ():
        if change.kind == "conditions" and change.direction is not Direction.NARROWING:
            yield Found(change.subject, change.sentence, change.place)
