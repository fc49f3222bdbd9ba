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
from gateway_interceptor.handler import compose
from localcloud.gateway import InProcessKeys
from localcloud.spec import JwtAuthorizer, Target
from tests.functions.interceptor.tokens import Signer
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
SEARCH = "x_amz_bedrock_agentcore_search"
LOYALTY = Target(
    "loyalty-mcp",
    "T2",
    "lambda",
    function_arn=FUNCTION,
    tools=(tool("get_points", "member", member="string"),),
)
TARGETS = (CUSTOMER, LOYALTY)
GRANTS = {"booking": frozenset((INFO, CREATE)), "loyalty": frozenset((POINTS,))}
SCHEMAS = {f"{target.name}___{spec.name}": spec.input_schema for target in TARGETS for spec in target.tools}


def context(signer: Signer) -> Context:
    """The booking agent's, with the issuer's key in its hands."""
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
        arguments={name: sample(schema) for name, schema in SCHEMAS.items()},
        tokens={agent: signer.token(claims(agent)) for agent in GRANTS},
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
def standing(folder: Path, signer: Signer, around: Any = None, **weak: Any) -> Iterator[Stand]:
    """Serves the gateway with both layers; `weak` changes its specification, `around` wraps the ASGI app."""
    listening = bound_socket()
    port = listening.getsockname()[1]
    lines: list[str] = []
    open_guard = weak.pop("open_guard", False)
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
    guard = _guard(folder, signer, lines)
    world.functions.functions[GUARD] = pass_through if open_guard else lambda event, _: guard(event)
    app = around(world) if around else world.app
    with serving(app, listening):
        yield Stand(Endpoint(False, "127.0.0.1", port, "/mcp"), world.events, lines)


def _guard(folder: Path, signer: Signer, lines: list[str]) -> Any:
    policy = {
        "version": 1,
        "system": "air",
        "environment": "dev",
        "badges": {f"air/agent.{agent}": agent for agent in GRANTS},
        "grants": {agent: dict.fromkeys(tools, f"{agent}.yaml:1") for agent, tools in GRANTS.items()},
        "tools": sorted(SCHEMAS),
    }
    path = folder / "policy.json"
    path.write_text(json.dumps(policy, sort_keys=True), "utf-8")
    environment = {
        "ISSUER": ISSUER,
        "JWKS_URL": f"{ISSUER}/.well-known/jwks.json",
        "METRIC_NAMESPACE": "Airside/air-dev",
    }
    document = json.dumps({"keys": [signer.jwk]}).encode()
    return compose(
        environment,
        str(path),
        NOW.timestamp,
        lambda: 0.0,
        lambda: 0,
        fetch=lambda _: document,
        write=lines.append,
    )


ANY_CLIENT = JwtAuthorizer(
    gateway().authorizer.discovery_url, allowed_clients=("client-booking", "client-loyalty")
)
"""An authorizer that does not ask for a badge."""
