"""Stopped at any call, before or after its effect, the agent is served, and the rotation can be finished or undone."""

from __future__ import annotations

import pytest

from cli.rotation.cloud import CallFailed
from cli.rotation.procedure import Refused
from cli.rotation.state import Phase
from tests.local.rotation.interleaved import CHANGING, break_at, rotation
from tests.local.rotation.world import World

NOTHING_BEGUN, TOO_LATE, ALL_DONE = ("before", "prepare"), ("after", "delete"), ("after", "unmark")
POINTS = [
    NOTHING_BEGUN,
    # Before a call it is as after the one before: between two of these nothing is changed.
    *(("after", call) for call in CHANGING),
    # The token endpoint does not answer, or the wait is cut short.
    ("before", "accepted"),
    ("wait", "60"),
]


def stopped(world: World, point: tuple[str, str], by: type[BaseException] = CallFailed) -> str:
    """An agent whose rotation was stopped there."""
    agent = world.take()
    one = rotation(world, agent, break_at(*point, by=by))
    with pytest.raises(by):
        one.rotate(one.look())
    assert world.works(agent)
    return agent


def is_done(world: World, agent: str) -> bool:
    """One secret, nothing in progress, and it is the one that is used."""
    seen = rotation(world, agent).look()
    return seen.phase is Phase.IDLE and world.stored(agent, "AWSPENDING") is None and world.works(agent)


@pytest.mark.parametrize("point", POINTS, ids="-".join)
def test_a_stopped_rotation_cannot_be_finished(world: World, point: tuple[str, str]) -> None:
    agent = stopped(world, point)
    one = rotation(world, agent, lambda *_: None)
    seen = one.look()
    assert (seen.phase is Phase.IDLE) is (point in (NOTHING_BEGUN, ALL_DONE))
    if point != ALL_DONE:
        assert one.rotate(seen).result == "rotated"
    assert is_done(world, agent)
    assert not world.gets_token(agent, world.first_secret(agent))


@pytest.mark.parametrize("point", POINTS, ids="-".join)
def test_a_stopped_rotation_cannot_be_undone(world: World, point: tuple[str, str]) -> None:
    agent = stopped(world, point, KeyboardInterrupt)
    new = world.stored(agent, "AWSPENDING")
    one = rotation(world, agent)
    seen = one.look()
    if seen.phase is Phase.IDLE:
        with pytest.raises(Refused, match="nothing to undo"):
            one.undo(seen)
    elif point == TOO_LATE:
        with pytest.raises(Refused, match="--resume"):
            one.undo(seen)
        one.rotate(one.look())
    else:
        assert one.undo(seen).ids == (seen.pending.replaces if seen.pending else "",)
        assert world.gets_token(agent, world.first_secret(agent))
        assert new is not None
        assert not world.gets_token(agent, new)
        assert world.stored(agent, "AWSCURRENT") == world.first_secret(agent)
    assert is_done(world, agent)


@pytest.mark.parametrize("again", ["undo", "rotate"])
@pytest.mark.parametrize(
    "point", [("before", "make_current"), *(("after", call) for call in CHANGING[2:])], ids="-".join
)
def test_a_stopped_undo_leaves_a_broken_agent(world: World, point: tuple[str, str], again: str) -> None:
    agent = stopped(world, ("after", "update"))
    one = rotation(world, agent, break_at(*point))
    seen = one.look()
    with pytest.raises(CallFailed):
        one.undo(seen)
    assert world.works(agent)
    one = rotation(world, agent)
    seen = one.look()
    if seen.phase is not Phase.IDLE:
        (one.undo if again == "undo" else one.rotate)(seen)
    else:
        assert point == ALL_DONE
    assert is_done(world, agent)
    back = again == "undo" or point == ALL_DONE
    assert world.gets_token(agent, world.first_secret(agent)) is back


def test_a_request_is_refused_while_a_rotation_is_undone(world: World) -> None:
    agent = stopped(world, ("after", "update"))
    served: list[bool] = []
    one = rotation(world, agent, lambda *_: served.append(world.works(agent)))
    one.undo(one.look())
    assert len(served) > 20
    assert all(served)
