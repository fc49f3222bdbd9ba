"""Who may change a client's secret: the operator, and nobody the platform started."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.client import OPERATOR
from tests.local.rotation.world import AGENTS, POOL, World, provider_name

AGENT = AGENTS[0]
CLIENT = {"UserPoolId": POOL, "ClientId": f"clientof{AGENT}"}
NAME = f"airside/test/dev/agents/{AGENT}"

CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("cognito-idp", "AddUserPoolClientSecret", CLIENT),
    ("cognito-idp", "ListUserPoolClientSecrets", CLIENT),
    ("cognito-idp", "DeleteUserPoolClientSecret", {**CLIENT, "ClientSecretId": "x"}),
    ("bedrock-agentcore", "GetOauth2CredentialProvider", {"name": provider_name(AGENT)}),
    ("bedrock-agentcore", "UpdateOauth2CredentialProvider", {"name": provider_name(AGENT)}),
    ("secretsmanager", "GetSecretValue", {"SecretId": NAME}),
    ("secretsmanager", "BatchGetSecretValue", {"SecretIdList": [NAME]}),
    ("secretsmanager", "ListSecrets", {}),
    ("secretsmanager", "DescribeSecret", {"SecretId": NAME}),
    ("secretsmanager", "PutSecretValue", {"SecretId": NAME, "SecretString": "{}"}),
    ("secretsmanager", "UpdateSecretVersionStage", {"SecretId": NAME, "VersionStage": "AWSCURRENT"}),
    ("secretsmanager", "DeleteSecret", {"SecretId": NAME}),
]
PREFIXES = {"cognito-idp": "AWSCognitoIdentityProviderService.", "secretsmanager": "secretsmanager."}


def send(world: World, who: str | None, service: str, operation: str, body: dict[str, Any]) -> Any:
    core = service == "bedrock-agentcore"
    headers = {} if who is None else world.signed(who, service)
    if not core:
        headers["x-amz-target"] = PREFIXES[service] + operation
    return world.http.post(
        f"{world.front}/identities/{operation}" if core else world.front, json=body, headers=headers
    )


@pytest.mark.parametrize(
    "who", [f"LOCAL.test_dev_{AGENT}", "LOCAL.test-dev-tool", "LOCAL.operators", "AKIAEXAMPLE", None]
)
@pytest.mark.parametrize(("service", "operation", "body"), CALLS, ids=[call[1] for call in CALLS])
def test_an_agent_or_a_stranger_rotates_or_reads_a_secret(
    world: World, service: str, operation: str, body: dict[str, Any], who: str | None
) -> None:
    reply = send(world, who, service, operation, body)
    assert reply.status_code == 403
    assert world.first_secret(AGENT) not in reply.text
    kind = reply.headers["x-amzn-errortype"]
    assert kind == ("MissingAuthenticationToken" if who is None else "AccessDeniedException")


@pytest.mark.parametrize(("service", "operation", "body"), CALLS[:2] + CALLS[3:4] + CALLS[5:9])
def test_the_operator_is_refused(world: World, service: str, operation: str, body: dict[str, Any]) -> None:
    """Not shared with a rotation's agent, as the first call adds a secret."""
    assert send(world, OPERATOR, service, operation, body).status_code == 200


def test_a_provider_is_shown_with_its_secret(world: World) -> None:
    reply = send(world, OPERATOR, "bedrock-agentcore", "GetOauth2CredentialProvider", CALLS[3][2])
    assert reply.status_code == 200
    assert world.first_secret(AGENT) not in reply.text
