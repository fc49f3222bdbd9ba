"""A rotation under load: at every point of it an agent without a token is served."""

from __future__ import annotations

from cli.rotation.state import Phase
from tests.local.rotation.interleaved import CHANGING, rotation
from tests.local.rotation.world import World


def test_a_request_is_refused_while_a_secret_is_rotated(world: World) -> None:
    agent = world.take()
    served: list[tuple[str, str, bool]] = []
    told: list[str] = []
    one = rotation(world, agent, lambda *point: served.append((*point, world.works(agent))), told=told)
    done = one.rotate(one.look())
    assert [point for point in served if not point[2]] == []
    assert [call for moment, call, _ in served if moment == "before" and call in CHANGING] == list(CHANGING)
    assert ("wait", "60", True) in served
    steps = [each.split()[0] for each in told]
    assert steps == ["look", "add", "prove", "update", "wait", "wait", "delete", "list"]
    assert world.works(agent)
    assert (done.result, len(done.ids)) == ("rotated", 1)
    assert one.look().phase is Phase.IDLE


def test_a_secret_is_taken_before_it_is_added_or_after_it_is_deleted(world: World) -> None:
    agent = world.take()
    old = world.first_secret(agent)
    seen: list[tuple[str, str, bool, bool]] = []

    def at(moment: str, call: str) -> None:
        new = world.stored(agent, "AWSPENDING")
        taken = new is not None and world.gets_token(agent, new)
        seen.append((moment, call, world.gets_token(agent, old), taken))

    one = rotation(world, agent, at)
    one.rotate(one.look())
    added = seen.index(next(each for each in seen if each[:2] == ("after", "add")))
    deleted = seen.index(next(each for each in seen if each[:2] == ("after", "delete")))
    closed = seen.index(next(each for each in seen if each[:2] == ("after", "unmark")))
    for index, (_, _, old_taken, new_taken) in enumerate(seen[:closed]):
        assert old_taken is (index < deleted), seen[index]
        assert new_taken is (index >= added), seen[index]
    assert not world.gets_token(agent, old)
    live = world.stored(agent, "AWSCURRENT")
    assert live not in (None, old)
    assert world.stored(agent, "AWSPENDING") is None


def test_a_second_rotation_follows_the_first(world: World) -> None:
    """What a finished rotation leaves behind must not look like one in progress."""
    agent = world.take()
    ids = []
    for _ in range(3):
        one = rotation(world, agent)
        ids.append(one.rotate(one.look()).ids)
        assert world.works(agent)
    assert len(set(ids)) == 3
