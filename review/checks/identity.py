"""Who the callers are: clients, pools, and what agents may ask AgentCore Identity for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from review.effect import Effect
from review.findings import CHECKS, Context, Found, Severity
from review.iam.patterns import actions_overlap
from review.model import Client

_MACHINE = ("client_credentials",)
_WORKLOAD = ("GetWorkloadAccessToken", "GetWorkloadAccessTokenForJWT", "GetWorkloadAccessTokenForUserId")


@CHECKS.check(
    "IDN-01",
    Severity.ERROR,
    "Every agent has an app client of its own",
    fix="Give each agent its own app client; never let two agents, or two credential providers, share one.",
    source="OWASP Agentic ASI03; AGENTSEC03-BP01",
)
def own_client(context: Context) -> Iterator[Found]:
    """Two agents behind one client are one principal: what one is granted the other has, and no log tells them
    apart. Found from the clients' notes and from which client each agent's credential provider uses."""
    model = context.model
    by_agent = Counter(client.agent for client in model.clients if client.agent)
    for client in model.clients:
        if client.agent and by_agent[client.agent] > 1:
            yield Found(
                client.id, f"agent {client.agent} has {by_agent[client.agent]} app clients", client.place
            )
    users: dict[str, list[str]] = {}
    for provider in model.providers:
        if provider.agent and provider.secret.startswith("client:"):
            users.setdefault(provider.secret.removeprefix("client:"), []).append(provider.agent)
    for client in model.clients:
        others = sorted({*users.get(client.id, ())} - {client.agent})
        if others:
            yield Found(client.id, f"client {client.id} also serves {', '.join(others)}", client.place)
    with_client = {client.agent for client in model.clients}
    for runtime in model.runtimes:
        if runtime.agent and model.clients and runtime.agent not in with_client:
            yield Found(runtime.id, f"agent {runtime.agent} has no app client of its own", runtime.place)


@CHECKS.check(
    "IDN-02",
    Severity.ERROR,
    "Every runtime has an execution role of its own",
    fix="Give each runtime its own role, with what that agent needs.",
    source="OWASP Agentic ASI03; AGENTSEC03-BP03; Agentic AI Security Scoping Matrix",
)
def own_role(context: Context) -> Iterator[Found]:
    """A shared role gives each agent what any of them needs, and makes their calls one in CloudTrail."""
    for role in context.model.roles:
        served = [each for each in role.serves if each.startswith("runtime:")]
        if len(served) > 1 or (served and len(role.serves) > 1):
            yield Found(role.id, f"role {role.id} serves {', '.join(role.serves)}", role.place)


@CHECKS.check(
    "IDN-03",
    Severity.ERROR,
    "A gateway takes tokens of this platform's agents only",
    fix="List the agents' clients in AllowedClients, and no others.",
    source="OWASP MCP07; AgentCore Developer Guide, inbound authorization",
)
def allowed_clients(context: Context) -> Iterator[Found]:
    """Without AllowedClients any client of the pool may knock, people's among them; a client that is bound to no
    agent has no grants that anybody reviews. Where the assembly says nothing of agents, a machine's client counts."""
    noted = any(client.agent for client in context.model.clients)
    agents = {
        client.id for client in context.model.clients if client.agent or (not noted and _is_machine(client))
    }
    for gateway in context.model.gateways:
        if gateway.authorizer.type != "CUSTOM_JWT":
            continue
        if not gateway.authorizer.clients:
            yield Found(gateway.id, f"gateway {gateway.id} has no AllowedClients", gateway.place)
        for client in sorted({*gateway.authorizer.clients} - agents):
            yield Found(
                gateway.id, f"gateway {gateway.id} takes {client}, which is no agent's client", gateway.place
            )


def _is_machine(client: Client) -> bool:
    return "client_credentials" in client.flows


@CHECKS.check(
    "IDN-04",
    Severity.ERROR,
    "Every principal a policy names exists",
    fix="Remove the policy, or name a badge that a client of the stage may obtain.",
    source="OWASP MCP02; AGENTSEC03-BP04",
)
def known_principals(context: Context) -> Iterator[Found]:
    """A grant to nobody is a grant to whoever gets that name next."""
    scopes = {scope for client in context.model.clients for scope in client.scopes}
    ids = {f"${{client:{client.id}}}" for client in context.model.clients}
    for policy in context.model.policies:
        for principal in policy.principals:
            if principal not in scopes | ids | {"*"}:
                yield Found(
                    policy.name, f"policy {policy.name} is about {principal}, whom nobody is", policy.place
                )


@CHECKS.check(
    "IDN-05",
    Severity.ERROR,
    "Agents' clients use client credentials only",
    fix='Set AllowedOAuthFlows to ["client_credentials"] and generate a secret.',
    source="AGENTSEC03-BP02; Amazon Cognito Developer Guide, machine-to-machine authorization",
)
def machine_flows(context: Context) -> Iterator[Found]:
    """A user flow on an agent's client lets a person, or a page, speak as the agent."""
    for client in context.model.callers:
        owner = f" of agent {client.agent}" if client.agent else ""
        passwords = [
            flow for flow in client.explicit_flows if "PASSWORD" in flow or "SRP" in flow or "CUSTOM" in flow
        ]
        if client.flows != _MACHINE or passwords:
            flows = ", ".join((*client.flows, *passwords)) or "none"
            yield Found(client.id, f"client {client.id}{owner} uses the flows {flows}", client.place)
        if client.flows == _MACHINE and not client.has_secret:
            yield Found(client.id, f"client {client.id}{owner} has no secret", client.place)


