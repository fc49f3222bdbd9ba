"""Clients of AWS's APIs: of a running local platform, or of the account an environment names."""

from __future__ import annotations

from typing import Any

import httpx
from botocore.config import Config

from cli.aws import account_session, local_session
from cli.rotation.cloud import Cloud

_TIMEOUT_SECONDS = 10.0


def local(front: str, region: str, operator: str) -> Cloud:
    """The stand-ins at `front`. No profile, variable or proxy of the user's has a say.

    `operator` is the access key id by which the platform knows the person at this machine.
    """
    session = local_session(region, operator, "not-verified")  # nobody checks it
    # A failed call is told at once: nothing local becomes better by waiting.
    config = Config(
        retries={"total_max_attempts": 1},
        proxies={},
        connect_timeout=_TIMEOUT_SECONDS,
        read_timeout=_TIMEOUT_SECONDS,
    )
    http = httpx.Client(trust_env=False, follow_redirects=False, timeout=_TIMEOUT_SECONDS)
    return _cloud(session, http, config=config, endpoint_url=front)


def aws(region: str, account: str) -> Cloud:
    """The account itself, with the credentials boto3 finds. Raises WrongAccount."""
    session = account_session(region, account)
    config = Config(retries={"mode": "standard", "total_max_attempts": 4})
    return _cloud(session, httpx.Client(follow_redirects=False, timeout=_TIMEOUT_SECONDS), config=config)


def _cloud(session: Any, http: httpx.Client, **options: Any) -> Cloud:
    return Cloud(
        control=session.client("bedrock-agentcore-control", **options),
        cognito=session.client("cognito-idp", **options),
        manager=session.client("secretsmanager", **options),
        http=http,
    )
