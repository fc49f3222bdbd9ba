"""The command over the real pieces: what it prints, how it ends, and that no secret is in any of it."""

from __future__ import annotations

import argparse
import json
import logging
from typing import Any

import pytest

from cli.outcome import CLEAN, COULD_NOT_LOOK, FOUND
from cli.rotation.run import rotate
from governance.names import Names
from tests.local.rotation.interleaved import CHANGING, At, break_at, interleaved
from tests.local.rotation.world import World, scope

NAMES = Names("test", "dev")


def run(
    world: World, *agents: str, at: At = lambda moment, call: None, grace: float = 0, **given: Any
) -> int:
    """The command's own part, after its words were read and its platform found."""
    arguments = {"json": False, "resume": False, "undo": False, "dry_run": False, "aws": False}
    words = argparse.Namespace(**{**arguments, "system": None, "env": "dev", **given})
    badges = {agent: scope(agent) for agent in agents}
    return rotate(words, interleaved(world.cloud, at), NAMES, badges, grace=grace, sleep=lambda _: None)


def secrets_of(world: World, agent: str) -> list[str]:
    """Every value an agent's client has or had."""
    stages = ("AWSCURRENT", "AWSPENDING", "AWSPREVIOUS")
    found = {world.first_secret(agent), *(world.stored(agent, stage) for stage in stages)}
    return [each for each in found if each is not None]


def test_the_steps_are_not_told_or_hold_a_secret(
    world: World, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    agent = world.take()
    assert run(world, agent, grace=60) == CLEAN
    out, err = capsys.readouterr()
    lines = out.splitlines()
    steps = [line.split()[1:3] for line in lines]
    names = ("look", "add", "prove", "update", "wait", "wait", "delete", "list")
    assert [name for _, name in steps] == list(names)
    assert [number for number, _ in steps] == [f"{n}/7" for n in (1, 2, 3, 4, 5, 5, 6, 7)]
    assert all(line.startswith(f"{agent} ") for line in lines)
    assert f"clientof{agent}--" in lines[1]
    told = out + err + caplog.text + json.dumps(world.events.select())
    known = secrets_of(world, agent)
    assert len(known) == 2
    assert [value for value in known if value in told] == []


@pytest.mark.parametrize("call", [*CHANGING, "accepted", "provider"])
@pytest.mark.parametrize("json_wanted", [False, True])
def test_a_failure_says_a_secret_or_not_what_to_do(
    world: World, capsys: pytest.CaptureFixture[str], call: str, json_wanted: bool
) -> None:
    agent = world.take()
    code = run(world, agent, at=break_at("after", call), json=json_wanted)
    out, err = capsys.readouterr()
    assert [value for value in secrets_of(world, agent) if value in out + err] == []
    assert f"{agent}: {call}: Injected" in err
    if call == "provider":
        assert (code, "--resume" in err) == (COULD_NOT_LOOK, False)
    else:
        again = f"./airside rotate --agent {agent}"
        assert code == FOUND
        assert f"{again} --resume; to go back: {again} --undo" in err
    if json_wanted:
        (report,) = json.loads(out)["agents"]
        assert (report["agent"], report["result"]) == (agent, "stopped")
        assert report["error"] == f"{call}: Injected"


def test_ctrl_c_leaves_without_a_word(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    agent, other = world.take(), world.take()
    with pytest.raises(KeyboardInterrupt):
        run(world, agent, other, at=break_at("after", "add", by=KeyboardInterrupt), env="prod", aws=True)
    err = capsys.readouterr().err
    assert f"./airside rotate --agent {agent} --env prod --aws --resume" in err
    assert f"not reached: {other}" in err
    assert world.works(agent)
    assert run(world, agent, resume=True) == CLEAN
    assert not world.gets_token(agent, world.first_secret(agent))


def test_a_rotation_in_progress_is_begun_again(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    agent = world.take()
    run(world, agent, at=break_at("after", "add"))
    before = world.stored(agent, "AWSPENDING")
    capsys.readouterr()
    for dry in (False, True):
        assert run(world, agent, dry_run=dry) == FOUND
        assert "in progress: both secrets are live" in capsys.readouterr().err
    assert world.stored(agent, "AWSPENDING") == before
    assert run(world, agent, undo=True) == CLEAN
    assert world.gets_token(agent, world.first_secret(agent))


def test_resume_or_undo_of_nothing_changes_something(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    agent = world.take()
    for undo in (False, True):
        assert run(world, agent, json=True, undo=undo, resume=not undo) == CLEAN
        (report,) = json.loads(capsys.readouterr().out)["agents"]
        assert report["result"] == "nothing"
    assert world.stored(agent, "AWSCURRENT") == world.first_secret(agent)


def test_a_dry_run_changes_something(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    agent = world.take()
    calls: list[str] = []
    assert run(world, agent, at=lambda _, call: calls.append(call), dry_run=True) == CLEAN
    assert set(calls) & set(CHANGING) == set()
    assert "gets a token; a rotation adds a second one" in capsys.readouterr().out
    assert world.stored(agent, "AWSCURRENT") == world.first_secret(agent)


def test_after_a_failure_the_next_agent_is_rotated(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, third = (world.take() for _ in range(3))
    made: list[str] = []

    def at(moment: str, call: str) -> None:
        if (moment, call) == ("after", "add"):
            made.append(call)
            if len(made) == 2:
                break_at(moment, call)(moment, call)

    assert run(world, first, second, third, at=at, json=True) == FOUND
    out, err = capsys.readouterr()
    assert [(each["agent"], each["result"]) for each in json.loads(out)["agents"]] == [
        (first, "rotated"),
        (second, "stopped"),
    ]
    assert f"not reached: {third}" in err
    assert [world.gets_token(agent, world.first_secret(agent)) for agent in (first, second, third)] == [
        False,
        True,
        True,
    ]


def test_an_agent_nobody_deployed_looks_rotated(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(world, "nobody") == COULD_NOT_LOOK
    assert "get_oauth2_credential_provider: ResourceNotFoundException" in capsys.readouterr().err
