"""Where data may flow, and which ways lead around the gateway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from review.checks.exposure import exposure, tools_of
from review.effect import Effect
from review.findings import CHECKS, Context, Found, Severity
from review.iam.patterns import actions_overlap
from review.model import Runtime, Statement
from review.stage import Place

_GUARDS = (
    "bedrock-agentcore:UpdateGateway",
    "bedrock-agentcore:UpdateGatewayTarget",
    "bedrock-agentcore:CreateGatewayTarget",
    "bedrock-agentcore:DeleteGateway",
    "bedrock-agentcore:CreatePolicy",
    "bedrock-agentcore:UpdatePolicy",
    "bedrock-agentcore:DeletePolicy",
    "bedrock-agentcore:UpdatePolicyEngine",
    "bedrock-agentcore:DeletePolicyEngine",
    "bedrock-agentcore:UpdateAgentRuntime",
    "bedrock-agentcore:UpdateOauth2CredentialProvider",
    "cognito-idp:CreateUserPoolClient",
    "cognito-idp:UpdateUserPoolClient",
    "cognito-idp:AddUserPoolClientSecret",
    "cognito-idp:DeleteUserPoolClientSecret",
    "cognito-idp:DescribeUserPoolClient",
    "cognito-idp:UpdateUserPool",
    "cognito-idp:CreateResourceServer",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:CreatePolicyVersion",
    "iam:PassRole",
    "iam:DeleteRolePermissionsBoundary",
)
_BYPASS = {
    "AWS::Lambda::Function": ("Arn", ("lambda:InvokeFunction", "lambda:InvokeFunctionUrl")),
    "AWS::DynamoDB::Table": (
        "Arn",
        ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:Scan"),
    ),
    "AWS::DynamoDB::GlobalTable": ("Arn", ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem")),
    "AWS::SecretsManager::Secret": ("", ("secretsmanager:GetSecretValue",)),
}
"""What stands behind the gateway: type, attribute that names it, and the ways to reach it directly."""
_SERVICE_ONLY = "Bool:aws:ViaAWSService=true"


@CHECKS.check(
    "FLW-01",
    Severity.ERROR,
    "No agent joins private data, text of others and a way out",
    fix="Split the agent, bind the outward tool's arguments, or accept it with a reason.",
    source="OWASP Agentic ASI01; the lethal trifecta",
)
def trifecta(context: Context) -> Iterator[Found]:
    """A tool with external egress does both: its answer is text that others wrote, and its arguments leave the
    account. So does a browser. With personal data beside it, or a memory, an instruction hidden in an answer can
    send that data away."""
    for agent in context.model.subjects:
        found = exposure(context, [agent])
        if found:
            private, outward = found
            message = f"{agent} reads {private} (personal) and may send to {outward} (external)"
            yield Found(agent, message, _place(context, agent))


@CHECKS.check(
    "FLW-02",
    Severity.ERROR,
    "No chain of agents joins private data, text of others and a way out",
    fix="Cut the delegation, or accept it with a reason.",
    source="OWASP Agentic ASI07; AGENTSEC06",
)
def trifecta_by_delegation(context: Context) -> Iterator[Found]:
    """The same over the graph of who may invoke whom: what one may not do alone it may ask another to do."""
    graph = context.model.delegation()
    for agent in context.model.subjects:
        if exposure(context, [agent]):
            continue
        found = exposure(context, sorted(reachable(graph, agent)))
        if found:
            private, outward = found
            message = f"{agent} reaches {private} (personal) and {outward} (external) through others"
            yield Found(agent, message, _place(context, agent))


def reachable(graph: Mapping[str, tuple[str, ...]], agent: str) -> set[str]:
    """An agent and all that it may invoke, directly or not."""
    found, open_ = {agent}, [agent]
    while open_:
        for other in graph.get(open_.pop(), ()):
            if other not in found:
                found.add(other)
                open_.append(other)
    return found


def _place(context: Context, agent: str) -> Place:
    runtime = context.model.runtime_of(agent)
    client = next((each for each in context.model.clients if each.agent == agent), None)
    return runtime.place if runtime else client.place if client else context.model.gateways[0].place


@CHECKS.check(
    "FLW-03",
    Severity.WARNING,
    "What cannot be undone needs a condition",
    fix="Bind or bound an argument of the tool, or have a person approve.",
    source="Agentic AI Security Scoping Matrix, scope 2; AGENTSEC07; OWASP Agentic ASI09",
)
def irreversible(context: Context) -> Iterator[Found]:
    """An agent that may do it always may do it by mistake."""
    last = {tool.name for tool in context.model.tools if tool.effect == "irreversible"}
    for cell in context.model.matrix:
        if cell.tool in last and cell.effect is Effect.ALLOW:
            message = f"{cell.subject} may call {cell.tool}, which cannot be undone, without any condition"
            yield Found(f"{cell.subject} {cell.tool}", message, cell.policy.place)


@CHECKS.check(
    "FLW-04",
    Severity.WARNING,
    "What runs by itself does nothing that cannot be undone",
    fix="Take the tool from the agent, or the schedule.",
    source="Agentic AI Security Scoping Matrix, scopes 3 and 4",
)
def autonomous(context: Context) -> Iterator[Found]:
    """Nobody watches an agent that a schedule or an event starts."""
    starters = context.stage.of_type("AWS::Events::Rule", "AWS::Scheduler::Schedule", "AWS::Pipes::Pipe")
    for starter in starters:
        for resource in context.stage.mentioned(starter.properties):
            agent = resource.notes.get("Agent")
            if resource.type != "AWS::BedrockAgentCore::Runtime" or not isinstance(agent, str):
                continue
            graph = context.model.delegation()
            for tool in (tool for each in reachable(graph, agent) for tool in tools_of(context, each)):
                if tool.effect == "irreversible":
                    message = f"{agent} is started by itself and may call {tool.name}, which cannot be undone"
                    yield Found(agent, message, starter.place())


@CHECKS.check(
    "FLW-05",
    Severity.ERROR,
    "The gateway is the only way to the tools",
    fix="Remove the grant from the agent's role; call the tool through the gateway.",
    source="OWASP Agentic ASI02, ASI03",
)
def bypass(context: Context) -> Iterator[Found]:
    """An agent whose role may invoke the function, or read the table, needs no permission of anybody. The secret of
    its own client is no such way, if only a service may read it for the agent."""
    behind = [
        (_named(context, resource.reference), attribute, actions)
        for type_, (attribute, actions) in _BYPASS.items()
        for resource in context.stage.of_type(type_)
    ]
    for runtime in context.model.runtimes:
        # Where agents are noted, a runtime without a note is a tool's own.
        agent = runtime.agent or (None if context.model.agents else runtime.id)
        if runtime.role is None or agent is None:
            continue
        for name, attribute, actions in behind:
            reference = "${" + name + (f".{attribute}" if attribute else "") + "}"
            open_ = [each for each in actions if _may(context.iam.can(runtime.role, each, reference))]
            if open_ and not _for_identity_only(context, runtime, open_, reference):
                kind, _, called = name.partition(":")
                message = f"{agent} may reach {kind} {called} around the gateway ({', '.join(open_)})"
                yield Found(f"{agent} {name}", message, runtime.place)


def _may(effect: Effect) -> bool:
    return effect is not Effect.DENY


def _for_identity_only(context: Context, runtime: Runtime, actions: list[str], secret: str) -> bool:
    """Whether a resource is the secret an agent's own credential provider reads, and the role allows these actions on
    anything only to a service that acts for it: AgentCore Identity can read it then, and the agent cannot."""
    own = any(
        provider.agent == runtime.agent and f'"{secret}"' in provider.secret
        for provider in context.model.providers
    )
    role = next(role for role in context.model.roles if role.id == runtime.role)
    return (
        own
        and not role.managed
        and all(
            _SERVICE_ONLY in statement.conditions
            for statement in role.statements
            if statement.effect == "Allow"
            and (
                statement.not_actions
                or any(actions_overlap(one, other) for one in statement.actions for other in actions)
            )
        )
    )


def _named(context: Context, reference: str) -> str:
    return str(context.names.text(reference))[2:-1]


@CHECKS.check(
    "FLW-06",
    Severity.ERROR,
    "No agent can change its own guard",
    fix="Remove the action from the role; guards are changed by deployments only.",
    source="OWASP Agentic ASI10; AgentCore Developer Guide, policy enforcement modes",
    waivable=False,
)
def guards(context: Context) -> Iterator[Found]:
    """An agent that may update the gateway, a policy, a client or a function's code grants itself whatever it
    likes. The same holds for the functions behind the gateway, the interceptor first of all."""
    for role in context.model.roles:
        if not role.serves:
            continue
        for statement in role.statements:
            found = _changed(statement)
            if statement.effect == "Allow" and found and not _denied(role.statements, found):
                message = f"{role.serves[0]} may change its guard: {', '.join(found[:3])}"
                yield Found(role.id, message, statement.place)


def _changed(statement: Statement) -> list[str]:
    if statement.not_actions:
        return [
            each
            for each in _GUARDS
            if not any(actions_overlap(action, each) for action in statement.not_actions)
        ]
    passes = [each for each in _GUARDS if any(actions_overlap(action, each) for action in statement.actions)]
    conditioned = any("iam:PassedToService" in condition for condition in statement.conditions)
    return [each for each in passes if not (each == "iam:PassRole" and conditioned)]


def _denied(statements: tuple[Statement, ...], actions: list[str]) -> bool:
    denials = [
        each for each in statements if each.effect == "Deny" and not each.conditions and "*" in each.resources
    ]
    return all(
        any(actions_overlap(one, action) for each in denials for one in each.actions) for action in actions
    )


@CHECKS.check(
    "FLW-07",
    Severity.ERROR,
    "Who may invoke an agent is named",
    fix="Name the runtimes that an agent delegates to, and their endpoints.",
    source="OWASP Agentic ASI07",
)
def invocations(context: Context) -> Iterator[Found]:
    """A role that may invoke any runtime may give any agent any order."""
    for role in context.model.roles:
        for statement in role.statements:
            if statement.effect != "Allow":
                continue
            invoking = any(
                actions_overlap(each, "bedrock-agentcore:InvokeAgentRuntime") for each in statement.actions
            )
            wide = [each for each in statement.resources if each == "*" or each.endswith(("runtime/*", ":*"))]
            if invoking and (wide or statement.not_resources):
                resource = wide[0] if wide else "everything but some"
                yield Found(role.id, f"role {role.id} may invoke any agent ({resource})", statement.place)
