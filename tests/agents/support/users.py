"""End users' tokens: signed by nobody, for an agent reads them without verifying."""

from __future__ import annotations

import base64
import json
from typing import Any

from agent_common import users
from agent_common.users import User
from tests.agents.support.agents import NOW

CLAIM = "username"
POOL = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_users"


def part(value: Any) -> str:
    """One part of a token; bytes are taken as they are."""
    document = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(document).rstrip(b"=").decode()


def user_token(username: Any = "C1001", signature: str = "c2lnbmF0dXJl", **changes: Any) -> str:
    """An access token as Amazon Cognito makes them; a change to None leaves the claim out."""
    claims = {
        "iss": POOL,
        "sub": f"sub-of-{username}",
        "token_use": "access",
        "client_id": "customers-app",
        "scope": "openid",
        "exp": int(NOW.timestamp()) + 3600,
        CLAIM: username,
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return f"{part({'alg': 'RS256', 'kid': 'k'})}.{part(kept)}.{signature}"


def signed_in(username: Any = "C1001", signature: str = "c2lnbmF0dXJl") -> User:
    """The user of such a token."""
    token = user_token(username, signature)
    user = users.read([f"Bearer {token}"], [], claim=CLAIM, now=NOW.timestamp())
    assert user is not None
    return user