@CHECKS.check(
    "IDN-06",
    Severity.ERROR,
    "Tokens come from this platform's own issuer",
    fix="Point DiscoveryUrl at a user pool of the stage, over https.",
    source="OWASP MCP07",
)
def own_issuer(context: Context) -> Iterator[Found]:
    """Who signs tokens decides who everybody is."""
    gateways = [(gateway.id, gateway.authorizer, gateway.place) for gateway in context.model.gateways]
    runtimes = [(each.id, each.authorizer, each.place) for each in context.model.runtimes if each.authorizer]
    for name, authorizer, place in (*gateways, *runtimes):
        if (
            authorizer
            and authorizer.type == "CUSTOM_JWT"
            and not (authorizer.discovery or "").startswith("pool:")
        ):
            yield Found(name, f"{name} trusts tokens of {authorizer.discovery}, no pool of this stage", place)


@CHECKS.check(
    "IDN-07",
    Severity.WARNING,
    "No role may get the workload token of another agent",
    fix="Name the one workload identity, and deny GetWorkloadAccessTokenForUserId where no user is impersonated.",
    source="AgentCore Developer Guide, scope credential provider access",
)
def workload_tokens(context: Context) -> Iterator[Found]:
    """A workload token is how the vault knows the agent: whoever may get all of them is every agent. The L2
    construct of a runtime grants them by wildcard."""
    for role in context.model.roles:
        for statement in role.statements:
            wide = [
                each for each in statement.resources if each == "*" or each.endswith("workload-identity/*")
            ]
            asked = [f"bedrock-agentcore:{name}" for name in _WORKLOAD]
            if statement.effect != "Allow" or not wide:
                continue
            if any(actions_overlap(action, each) for action in statement.actions for each in asked):
                yield Found(
                    role.id, f"role {role.id} may get any workload's token ({wide[0]})", statement.place
                )


@CHECKS.check(
    "IDN-08",
    Severity.ERROR,
    "An agent gets credentials of its own providers only",
    fix="Name the provider and the workload identity in the statement.",
    source="AgentCore Developer Guide, scope credential provider access",
)
def own_providers(context: Context) -> Iterator[Found]:
    """The vault does not bind providers to workloads: only the role does. An agent that may use another agent's
    provider gets that agent's badge."""
    for runtime in context.model.runtimes:
        for provider in context.model.providers:
            if runtime.role is None or provider.agent == runtime.agent:
                continue
            action = "GetResourceApiKey" if provider.kind == "api_key" else "GetResourceOauth2Token"
            arn = (
                "arn:${AWS::Partition}:bedrock-agentcore:${AWS::Region}:${AWS::AccountId}:token-vault/default/"
                f"{'apikey' if provider.kind == 'api_key' else 'oauth2'}credentialprovider/{provider.id}"
            )
            if context.iam.can(runtime.role, f"bedrock-agentcore:{action}", arn) is not Effect.DENY:
                owner = f"of {provider.agent}" if provider.agent else "of the gateway"
                message = f"agent {runtime.agent or runtime.id} may use the provider {provider.id} {owner}"
                yield Found(runtime.role, message, runtime.place)


@CHECKS.check(
    "IDN-09",
    Severity.WARNING,
    "A pool of people is closed and watched",
    fix="Turn self sign-up off, and multi-factor sign-in or threat protection on.",
    source="cdk-nag AwsSolutions-COG2, COG3",
)
def people(context: Context) -> Iterator[Found]:
    """Whoever may sign up alone is soon somebody's customer."""
    for pool in context.model.pools:
        if pool.kind != "users":
            continue
        if pool.self_sign_up:
            yield Found(pool.id, f"pool {pool.id} lets anybody sign up", pool.place)
        if context.production and pool.mfa == "OFF" and pool.threat_protection != "ENFORCED":
            yield Found(
                pool.id, f"pool {pool.id} has neither multi-factor sign-in nor threat protection", pool.place
            )


@CHECKS.check(
    "IDN-10",
    Severity.WARNING,
    "Each client holds only its own badge, and the gateway asks for it",
    fix="Set AllowedScopes, and give each agent's client exactly one scope that no other client has.",
    source="OWASP MCP02; Amazon Cognito Developer Guide, resource servers",
)
def badges(context: Context) -> Iterator[Found]:
    """The badge in the token says who the agent is. Two agents with one badge are one agent."""
    for gateway in context.model.gateways:
        if gateway.authorizer.type == "CUSTOM_JWT" and not gateway.authorizer.scopes:
            yield Found(gateway.id, f"gateway {gateway.id} asks for no scope", gateway.place)
    callers = context.model.callers
    holders = Counter(scope for client in callers for scope in client.scopes)
    for client in callers:
        shared = [scope for scope in client.scopes if holders[scope] > 1]
        if shared:
            yield Found(client.id, f"client {client.id} shares the scope {shared[0]}", client.place)
        elif len(client.scopes) != 1:
            yield Found(client.id, f"client {client.id} has {len(client.scopes)} scopes", client.place)
