"""Sessions with AWS's APIs: of a platform that runs here, or of the account an environment names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import botocore.session
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from cli.outcome import Failure


class WrongAccount(Exception):
    """The credentials at hand are not of the environment's account, or there are none."""


def local_session(region: str, key_id: str, secret: str) -> Any:
    """A boto3 session with these keys. No profile, variable or file of the user's has a say.

    Its clients are given the platform's address, and `proxies={}`, by whoever makes them.
    """
    unset, no_file = (None, None, None, None), (None, None, os.devnull, None)
    core = botocore.session.Session(
        session_vars={"profile": unset, "config_file": no_file, "credentials_file": no_file}
    )
    return boto3.Session(
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        region_name=region,
        botocore_session=core,
    )


def account_session(region: str, account: str) -> Any:
    """A boto3 session with the credentials boto3 finds, in the environment's Region. Raises WrongAccount.

    The account is asked for first: what is done in another one would be done to somebody else.
    """
    try:
        session = boto3.Session(region_name=region)
        found = session.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError, ValueError) as error:
        raise WrongAccount(f"no AWS credentials that work ({type(error).__name__}).") from None
    if found != account:
        raise WrongAccount(f"the credentials are of account {found}; the environment is in {account}.")
    return session


@contextmanager
def worded(where: str, operation: str, denied: str = "") -> Iterator[None]:
    """AWS's errors as a person needs them: raises Failure. `denied` is advice for who may not do it."""
    try:
        yield
    except ClientError as error:
        code, message = (error.response.get("Error", {}).get(key, "") for key in ("Code", "Message"))
        refused = "AccessDenied" in code or "Unauthorized" in code or "UnrecognizedClient" in code
        raise Failure(f"{where} refuses {operation} ({code}): {message}{denied if refused else ''}") from None
    except NoCredentialsError:
        raise Failure(f"{where}: no credentials. Sign in, or set AWS_PROFILE or the AWS_… keys.") from None
    except BotoCoreError as error:
        raise Failure(f"{where}: {operation} failed: {error}") from None
