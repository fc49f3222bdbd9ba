"""The `config.json` of the published console; `docs/console.md` states its form."""

from __future__ import annotations

import json
from typing import Any

from aws_cdk import Fn

from governance import console
from stacks.components.user_identity import UserIdentity, sign_in_origin
from stacks.deployment import Deployment

VERSION = 1


def render(deployment: Deployment, *, url: str, users: UserIdentity | None, entry: str) -> str:
    """The document as JSON. Everything in it is public: a browser shows it to whoever asks.

    `url` is where the page is published, `entry` the ARN of the entry agent's runtime.

    What is known only when it is deployed (ARN, client id, address) has no sign that JSON would escape. All other
    letters than ASCII's are escaped: what CloudFormation tells of its templates has question marks in their place, so
    a comparison with what is deployed would never be exact.
    """
    system, names = deployment.system, deployment.names
    if users is None:
        raise ValueError(f"{system.name} has no users who could sign in")
    issuer = sign_in_origin(deployment)
    config: dict[str, Any] = {
        **console.document(system),
        "version": VERSION,
        "system": system.name,
        "environment": names.environment,
        "region": deployment.environment.region,
        "local": False,
        "entry": {
            "agent": system.entry_agent,
            "invocations": f"/runtimes/{_encoded(entry)}/invocations?qualifier={names.endpoint}",
        },
        "users": {
            "authorization_endpoint": f"{issuer}/oauth2/authorize",
            "token_endpoint": f"{issuer}/oauth2/token",
            "logout_endpoint": f"{issuer}/logout",
            "client_id": users.client.ref,
            "redirect_uri": url,
            "scopes": list(users.client.allowed_o_auth_scopes or ()),
        },
        "guests": False,
        "control": None,
    }
    return json.dumps(config, separators=(",", ":"))


def _encoded(arn: str) -> str:
    """Percent-encoded when it is known, which is when the stack is deployed: an ARN has no other reserved sign."""
    colons = Fn.join("%3A", Fn.split(":", arn))
    return Fn.join("%2F", Fn.split("/", colons))
