"""The `config.json` of the published console; `docs/console.md` states its form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_cdk import Fn

from governance import console
from stacks.deployment import Deployment

if TYPE_CHECKING:
    from stacks.frontend_stack import FrontendStack
    from stacks.identity_stack import IdentityStack
    from stacks.runtime_stack import RuntimeStack

VERSION = 1


def render(
    deployment: Deployment,
    frontend: FrontendStack,
    identity: IdentityStack,
    runtime: RuntimeStack,
) -> str:
    """The document as JSON. Everything in it is public: a browser shows it to whoever asks.

    What is known only when it is deployed (ARN, client id, address) has no sign that JSON would escape.
    """
    from stacks.frontend_stack import sign_in_origin

    system, names = deployment.system, deployment.names
    users = identity.users
    if users is None:
        raise ValueError(f"{system.name} has no users who could sign in")
    entry = runtime.runtimes[system.entry_agent].runtime.attr_agent_runtime_arn
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
            "redirect_uri": frontend.url,
            "scopes": list(users.client.allowed_o_auth_scopes or ()),
        },
        "guests": False,
        "control": None,
    }
    return json.dumps(config, ensure_ascii=False, separators=(",", ":"))


def _encoded(arn: str) -> str:
    """Percent-encoded when it is known, which is when the stack is deployed: an ARN has no other reserved sign."""
    colons = Fn.join("%3A", Fn.split(":", arn))
    return Fn.join("%2F", Fn.split("/", colons))
