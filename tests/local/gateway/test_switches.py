"""A switch in the running gateway: thrown and thrown back between two requests, told apart, and recorded."""

from __future__ import annotations

import pytest

from localcloud.gateway.policy import PolicyEngine
from localcloud.spec import CedarPolicy, Switch
from tests.local.gateway.kit import World, token
from tests.local.gateway.parts import CREATE, GATEWAY_ARN, INFO, forbid, gateway, permit

BOTH = (permit("p_booking", "booking", INFO, CREATE), permit("p_loyalty", "loyalty", INFO))
ARGUMENTS = {"customer_id": "C1"}


def agent_switch(agent: str, mode: str = "LOG_ONLY") -> CedarPolicy:
    text = (
        "forbid(principal is AgentCore::OAuthUser, action, resource is AgentCore::Gateway) when "
        f'{{ principal.hasTag("scope") && principal.getTag("scope") == "air/agent.{agent}" }};'
    )
    return CedarPolicy(f"off_{agent}", text, mode, switch=Switch("agent", agent))


def on_action(name: str, action: str, switch: Switch, mode: str = "LOG_ONLY") -> CedarPolicy:
    text = f'forbid(principal, action {action}, resource == AgentCore::Gateway::"{GATEWAY_ARN}");'
    return CedarPolicy(name, text, mode, switch=switch)


OFF_BOOKING = agent_switch("booking")
OFF_INFO = on_action("off_info", f'== AgentCore::Action::"{INFO}"', Switch("tool", INFO))
OFF_TARGET = on_action("off_target", 'in AgentCore::Action::"customer-mcp"', Switch("target", "customer-mcp"))


def switched(*policies: CedarPolicy, mode: str = "ENFORCE") -> World:
    return World(gateway(policy_mode=mode, policies=(*BOTH, *policies)))


def engine(world: World) -> PolicyEngine:
    assert world.app.engine is not None
    return world.app.engine


def statuses(world: World) -> dict[tuple[str, str], int]:
    """Each agent's call of each tool."""
    return {
        (agent, tool): world.call(tool, ARGUMENTS, agent=agent).status_code
        for agent in ("booking", "loyalty")
        for tool in (INFO, CREATE)
    }


GRANTED = {("booking", INFO): 200, ("booking", CREATE): 200, ("loyalty", INFO): 200, ("loyalty", CREATE): 403}


@pytest.mark.parametrize(
    ("policy", "refused", "lists"),
    [
        (OFF_BOOKING, [("booking", INFO), ("booking", CREATE)], {"booking": [], "loyalty": [INFO]}),
        (OFF_INFO, [("booking", INFO), ("loyalty", INFO)], {"booking": [CREATE], "loyalty": []}),
        (OFF_TARGET, list(GRANTED), {"booking": [], "loyalty": []}),
    ],
    ids=["agent", "tool", "target"],
)
def test_a_thrown_switch_stops_more_or_less_than_it_is_for(
    policy: CedarPolicy, refused: list[tuple[str, str]], lists: dict[str, list[str]]
) -> None:
    with switched(policy) as world:
        assert statuses(world) == GRANTED
        assert world.tools("booking") == [INFO, CREATE]
        called = len(world.functions.calls)

        engine(world).enforce(policy.name, "ACTIVE")
        assert statuses(world) == {**GRANTED, **dict.fromkeys(refused, 403)}
        assert {agent: world.tools(agent) for agent in lists} == lists
        allowed = sum(status == 200 for status in GRANTED.values())
        assert len(world.functions.calls) == called + allowed - len(set(refused) - {("loyalty", CREATE)})

        engine(world).enforce(policy.name, "LOG_ONLY")
        assert statuses(world) == GRANTED
        assert world.tools("booking") == [INFO, CREATE]


def test_a_refusal_by_a_switch_reads_like_any_other() -> None:
    world = switched(agent_switch("booking", "ACTIVE"), forbid("limit", INFO, "true"))
    refused = world.call(INFO, ARGUMENTS)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, -32002)
    assert refused.json()["error"]["message"].endswith("[Policy evaluation denied due to limit, off_booking]")
    event = world.events.layer("policy")[-1]
    assert (event["effect"], event["reason"]) == ("deny", "switched_off")
    assert (event["source"], event["switched_off"]) == ("limit, off_booking", ["agent booking"])
    # Another forbid alone is none, and so is a missing permit.
    world.call(INFO, ARGUMENTS, agent="loyalty")
    world.call(CREATE, ARGUMENTS, agent="loyalty")
    assert [event["reason"] for event in world.events.layer("policy")[-2:]] == [
        "forbidden",
        "denied_by_default",
    ]
    assert not [event for event in world.events.layer("policy")[-2:] if "switched_off" in event]


