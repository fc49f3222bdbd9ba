"""Clients of AWS's APIs: of a running local platform, or of the account an environment names."""

from __future__ import annotations

import os
from typing import Any

import boto3
import botocore.session
import httpx
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cli.rotation.cloud import Cloud

_TIMEOUT_SECONDS = 10.0


class WrongAccount(Exception):
    """The credentials at hand are not of the environment's account, or there are none."""


def local(front: str, region: str, operator: str) -> Cloud:
    """The stand-ins at `front`. No profile, variable or proxy of the user's has a say.

    `operator` is the access key id by which the platform knows the person at this machine.
    """
    nothing = (None, None, None, None)
    core = botocore.session.Session(
        session_vars={"profile": nothing, "config_file": (None, None, os.devnull, None)}
    )
    session = boto3.Session(
        aws_access_key_id=operator,
        aws_secret_access_key="not-verified",  # noqa: S106  nobody checks it
        region_name=region,
        botocore_session=core,
    )
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
    session = boto3.Session(region_name=region)
    try:
        found = session.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise WrongAccount(f"no AWS credentials that work ({type(error).__name__}).") from None
    if found != account:
        raise WrongAccount(f"the credentials are of account {found}; the environment is in {account}.")
    config = Config(retries={"mode": "standard", "total_max_attempts": 4})
    return _cloud(session, httpx.Client(follow_redirects=False, timeout=_TIMEOUT_SECONDS), config=config)


def _cloud(session: Any, http: httpx.Client, **options: Any) -> Cloud:
    return Cloud(
        control=session.client("bedrock-agentcore-control", **options),
        cognito=session.client("cognito-idp", **options),
        manager=session.client("secretsmanager", **options),
        http=http,
    )
