"""What a rotation finds: whose secrets they are, another operator at work, a value that was never added."""

from __future__ import annotations

import pytest

from cli.rotation.procedure import Refused
from cli.rotation.state import Phase, Secret, Seen, Stored, Versions
from tests.local.rotation.interleaved import CHANGING, break_at, rotation
from tests.local.rotation.test_interrupted import is_done
from tests.local.rotation.world import World

PREPARED = Stored(Secret("x"), "client", "old")


@pytest.mark.parametrize(
    ("ids", "pending", "phase"),
    [
        (("old",), None, Phase.IDLE),
        (("old",), PREPARED, Phase.BEGUN),
        (("old", "new"), PREPARED, Phase.BOTH_LIVE),
        (("new", "old"), PREPARED, Phase.BOTH_LIVE),
        (("new",), PREPARED, Phase.OLD_GONE),
        (("a", "b"), None, Phase.TWO_UNKNOWN),
        (("a", "b"), PREPARED, Phase.STRANGE),
        (("old",), Stored(Secret("x"), "another", "old"), Phase.STRANGE),
        (("old",), Stored(Secret("x")), Phase.STRANGE),
    ],
)
def test_a_phase_is_taken_for_another(ids: tuple[str, ...], pending: Stored | None, phase: Phase) -> None:
    seen = Seen("client", ids, Versions("v1", "v2" if pending else None), pending)
    assert seen.phase is phase
    if phase is not Phase.STRANGE:
        assert seen.new == ("new" if "new" in ids else None)


def test_a_value_is_in_the_text_of_what_holds_it() -> None:
    seen = Seen("client", ("old",), Versions("v1", "v2"), Stored(Secret("hidden-value"), "client", "old"))
    assert "hidden-value" not in f"{seen} {seen!r} {seen.pending} {seen.pending!r}"


def test_a_second_secret_of_nobodys_rotation_is_deleted(world: World) -> None:
    agent = world.take()
    one = rotation(world, agent)
    one.look()
    world.cloud.add(world.cloud.provider(one.provider), Secret("b" * 30))
    seen = one.look()
    assert seen.phase is Phase.TWO_UNKNOWN
    with pytest.raises(Refused, match=f"{seen.ids[0]}, {seen.ids[1]}"):
        one.rotate(seen)
    with pytest.raises(Refused, match="nothing to undo"):
        one.undo(seen)
    assert one.look() == seen
    assert world.works(agent)


def test_a_secret_somebody_else_added_is_taken_for_ours(world: World) -> None:
    """Prepared, but then another value was added: nothing of it may be deleted, nothing made current."""
    agent = world.take()
    one = rotation(world, agent, break_at("after", "prepare"))
    with pytest.raises(Exception, match="Injected"):
        one.rotate(one.look())
    world.cloud.add(world.cloud.provider(one.provider), Secret("c" * 30))
    one = rotation(world, agent)
    seen = one.look()
    assert seen.phase is Phase.BOTH_LIVE
    with pytest.raises(Refused, match="does not take the new secret"):
        one.rotate(seen)
    assert world.stored(agent, "AWSCURRENT") == world.first_secret(agent)
    one.undo(one.look())
    assert one.look().ids == seen.ids
    assert one.look().phase is Phase.TWO_UNKNOWN
    assert world.works(agent)


def test_a_marker_of_a_replaced_client_keeps_the_new_one_from_rotating(world: World) -> None:
    agent = world.take()
    one = rotation(world, agent)
    one.look()
    provider = world.cloud.provider(one.provider)
    world.cloud.prepare(provider, "an-id-of-a-client-that-is-gone--1")
    seen = one.look()
    assert seen.phase is Phase.OLD_GONE
    with pytest.raises(Refused, match="does not take the new secret"):
        one.rotate(seen)
    one.undo(one.look())
    assert is_done(world, agent)


@pytest.mark.parametrize("call", CHANGING)
def test_two_operators_at_once_leave_a_broken_agent(world: World, call: str) -> None:
    """In the middle of one rotation another person finishes it, as --resume would."""
    agent = world.take()
    done: list[bool] = []

    def other(moment: str, name: str) -> None:
        if (moment, name) == ("before", call) and not done:
            done.append(True)
            second = rotation(world, agent)
            second.rotate(second.look())

    one = rotation(world, agent, other)
    try:
        one.rotate(one.look())
    except Exception as problem:
        assert "secret" in str(problem) or "update_secret_version_stage" in str(problem), problem
    assert done
    assert world.works(agent)
    last = rotation(world, agent)
    seen = last.look()
    if seen.phase is not Phase.IDLE:
        try:
            last.rotate(seen)
        except Refused:
            last.undo(last.look())
    assert is_done(world, agent)


def test_the_first_rotation_after_a_deployment_fails(world: World) -> None:
    """A deployment leaves a value in Secrets Manager that Cognito does not know; the agent gets no token."""
    agent = world.take()
    one = rotation(world, agent)
    one.look()
    provider = world.cloud.provider(one.provider)
    version = world.cloud.prepare(provider, "")
    world.cloud.make_current(provider, version=version, instead_of=world.cloud.versions(provider).current)
    world.cloud.unmark(provider, version)
    world.cloud.update(provider)
    assert world.request(agent) != 200
    seen = one.look()
    assert "no token" in one.plan(seen)
    one.rotate(seen)
    assert is_done(world, agent)
    assert not world.gets_token(agent, world.first_secret(agent))
