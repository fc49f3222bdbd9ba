"""What the list shows, the modes, the records, and policies that cannot be enforced."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.spec import CedarPolicy
from tests.local.gateway.kit import World
from tests.local.gateway.parts import CREATE, INFO, forbid, gateway, permit

BOTH = (permit("p_booking", "booking", INFO, CREATE), permit("p_loyalty", "loyalty", INFO))


def _world(*policies: CedarPolicy, mode: str | None = "ENFORCE", **changes: Any) -> World:
    return World(gateway(policy_mode=mode, policies=policies, **changes))


@pytest.mark.parametrize(
    ("policies", "listed"),
    [
        ((), []),
        ((permit("p", "loyalty", INFO),), []),
        ((permit("p", "booking", INFO),), [INFO]),
        ((permit("p", "booking", CREATE, when="context.input.amount < 5"),), [CREATE]),
        ((permit("p", "booking", CREATE, when="context has output"),), []),
        ((permit("p", "booking", CREATE, when='principal.hasTag("x") && context.input.amount < 5'),), []),
        ((permit("p", "booking", CREATE), forbid("f", CREATE, "true")), []),
        (
            (
                permit("p", "booking", CREATE),
                forbid("f", CREATE, 'principal.getTag("sub") == "client-booking"'),
            ),
            [],
        ),
        ((permit("p", "booking", CREATE), forbid("f", CREATE, "context.input.amount > 5")), [CREATE]),
        ((permit("p", "booking", CREATE), forbid("f", CREATE, 'principal.getTag("nope") == "x"')), [CREATE]),
        ((permit("p", "booking", INFO, CREATE), forbid("f", CREATE, "true")), [INFO]),
    ],
)
def test_the_list_shows_what_no_arguments_could_make_permitted(
    policies: tuple[CedarPolicy, ...], listed: list[str]
) -> None:
    assert _world(*policies).tools() == listed


def test_log_only_enforces_or_stays_silent() -> None:
    world = _world(*BOTH, mode="LOG_ONLY")
    assert world.tools("loyalty") == [INFO, CREATE]
    assert world.call(CREATE, {"customer_id": "C1", "price": 1.00001}, agent="loyalty").status_code == 200
    assert world.call(CREATE, {"customer_id": "C1"}, agent="loyalty").status_code == 200
    last = world.events.layer("policy")[-1]
    assert (last["effect"], last["reason"], last["enforced"]) == ("deny", "denied_by_default", False)


def test_a_policy_in_log_only_decides_or_goes_unrecorded() -> None:
    shadow = permit("shadow", "loyalty", CREATE, mode="LOG_ONLY")
    world = _world(*BOTH, shadow)
    assert world.call(CREATE, {"customer_id": "C1"}, agent="loyalty").status_code == 403
    last = world.events.layer("policy")[-1]
    assert (last["effect"], last["log_only_matched"], last["log_only_flipping"]) == (
        "deny",
        ["shadow"],
        ["shadow"],
    )
    assert world.tools("loyalty") == [INFO]


def test_the_recorded_decision_lacks_its_cause_or_holds_an_argument() -> None:
    world = _world(*BOTH)
    world.call(CREATE, {"customer_id": "C-secret"})
    event = world.events.layer("policy")[-1]
    assert {
        "event": "decision",
        "effect": "allow",
        "reason": "permitted",
        "source": "p_booking",
        "tool": CREATE,
        "method": "tools/call",
        "client": "client-booking",
        "request_id": 1,
        "enforced": True,
    }.items() <= event.items()
    assert len(event["policy"]) == 16
    assert "C-secret" not in str(list(world.events))


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("permit(principal, action, resource", "not Cedar"),
        ("", "exactly one"),
        ("permit(principal, action, resource); permit(principal, action, resource);", "exactly one"),
        ("permit(principal == ?principal, action, resource);", "exactly one"),
    ],
)
def test_a_policy_that_cannot_be_enforced_is_dropped(statement: str, words: str) -> None:
    with pytest.raises(ValueError, match=f"policy broken: .*{words}"):
        _world(CedarPolicy("broken", statement))


def test_two_policies_of_one_name_or_an_unknown_mode_start() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        _world(BOTH[0], BOTH[0])
    with pytest.raises(ValueError, match="OFF"):
        _world(CedarPolicy("p", BOTH[0].statement, "OFF"))
    with pytest.raises(ValueError, match="OFF"):
        _world(*BOTH, mode="OFF")


def test_the_policy_version_stays_when_a_policy_changes() -> None:
    versions = set()
    for policies in (BOTH, BOTH[:1], (BOTH[0], CedarPolicy("p_loyalty", BOTH[1].statement, "LOG_ONLY"))):
        world = _world(*policies)
        world.call(INFO, {"customer_id": "C1"})
        versions.add(world.events.layer("policy")[-1]["policy"])
    assert len(versions) == 3
