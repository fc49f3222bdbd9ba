"""What the library's own AgentCore constructs do by themselves, as checks of a stage: contracts §12.2, by number.

Each check tells the resources that show the trap, and nothing for a stage without it. They read any assembly, so
the planted application proves them before they are asked about ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cedarpy

from cli.iam_statements import Found, of_stage
from review.stage import Resource, Stage

CORE = "AWS::BedrockAgentCore::"
OURS_TO_CHANGE = re.compile(r"bedrock-agentcore:(Create|Update|Delete)(Gateway|Memory$|AgentRuntime|Policy)")
FOR_USERS = {
    "bedrock-agentcore:GetWorkloadAccessTokenForUserId",
    "bedrock-agentcore:InvokeAgentRuntimeForUser",
    "bedrock-agentcore:CompleteResourceTokenAuth",
}


@dataclass(frozen=True, eq=False)
class Subject:
    """A stage and what is asked of it."""

    stage: Stage

    @cached_property
    def statements(self) -> list[Found]:
        return list(of_stage(self.stage))

    @property
    def allowed(self) -> list[Found]:
        return [each for each in self.statements if each.statement.effect == "Allow" and not each.trust]

    def of(self, *kinds: str) -> tuple[Resource, ...]:
        return self.stage.of_type(*(kind if "::" in kind else f"{CORE}{kind}" for kind in kinds))

    def of_role(self, role: Resource | None) -> list[Found]:
        """What a role is allowed, wherever its policies are."""
        where = [role, *self.role_policies(role)] if role else []
        places = {(each.stack, each.logical_id) for each in where}
        return [each for each in self.allowed if (each.resource.stack, each.resource.logical_id) in places]

    def role_policies(self, role: Resource) -> list[Resource]:
        """Policies of a role that are resources of their own."""
        return [
            policy
            for policy in self.of("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
            if role in self.stage.mentioned(policy.properties.get("Roles"))
        ]


Check = Callable[[Subject], Iterator[str]]
TRAPS: dict[str, Check] = {}


def trap(name: str) -> Callable[[Check], Check]:
    """Registers a check under `<number> <what it is>`."""

    def register(check: Check) -> Check:
        TRAPS[name] = check
        return check

    return register


def get(value: Any, path: str) -> Any:
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def depends_on(resource: Resource) -> list[str]:
    value = resource.attributes.get("DependsOn", [])
    return [value] if isinstance(value, str) else list(value)


@trap("1 a second trust without conditions")
def trust(subject: Subject) -> Iterator[str]:
    for each in subject.statements:
        keys = " ".join(each.statement.conditions)
        if each.trust and not ("aws:SourceAccount" in keys and "aws:SourceArn" in keys):
            yield each.owner


@trap("2 a gateway that takes any token of its client")
def scopes(subject: Subject) -> Iterator[str]:
    for gateway in subject.of("Gateway"):
        jwt = get(gateway.properties, "AuthorizerConfiguration.CustomJWTAuthorizer") or {}
        if not (jwt.get("AllowedScopes") and jwt.get("AllowedClients")):
            yield gateway.logical_id


@trap("3 an old protocol and instructions that nobody wrote")
def protocol(subject: Subject) -> Iterator[str]:
    for gateway in subject.of("Gateway"):
        mcp = get(gateway.properties, "ProtocolConfiguration.Mcp") or {}
        versions = mcp.get("SupportedVersions") or ["2025-03-26"]
        if min(versions) < "2025-06-18" or "Default gateway" in str(mcp.get("Instructions", "")):
            yield gateway.logical_id


@trap("4 an HTTP target at a gateway for MCP only")
def lanes(subject: Subject) -> Iterator[str]:
    for target in subject.of("GatewayTarget"):
        gateway = next(subject.stage.mentioned(target.properties.get("GatewayIdentifier")), None)
        mcp_only = gateway is not None and gateway.properties.get("ProtocolType") == "MCP"
        if mcp_only and get(target.properties, "TargetConfiguration.Http"):
            yield target.logical_id


@trap("5 functions that know the gateway that invokes them")
def knowing(subject: Subject) -> Iterator[str]:
    gateways = subject.of("Gateway")
    for function in subject.of("AWS::Lambda::Function"):
        if any(each in gateways for each in subject.stage.mentioned(function.properties.get("Environment"))):
            yield function.logical_id


@trap("5 a circle of dependencies")
def circles(subject: Subject) -> Iterator[str]:
    """Within a stack; the CDK itself refuses one between stacks."""
    for stack in subject.stage.stacks:
        needs = {
            key: {
                each.logical_id
                for each in subject.stage.mentioned(dict(resource.properties))
                if each.stack == stack.name
            }
            | set(depends_on(resource))
            for key, resource in stack.resources.items()
        }
        left = dict(needs)
        while ready := [key for key, others in left.items() if not others & left.keys()]:
            for key in ready:
                del left[key]
        yield from sorted(left)


def before(resource: Resource, subject: Subject) -> set[str]:
    """Everything of its stack that CloudFormation makes before a resource because of DependsOn, however far."""
    (stack,) = (each for each in subject.stage.stacks if each.name == resource.stack)
    found: set[str] = set()
    waiting = depends_on(resource)
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            waiting += depends_on(stack.resources[name])
    return found


@trap("6 a policy that may come before the targets it speaks of")
def early_policies(subject: Subject) -> Iterator[str]:
    for policy in subject.of("Policy"):
        targets = {each.logical_id for each in subject.of("GatewayTarget") if each.stack == policy.stack}
        if not targets <= before(policy, subject):
            yield policy.logical_id


@trap("6 a policy that is no Cedar, or a permit whose findings are ignored")
def unread_policies(subject: Subject) -> Iterator[str]:
    for policy in subject.of("Policy"):
        text = str(get(policy.properties, "Definition.Cedar.Statement"))
        try:
            read = json.loads(cedarpy.policies_to_json_str(text))
        except ValueError:
            yield policy.logical_id
            continue
        # A switch refuses all that it is about, which the service finds odd and is its purpose.
        permits = any(each["effect"] == "permit" for each in read["staticPolicies"].values())
        if permits and policy.properties.get("ValidationMode") == "IGNORE_ALL_FINDINGS":
            yield policy.logical_id


@trap("7 a target that may come before the permission to reach it")
def early_targets(subject: Subject) -> Iterator[str]:
    for target in subject.of("GatewayTarget"):
        gateway = next(subject.stage.mentioned(target.properties.get("GatewayIdentifier")), None)
        role = next(subject.stage.mentioned(gateway.properties.get("RoleArn")), None) if gateway else None
        later = {policy.logical_id for policy in subject.role_policies(role)} if role else set()
        if not later <= set(depends_on(target)):
            yield target.logical_id


@trap("8 every version of a function may be invoked")
def versions(subject: Subject) -> Iterator[str]:
    for each in subject.allowed:
        if "lambda:InvokeFunction" in each.statement.actions:
            yield from (resource for resource in each.statement.resources if resource.endswith(":*"))


@trap("9 the secrets of every provider")
def secrets(subject: Subject) -> Iterator[str]:
    for each in subject.allowed:
        yield from (
            item for item in each.statement.resources if item.endswith("bedrock-agentcore-identity!*")
        )


@trap("9 tokens for users who only say who they are")
def for_users(subject: Subject) -> Iterator[str]:
    for each in subject.allowed:
        yield from FOR_USERS & set(each.statement.actions)


@trap("10 an API key where a token belongs, because nobody said where")
def keys(subject: Subject) -> Iterator[str]:
    for target in subject.of("GatewayTarget"):
        for configuration in target.properties.get("CredentialProviderConfigurations", []):
            key = get(configuration, "CredentialProvider.ApiKeyCredentialProvider") or {}
            if key and key.get("CredentialParameterName", "Authorization") == "Authorization":
                yield target.logical_id


@trap("11 a secret in plain text")
def plain(subject: Subject) -> Iterator[str]:
    for provider in subject.of("OAuth2CredentialProvider", "ApiKeyCredentialProvider"):
        settings = get(provider.properties, "Oauth2ProviderConfigInput.CustomOauth2ProviderConfig") or {}
        for value in (settings.get("ClientSecret"), provider.properties.get("ApiKey")):
            if isinstance(value, str) and not value.startswith(("{{resolve:", "${")):
                yield provider.logical_id


@trap("12 every workload identity of the account")
def identities(subject: Subject) -> Iterator[str]:
    for each in subject.allowed:
        yield from (item for item in each.statement.resources if item.endswith("workload-identity/*"))


@trap("12 every asset of the account")
def assets(subject: Subject) -> Iterator[str]:
    for each in subject.allowed:
        yield from (
            item for item in each.statement.resources if re.search(r"s3:::cdk-[^/]*-assets-[^/]*/\*$", item)
        )


@trap("12 an agent without a model")
def modelless(subject: Subject) -> Iterator[str]:
    for runtime in subject.of("Runtime"):
        role = next(subject.stage.mentioned(runtime.properties.get("RoleArn")), None)
        actions = {action for each in subject.of_role(role) for action in each.statement.actions}
        # A tool server of ours has no model on purpose.
        if "Server" not in runtime.notes and "bedrock:InvokeModel" not in actions:
            yield runtime.logical_id


@trap("12 sessions of eight hours by default, and a life that nobody set")
def lifetimes(subject: Subject) -> Iterator[str]:
    yield from (
        role.logical_id for role in subject.of("AWS::IAM::Role") if "MaxSessionDuration" in role.properties
    )
    for runtime in subject.of("Runtime"):
        if not runtime.properties.get("LifecycleConfiguration"):
            yield runtime.logical_id


@trap("14 a log group's streams named past its ARN")
def streams(subject: Subject) -> Iterator[str]:
    """The ARN of a log group ends in `:*` already."""
    for each in subject.statements:
        for resource in each.statement.resources:
            if re.fullmatch(r"\$\{log-group:[^}]*\.Arn\}:log-stream:\*", resource):
                yield resource


@trap("14 logs that are kept by default")
def kept(subject: Subject) -> Iterator[str]:
    for group in subject.of("AWS::Logs::LogGroup"):
        if group.properties.get("RetentionInDays", 731) == 731:
            yield group.logical_id


@trap("15 a discovery address of one partition")
def discovery(subject: Subject) -> Iterator[str]:
    for resource in subject.of("Gateway", "Runtime"):
        url = get(resource.properties, "AuthorizerConfiguration.CustomJWTAuthorizer.DiscoveryUrl")
        if url and ("amazonaws.com" in url or not url.endswith("/.well-known/openid-configuration")):
            yield resource.logical_id


@trap("16 who uses a thing may make and remove it")
def makers(subject: Subject) -> Iterator[str]:
    for each in subject.allowed:
        yield from (action for action in each.statement.actions if OURS_TO_CHANGE.match(action))


@trap("17 code and browsers on the open network, undeclared")
def networks(subject: Subject) -> Iterator[str]:
    for resource in subject.of("CodeInterpreterCustom", "BrowserCustom"):
        declared = resource.type.endswith("BrowserCustom") and "Agent" in resource.notes
        if get(resource.properties, "NetworkConfiguration.NetworkMode") == "PUBLIC" and not declared:
            yield resource.logical_id


@trap("20 a role that may do nothing")
def idle(subject: Subject) -> Iterator[str]:
    for role in subject.of("AWS::IAM::Role"):
        own = role.properties.get("Policies") or role.properties.get("ManagedPolicyArns")
        if not own and not subject.role_policies(role):
            yield role.logical_id
