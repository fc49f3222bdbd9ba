"""Findings of cdk-nag's AwsSolutions pack that were looked at and accepted: the one place for them.

Each names one kind of resource and one finding, with a reason that somebody else can judge again. A finding that
is not here fails `./airside validate` and the tests; so does an entry here that no longer has anything to accept.
"""

from __future__ import annotations

from stacks.gates.acknowledge import Acknowledgement

_OWNER = "platform team"

_AGENT = "Runtime/Agents/*/Access/Role/Resource"
_GATEWAY = "Gateway/Access/Role/Resource"
_LOG_GROUP = "Resource::arn:{partition}:logs:{region}:{account}:log-group:"
_IDENTITY = (
    "Resource::arn:{partition}:bedrock-agentcore:{region}:{account}:workload-identity-directory/default/"
)
_SITE = "Frontend/Distribution/Resource"
_PATTERN = "AwsSolutions-IAM5"


def _runtime(path: str) -> tuple[Acknowledgement, ...]:
    """What AgentCore needs of the role of anything it runs, an agent or a tool server."""
    return (
        Acknowledgement(
            rule=_PATTERN,
            finding="Resource::*",
            path=path,
            reason="RegistryLogin, Traces and Metrics only: ECR's login, X-Ray and CloudWatch's metrics know no "
            "resource; metrics are held to one namespace by a condition.",
            owner=_OWNER,
        ),
        Acknowledgement(
            rule=_PATTERN,
            finding=f"{_LOG_GROUP}*",
            path=path,
            reason="DescribeLogGroups lists names and reads nothing; AgentCore documents it on all groups of a region.",
            owner=_OWNER,
        ),
        Acknowledgement(
            rule=_PATTERN,
            finding=f"{_LOG_GROUP}/aws/bedrock-agentcore/runtimes/{{name}}-*",
            path=path,
            reason="Its own log groups: their names end in the runtime's id, which exists after the role only.",
            owner=_OWNER,
        ),
        Acknowledgement(
            rule=_PATTERN,
            finding=f"{_LOG_GROUP}/aws/bedrock-agentcore/runtimes/{{name}}-*:log-stream:*",
            path=path,
            reason="The streams of its own log groups, which the service names.",
            owner=_OWNER,
        ),
    )


ACKNOWLEDGED: tuple[Acknowledgement, ...] = (
    Acknowledgement(
        rule="AwsSolutions-COG2",
        path="Identity/CustomersPool/Pool/Resource",
        reason="Users are imported and have no second factor yet; a pool that requires one would lock them out at "
        "their first sign-in. It is offered, by an app and not by text message; require it once they have one.",
        owner=_OWNER,
    ),
    Acknowledgement(
        rule="AwsSolutions-COG8",
        path="Identity/CustomersPool/Pool/Resource",
        reason="Threat protection needs the plan PLUS, priced per user and month: for whoever runs the pool to decide.",
        owner=_OWNER,
    ),
    Acknowledgement(
        rule="AwsSolutions-COG8",
        path="Identity/Pool/Resource",
        reason="Nobody signs in at the agents' pool: it has clients with credentials and no users to protect.",
        owner=_OWNER,
    ),
    Acknowledgement(
        rule="AwsSolutions-SMG4",
        path="Identity/Agents/*/Secret",
        reason="An operator rotates it with `./airside rotate`: a function that could do it by schedule would be a "
        "role that can be every agent (docs/decisions/0013).",
        owner=_OWNER,
    ),
    Acknowledgement(
        rule=_PATTERN,
        finding="Resource::*",
        path="Tools/Functions/*/Role/Resource",
        reason="The statement Traces only: X-Ray authorizes sending spans on no resource.",
        owner=_OWNER,
    ),
    Acknowledgement(
        rule=_PATTERN,
        finding=f"{_IDENTITY}workload-identity/{{name}}-*",
        path=_AGENT,
        reason="The agent's own workload identity: AgentCore makes it with the runtime, ten characters end its name.",
        owner=_OWNER,
    ),
    Acknowledgement(
        rule=_PATTERN,
        finding=f"{_IDENTITY}workload-identity/{{name}}-*",
        path=_GATEWAY,
        reason="The gateway's own workload identity: AgentCore makes it with the gateway, ten characters end its name.",
        owner=_OWNER,
    ),
    Acknowledgement(
        rule=_PATTERN,
        finding="Resource::arn:{partition}:execute-api:{region}:{account}:{name}/{name}/{name}/{route}",
        path=_GATEWAY,
        reason="The declared methods of a declared REST API: a path parameter is any one value, which IAM writes so.",
        owner=_OWNER,
    ),
    Acknowledgement(
        rule="AwsSolutions-CFR1",
        path=_SITE,
        reason="Users ask from everywhere; where a country must be left out, the web ACL does it.",
        owner=_OWNER,
    ),
    Acknowledgement(
        rule="AwsSolutions-CFR2",
        path=_SITE,
        reason="A web ACL is the account's and priced by request: an environment names its own "
        "(front_end.web_acl_arn). Without one the agents still ask for a user's token and the page is public.",
        owner=_OWNER,
    ),
    Acknowledgement(
        rule="AwsSolutions-CFR4",
        path=_SITE,
        reason="Only with CloudFront's own certificate, whose rules cannot be changed: a name of your own "
        "(front_end.domain, certificate_arn) brings TLS 1.2 at least.",
        owner=_OWNER,
    ),
    Acknowledgement(
        rule=_PATTERN,
        finding="Resource::{name}:{name}/*",
        path="Console/Publisher/Role/Resource",
        reason="The objects of the one bucket whose files it publishes; their names are the files'.",
        owner=_OWNER,
    ),
    *_runtime(_AGENT),
    *_runtime("Tools/Servers/*/Role/Resource"),
)
