"""The gateway with the interceptor that is deployed: two layers, one matrix."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway_interceptor.handler import compose
from localcloud.spec import JwtAuthorizer, Target
from tests.local.gateway.kit import NOW, World, call_body, keys, rpc, token
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

LOYALTY = Target(
    "loyalty-mcp", "T2", "lambda", function_arn=FUNCTION, tools=(tool("get_points", x="string"),)
)
POINTS = "loyalty-mcp___get_points"
SEARCH = "x_amz_bedrock_agentcore_search"
GRANTS = {"booking": (INFO, CREATE), "loyalty": (INFO, POINTS)}
ARGUMENTS = {INFO: {"customer_id": "C1"}, CREATE: {"customer_id": "C1"}, POINTS: {"x": "1"}}
ENVIRON = {
    "ISSUER": ISSUER,
    "JWKS_URL": f"{ISSUER}/.well-known/jwks.json",
    "METRIC_NAMESPACE": "Airside/air-dev",
}


def _world(folder: Path, lines: list[str], **changes: Any) -> World:
    """The agents may search where the gateway can."""
    searching = (SEARCH,) if changes.get("semantic_search") else ()
    policy = {
        "version": 3,
        "system": "air",
        "environment": "dev",
        "badges": {f"air/agent.{agent}": agent for agent in GRANTS},
        "grants": {
            agent: dict.fromkeys((*tools, *searching), f"{agent}.yaml:1") for agent, tools in GRANTS.items()
        },
        "tools": sorted({*ARGUMENTS, *searching}),
        "users": None,
        "arguments": {},
    }
    path = folder / "policy.json"
    path.write_text(json.dumps(policy, sort_keys=True), "utf-8")
    document = json.dumps(keys().jwks()).encode()
    guard = compose(
        ENVIRON,
        str(path),
        NOW.timestamp,
        lambda: 0.0,
        lambda: 0,
        fetch=lambda _: document,
        write=lines.append,
    )

    def run(event: Any, _: Mapping[str, Any]) -> Any:
        return guard(event)

    world = World(gateway(targets=(CUSTOMER, LOYALTY), interceptors=(interceptor(headers=True),), **changes))
    world.functions.functions[GUARD] = run
    return world


def _cedar() -> dict[str, Any]:
    return {
        "policy_mode": "ENFORCE",
        "policies": tuple(permit(f"p_{agent}", agent, *tools, SEARCH) for agent, tools in GRANTS.items()),
    }


LAYERS: dict[str, dict[str, Any]] = {"interceptor alone": {}, "with Cedar": _cedar()}


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("agent", GRANTS)
@pytest.mark.parametrize("name", [*ARGUMENTS, "customer-mcp___none", SEARCH.upper()])
def test_a_cell_of_the_matrix_is_decided_otherwise(
    tmp_path: Path, agent: str, name: str, layers: str
) -> None:
    lines: list[str] = []
    world = _world(tmp_path, lines, **LAYERS[layers])
    answer = world.call(name, ARGUMENTS.get(name, {}), agent=agent)
    decisions = [json.loads(line) for line in lines if '"decision"' in line]
    assert decisions[0]["trace_id"] is None or len(decisions[0]["trace_id"]) == 32
    if name in GRANTS[agent]:
        assert (answer.status_code, answer.json()["result"]["isError"]) == (200, False)
        assert (decisions[0]["effect"], decisions[0]["agent"]) == ("allow", agent)
    else:
        assert answer.status_code == 403
        assert answer.json()["id"] == 1
        assert decisions[0]["effect"] == "deny"
        assert world.functions.of(FUNCTION) == []


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("agent", GRANTS)
def test_a_list_or_a_search_shows_more_than_the_grants(tmp_path: Path, agent: str, layers: str) -> None:
    world = _world(tmp_path, [], semantic_search=True, **LAYERS[layers])
    assert set(world.tools(agent)) == {*GRANTS[agent], SEARCH}
    found = world.call(SEARCH, {"query": "customer booking points info"}, agent=agent).json()["result"]
    names = {each["name"] for each in found["structuredContent"]["tools"]}
    assert names == set(GRANTS[agent])
    assert json.loads(found["content"][0]["text"]) == found["structuredContent"]


def test_a_weakened_authorizer_lets_a_stranger_through(tmp_path: Path) -> None:
    weak = JwtAuthorizer(
        gateway().authorizer.discovery_url, allowed_clients=("client-booking", "client-rogue")
    )
    world = _world(tmp_path, [], authorizer=weak)
    for bearer in (
        token("rogue"),
        token(scope="air/agent.booking air/agent.loyalty"),
        token(scope="air/agent.booking other"),
        token(token_use=None),
    ):
        answer = world.post(call_body(INFO, {"customer_id": "C1"}), bearer=bearer)
        assert answer.status_code in (401, 403)
    assert world.functions.of(FUNCTION) == []


@pytest.mark.parametrize(
    "body", [rpc("initialize", protocolVersion="2025-11-25"), rpc("ping"), rpc("tools/list")]
)
def test_an_agent_cannot_open_a_session(tmp_path: Path, body: dict[str, Any]) -> None:
    assert _world(tmp_path, []).post(body).status_code == 200


def test_a_notification_is_refused(tmp_path: Path) -> None:
    body = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert _world(tmp_path, []).post(body).status_code == 202
