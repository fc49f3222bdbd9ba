"""A gateway of real parts on a real socket whose issuer's key the tests hold, so that no attack is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from attacks.holdings import sample
from attacks.http import Endpoint
from attacks.model import Context
from attacks.user_kit import Limit, UserKit
from gateway_interceptor.handler import compose
from localcloud.gateway import InProcessKeys
from localcloud.spec import JwtAuthorizer, Target
from tests.functions.interceptor.tokens import Signer, jwks
from tests.local.gateway.kit import NOW, Events, World, claims, pass_through
from tests.local.gateway.parts import (
    CREATE,
    CUSTOMER,
    FUNCTION,
    GUARD,
    INFO,
    ISSUER,
    gateway,
    interceptor,
    permit,
    tool,
)
from tests.local.gateway.serving import bound_socket, serving

POINTS = "loyalty-mcp___get_points"
PROFILE = "profile-mcp___get_profile"
SEATS = "profile-mcp___find_seats"
SEARCH = "x_amz_bedrock_agentcore_search"
LOYALTY = Target(
    "loyalty-mcp",
    "T2",
    "lambda",
    function_arn=FUNCTION,
    tools=(tool("get_points", "member", member="string"),),
)
PROFILES = Target(
    "profile-mcp",
    "T3",
    "lambda",
    function_arn=FUNCTION,
    tools=(
        tool("get_profile", "customer_id", customer_id="string"),
        tool("find_seats", "seats", seats="integer"),
    ),
)
TARGETS = (CUSTOMER, LOYALTY, PROFILES)
GRANTS = {"booking": frozenset((INFO, CREATE, PROFILE, SEATS)), "loyalty": frozenset((POINTS,))}
USERS_ISSUER = "http://127.0.0.1:8702/users_1"
USERS_CLIENT = "client-users"
USER, SEATS_AT_MOST = "customer-1001", 9
SCHEMAS = {f"{target.name}___{spec.name}": spec.input_schema for target in TARGETS for spec in target.tools}


def user_claims(**changes: Any) -> dict[str, Any]:
    """Claims of a signed-in user's good token."""
    made = claims("booking", sub="user-1", iss=USERS_ISSUER, client_id=USERS_CLIENT, scope="openid")
    return {**made, "username": USER, **changes}


def context(signer: Signer, users: Signer) -> Context:
    """The booking agent's, working for a signed-in user, with both issuers' keys in its hands."""
    return Context(
        trusted=signer,
        stranger=Signer("stranger"),
        signed_claims=claims("booking"),
        agent="booking",
        may=INFO,
        may_not=POINTS,
        other="loyalty",
        badges={agent: f"air/agent.{agent}" for agent in GRANTS},
        grants=GRANTS,
        arguments={
            **{name: sample(schema) for name, schema in SCHEMAS.items()},
            PROFILE: {"customer_id": USER},
        },
        tokens={agent: signer.token(claims(agent)) for agent in GRANTS},
        bound=frozenset((PROFILE,)),
        user=UserKit(
            trusted=users,
            claim="username",
            others="customer-2002",
            agent="booking",
            may=PROFILE,
            argument="customer_id",
            signed_claims=user_claims(),
        ),
        limit=Limit("booking", SEATS, "seats", 1, SEATS_AT_MOST),
    )


@dataclass
class Stand:
    """The running gateway: where it listens and what it wrote."""

    endpoint: Endpoint
    events: Events
    lines: list[str]

    def watch(self) -> list[Mapping[str, Any]]:
        """The gateway's events and the interceptor's lines, as the platform shows them."""
        written = [json.loads(line) for line in self.lines]
        return [*self.events, *(line for line in written if line.get("event") == "decision")]


@contextmanager
def standing(folder: Path, signer: Signer, users: Signer, around: Any = None, **weak: Any) -> Iterator[Stand]:
    """Serves the gateway with both layers; `weak` changes its specification, `around` wraps the ASGI app.

    `rules` in `weak` replaces the interceptor's rules of arguments.
    """
    listening = bound_socket()
    port = listening.getsockname()[1]
    lines: list[str] = []
    open_guard, rules = weak.pop("open_guard", False), weak.pop("rules", RULES)
    spec = replace(
        gateway(
            targets=TARGETS,
            semantic_search=True,
            interceptors=(interceptor(headers=True),),
            policy_mode="ENFORCE",
            policies=tuple(permit(f"p_{agent}", agent, *tools, SEARCH) for agent, tools in GRANTS.items()),
        ),
        url=f"http://127.0.0.1:{port}/mcp",
        **weak,
    )
    world = World(spec, source=InProcessKeys(ISSUER, lambda: {"keys": [signer.jwk]}))
    guard = _guard(folder, signer, users, lines, rules)
    world.functions.functions[GUARD] = pass_through if open_guard else lambda event, _: guard(event)
    app = around(world) if around else world.app
    with serving(app, listening):
        yield Stand(Endpoint(False, "127.0.0.1", port, "/mcp"), world.events, lines)


RULES = {
    PROFILE: {"customer_id": {"user": "customer_id", "source": "profile.yaml:9"}},
    SEATS: {"seats": {"min": 1, "max": SEATS_AT_MOST, "source": "profile.yaml:12"}},
}


def _guard(folder: Path, signer: Signer, users: Signer, lines: list[str], rules: Mapping[str, Any]) -> Any:
    policy = {
        "version": 3,
        "system": "air",
        "environment": "dev",
        "badges": {f"air/agent.{agent}": agent for agent in GRANTS},
        "grants": {
            agent: dict.fromkeys((*tools, SEARCH), f"{agent}.yaml:1") for agent, tools in GRANTS.items()
        },
        "tools": sorted({*SCHEMAS, SEARCH}),
        "users": {"claims": {"customer_id": "username"}},
        "arguments": rules,
    }
    path = folder / "policy.json"
    path.write_text(json.dumps(policy, sort_keys=True), "utf-8")
    environment = {
        "ISSUER": ISSUER,
        "JWKS_URL": f"{ISSUER}/.well-known/jwks.json",
        "METRIC_NAMESPACE": "Airside/air-dev",
        "USERS_ISSUER": USERS_ISSUER,
        "USERS_JWKS_URL": f"{USERS_ISSUER}/.well-known/jwks.json",
        "USERS_CLIENT": USERS_CLIENT,
    }
    agents, people = (jwks(key) for key in (signer, users))
    return compose(
        environment,
        str(path),
        NOW.timestamp,
        lambda: 0.0,
        lambda: 0,
        fetch=lambda where: people if where.path.startswith("/users_1/") else agents,
        write=lines.append,
    )


ANY_CLIENT = JwtAuthorizer(
    gateway().authorizer.discovery_url, allowed_clients=("client-booking", "client-loyalty")
)
"""An authorizer that does not ask for a badge."""