def test_a_call_with_wrong_arguments_hides_that_its_tool_is_switched_off() -> None:
    world = switched(on_action("off_info", f'== AgentCore::Action::"{INFO}"', Switch("tool", INFO), "ACTIVE"))
    refused = world.call(INFO, {"wrong": 1})
    assert refused.status_code == 403
    assert refused.json() == world.call(INFO, ARGUMENTS).json()
    assert {event["reason"] for event in world.events.layer("policy")} == {"switched_off"}


def test_a_list_that_a_switch_shortened_does_not_say_so() -> None:
    world = switched(agent_switch("booking", "ACTIVE"), OFF_INFO)
    engine(world).enforce("off_info", "ACTIVE")
    assert (world.tools("booking"), world.tools("loyalty")) == ([], [])
    of = {event["client"]: event for event in world.events.layer("policy")}
    assert of["client-booking"]["switched_off"] == ["agent booking", f"tool {INFO}"]
    # The switch of booking is none of loyalty's.
    assert of["client-loyalty"]["switched_off"] == [f"tool {INFO}"]
    plain = switched(OFF_BOOKING)
    plain.tools("booking")
    assert "switched_off" not in plain.events.layer("policy")[-1]


def test_a_switch_of_a_tool_one_was_never_granted_shortens_no_list() -> None:
    world = switched(
        on_action("off_create", f'== AgentCore::Action::"{CREATE}"', Switch("tool", CREATE), "ACTIVE")
    )
    assert world.tools("loyalty") == [INFO]
    assert "switched_off" not in world.events.layer("policy")[-1]


def test_a_parked_switch_is_evaluated_and_decides_nothing() -> None:
    world = switched(OFF_BOOKING, OFF_INFO)
    world.call(INFO, ARGUMENTS)
    world.call(CREATE, ARGUMENTS, agent="loyalty")
    by_booking, by_loyalty = world.events.layer("policy")
    assert by_booking["effect"] == "allow"
    assert by_booking["log_only_matched"] == by_booking["log_only_flipping"] == ["off_booking", "off_info"]
    # A switch would change nothing where nothing is allowed anyway.
    assert (by_loyalty["log_only_matched"], by_loyalty["log_only_flipping"]) == ([], [])


def test_an_engine_that_only_logs_is_taken_to_have_stopped_something() -> None:
    world = switched(agent_switch("booking", "ACTIVE"), mode="LOG_ONLY")
    assert world.call(INFO, ARGUMENTS).status_code == 200
    event = world.events.layer("policy")[-1]
    assert (event["effect"], event["reason"], event["enforced"]) == ("deny", "switched_off", False)


def test_a_token_that_was_used_before_outlives_the_switch() -> None:
    """What the gateway remembers of a verified token holds no decision of before."""
    bearer = token("booking")
    world = switched(OFF_BOOKING)
    versions = set()
    for mode in ("LOG_ONLY", "ACTIVE", "LOG_ONLY"):
        engine(world).enforce("off_booking", mode)
        answer = world.post({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, bearer=bearer)
        assert bool(answer.json()["result"]["tools"]) is (mode == "LOG_ONLY")
        versions.add(world.events.layer("policy")[-1]["policy"])
    assert len(versions) == 2, "the decision line's policy hash tells with which policies it was made"


def test_a_policy_or_mode_that_is_not_there_is_switched() -> None:
    world = switched(OFF_BOOKING)
    for policy, mode in (("off_nobody", "ACTIVE"), ("off_booking", "OFF")):
        with pytest.raises(KeyError):
            engine(world).enforce(policy, mode)
    assert statuses(world) == GRANTED


def test_a_permit_is_taken_for_a_switch() -> None:
    wrong = CedarPolicy("p", BOTH[0].statement, switch=Switch("agent", "booking"))
    with pytest.raises(ValueError, match="is the switch of the agent booking, and forbids nothing"):
        World(gateway(policy_mode="ENFORCE", policies=(wrong,)))
