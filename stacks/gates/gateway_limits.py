"""What a gateway, its targets and its callers' badges take (contracts §11; service schemas where they are stricter)."""

from __future__ import annotations

from collections import Counter

from stacks.gates.limit import Broken, Limit, between, long, many, named, per_parent, siblings, values
from stacks.gates.templates import Resource, StageTemplates, items, literal, mapping

_CORE = "AWS::BedrockAgentCore::"
_GATEWAY = f"{_CORE}Gateway"
_TARGET = f"{_CORE}GatewayTarget"
_JWT = "AuthorizerConfiguration.CustomJWTAuthorizer"
_OAUTH = "CredentialProviderConfigurations[].CredentialProvider.OauthCredentialProvider"
_METADATA = "MetadataConfiguration"

AT_ONCE = 5
"""Target operations a gateway takes at a time."""


def _unique_targets(stage: StageTemplates) -> Broken:
    for targets in siblings(stage, _TARGET, "GatewayIdentifier"):
        taken = Counter(str(target.get("Name")) for target in targets)
        for target in targets:
            name = str(target.get("Name"))
            if taken[name] > 1:
                yield target, "Name", f"is {name!r}, the name of {taken[name]} targets."


def _serial_targets(stage: StageTemplates) -> Broken:
    """Counts targets by how many others CloudFormation makes before them: those of one rank come together."""
    for targets in siblings(stage, _TARGET, "GatewayIdentifier"):
        by_id = {target.logical_id: target for target in targets}
        ranks: dict[str, int] = {}
        together = Counter(_rank(target, by_id, ranks) for target in targets)
        rank, count = together.most_common(1)[0]
        if count > AT_ONCE:
            first = next(target for target in targets if ranks[target.logical_id] == rank)
            yield first, "", f"is made together with {count - 1} other targets of the gateway."


def _rank(target: Resource, by_id: dict[str, Resource], ranks: dict[str, int]) -> int:
    """Without recursion: a chain may have as many links as a gateway has targets."""
    waiting = [target]
    while waiting:
        current = waiting[-1]
        before = [by_id[name] for name in current.depends_on if name in by_id]
        unknown = [each for each in before if each.logical_id not in ranks and each not in waiting]
        if unknown:
            waiting.extend(unknown)
            continue
        ranks[current.logical_id] = 1 + max((ranks.get(each.logical_id, 0) for each in before), default=0)
        waiting.pop()
    return ranks[target.logical_id]


def _interceptions(stage: StageTemplates) -> Broken:
    for gateway in stage.resources(_GATEWAY):
        points = Counter(
            str(point)
            for _, configuration in values(gateway, "InterceptorConfigurations[]")
            for point in items(mapping(configuration).get("InterceptionPoints"))
        )
        for point, count in points.items():
            if count > 1:
                yield gateway, "InterceptorConfigurations", f"names {count} interceptors for {point}."


def _versions(stage: StageTemplates) -> Broken:
    known = ("2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28")
    for gateway in stage.resources(_GATEWAY):
        for where, version in values(gateway, "ProtocolConfiguration.Mcp.SupportedVersions[]"):
            if literal(version) and version not in known:
                yield gateway, where, f"is {version!r}."


GATEWAY: tuple[Limit, ...] = (
    per_parent(
        "targets-per-gateway",
        "A gateway takes 100 targets.",
        "Put the tools of some targets together, or make two systems of it.",
        100,
        _TARGET,
        "GatewayIdentifier",
    ),
    Limit(
        "target-unique",
        "A gateway has each target's name once.",
        "Rename one of the targets.",
        _unique_targets,
    ),
    Limit(
        "targets-in-turn",
        f"A gateway takes {AT_ONCE} target operations at a time.",
        "Let each target depend on the one before it.",
        _serial_targets,
    ),
    Limit(
        "interceptors",
        "A gateway takes one interceptor for each point.",
        "Leave one of them, and do there what the other did.",
        _interceptions,
    ),
    long(
        "interceptor-arn",
        "A gateway takes the ARN of a function of at most 170 characters.",
        "Shorten the system's or the environment's name.",
        170,
        (_GATEWAY, "InterceptorConfigurations[].Interceptor.Lambda.Arn"),
        (_TARGET, "TargetConfiguration.Mcp.Lambda.LambdaArn"),
    ),
    long(
        "instructions",
        "A gateway takes 2048 characters of instructions.",
        "Shorten the instructions.",
        2048,
        (_GATEWAY, "ProtocolConfiguration.Mcp.Instructions"),
    ),
    Limit(
        "protocol-version",
        "The gateway knows 2025-03-26, 2025-06-18, 2025-11-25 and 2026-07-28.",
        "Name one of these.",
        _versions,
    ),
    between(
        "session-timeout",
        "A gateway's sessions last 900 to 28800 seconds.",
        "Set a value between.",
        900,
        28_800,
        (_GATEWAY, "ProtocolConfiguration.Mcp.SessionConfiguration.SessionTimeoutInSeconds"),
    ),
    long(
        "allowed-scope",
        "A gateway takes allowed scopes of 1 to 255 characters.",
        "Shorten the agent's or the system's name.",
        255,
        (_GATEWAY, f"{_JWT}.AllowedScopes[]"),
        least=1,
    ),
    many(
        "scopes-per-server",
        "Cognito takes 100 scopes of one resource server.",
        "Declare split: true in the system's system.yaml, or make two systems of it.",
        100,
        ("AWS::Cognito::UserPoolResourceServer", "Scopes"),
    ),
    named(
        "claim-value",
        "A claim is compared with 1 to 255 letters, digits, dots, hyphens and underscores.",
        "Compare another claim.",
        r"[A-Za-z0-9_.-]{1,255}",
        (_GATEWAY, f"{_JWT}.CustomClaims[].AuthorizingClaimMatchValue.ClaimMatchValue.MatchValueString"),
    ),
    many(
        "credential-scopes",
        "A target's provider takes 100 scopes.",
        "Ask the provider for fewer scopes.",
        100,
        (_TARGET, f"{_OAUTH}.Scopes"),
    ),
    long(
        "credential-scope",
        "A target takes scopes of its provider of at most 64 characters.",
        "Ask the provider for a shorter scope.",
        64,
        (_TARGET, f"{_OAUTH}.Scopes[]"),
    ),
    many(
        "passed-headers",
        "A target passes on 10 headers or parameters of each kind.",
        "Pass on fewer.",
        10,
        *(
            (_TARGET, f"{_METADATA}.Allowed{kind}")
            for kind in ("RequestHeaders", "ResponseHeaders", "QueryParameters")
        ),
    ),
    per_parent(
        "rate-limits-per-gateway",
        "A gateway takes 50 rate limits.",
        "Put limits of the same dimensions together as entries of one.",
        50,
        f"{_CORE}GatewayRateLimit",
        "GatewayIdentifier",
    ),
    many(
        "rate-limit-dimensions",
        "A rate limit takes 10 dimensions.",
        "Limit by fewer dimensions.",
        10,
        (f"{_CORE}GatewayRateLimit", "DimensionKeys"),
    ),
    many(
        "rate-limit-entries",
        "A rate limit takes 1000 entries.",
        "Split the rate limit.",
        1000,
        (f"{_CORE}GatewayRateLimit", "Entries"),
    ),
)
