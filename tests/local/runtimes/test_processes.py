"""An agent's process: what it is told, where its words go, that it comes back, and that it never stays."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from localcloud.nursery import Nursery
from localcloud.runtimes.process import Limits
from tests.local.runtimes import kit
from tests.local.runtimes.kit import World

pytestmark = pytest.mark.anyio


async def test_the_environment_is_the_templates_and_the_platforms_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = {
        "AWS_PROFILE": "planted-mine",
        "AWS_SESSION_TOKEN": "planted-secret",
        "HTTPS_PROXY": "http://planted-proxy.example",
        "PYTHONPATH": "/planted-elsewhere",
        "CANARY": "planted-canary",
    }
    for name, value in planted.items():
        monkeypatch.setenv(name, value)
    booking = kit.runtime("booking", tmp_path, environment={"PORT": "1", "AWS_REGION": "xx", "LABEL": "글"})
    async with kit.running(kit.system(booking), tmp_path) as world:
        shown = (await world.post("show")).json()
        home = Path(shown["env"]["HOME"])
        assert home.is_dir()
    env = shown["env"]
    assert set(env) - {"LC_CTYPE"} == {
        *("NOTES", "AGENT_NAME", "LABEL"),
        *("PATH", "HOME", "LANG", "PORT", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"),
        *("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"),
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"),
        *("AWS_EC2_METADATA_DISABLED", "AWS_MAX_ATTEMPTS", "NO_PROXY", "no_proxy"),
    }
    assert "planted" not in str(shown)
    assert env["LABEL"] == "글"
    # What the platform says wins over the template.
    assert (env["AWS_REGION"], env["AWS_ACCESS_KEY_ID"]) == (kit.REGION, "LOCAL.airline_dev_booking")
    assert (env["AWS_ENDPOINT_URL"], env["PORT"] != "1") == (world.url, True)
    assert shown["cwd"] == str(booking.source)
    assert not home.exists()


async def test_each_agent_has_a_home_of_its_own(tmp_path: Path) -> None:
    both = [kit.runtime(agent, tmp_path) for agent in ("booking", "loyalty")]
    async with kit.running(kit.system(*both), tmp_path) as world:
        homes = {
            (await world.post("show", agent=agent)).json()["env"]["HOME"] for agent in ("booking", "loyalty")
        }
    assert len(homes) == 2


async def test_running_an_agent_changes_nothing_in_the_assembly(own_world: World) -> None:
    source = own_world.system.runtimes[0].source
    await own_world.post("show")
    assert sorted(path.name for path in source.rglob("*")) == ["__init__.py", "__main__.py", "tiny"]


async def test_what_an_agent_says_goes_to_its_log(tmp_path: Path) -> None:
    async with kit.running(kit.system(kit.runtime("booking", tmp_path)), tmp_path) as world:
        await world.post("say", text="예약")
        await world.post("say", text="x" * 2_000_000)
        await world.post("say", text="끝")
    # Read after the end: nothing said before it is lost, and one endless line does not stop the rest.
    lines = world.log().splitlines()
    assert lines[:2] == ["예약", "예약예약"]
    assert lines[-2:] == ["끝", "끝끝"]
    assert (tmp_path / "logs" / "airline_dev_booking.log").stat().st_mode & 0o777 == 0o600


async def test_an_agent_that_dies_is_told_of_and_comes_back(own_world: World) -> None:
    for deaths in (1, 2, 3):
        before = own_world.pool.pids()["booking"]
        assert before is not None
        reply = await own_world.post("die")
        assert (reply.status_code, reply.headers["x-amzn-errortype"]) == (424, "RuntimeClientError")
        await kit.until(lambda dead=before: own_world.pool.pids()["booking"] not in (dead, None))  # type: ignore[misc]
        await kit.until(lambda: own_world.pool.states() == {"booking": "ready"})
        assert (await own_world.post("show")).status_code == 200
        assert own_world.notices == ["the agent booking ended with 3; starting it again"] * deaths


async def test_the_death_of_one_agent_is_not_the_others(tmp_path: Path) -> None:
    both = [kit.runtime(agent, tmp_path) for agent in ("booking", "loyalty")]
    async with kit.running(kit.system(*both), tmp_path) as world:
        before = world.pool.pids()["loyalty"]
        await world.post("die")
        assert (await world.post("show", agent="loyalty")).status_code == 200
        assert world.pool.pids()["loyalty"] == before


async def test_callers_are_told_while_an_agent_is_started_again(tmp_path: Path) -> None:
    """The second end is followed by a pause of an hour, so the request surely falls into it."""
    limits = Limits(first_pause=3600, longest_pause=3600)
    async with kit.running(kit.system(kit.runtime("booking", tmp_path)), tmp_path, limits) as world:
        await world.post("die")
        await kit.until(lambda: len(world.notices) == 1 and world.pool.states()["booking"] == "ready")
        await world.post("die")
        await kit.until(lambda: len(world.notices) == 2)
        reply = await world.post("show")
        assert world.pool.states() == {"booking": "starting"}
    assert (reply.status_code, "is not running" in reply.text) == (424, True)


async def test_an_agent_whose_folder_vanished_is_tried_again(tmp_path: Path) -> None:
    booking = kit.runtime("booking", tmp_path)
    away = tmp_path / "away"
    async with kit.running(kit.system(booking), tmp_path) as world:
        booking.source.rename(away)
        await world.post("die")
        await kit.until(lambda: any("cannot be started" in notice for notice in world.notices))
        away.rename(booking.source)
        await kit.until(lambda: world.pool.states() == {"booking": "ready"})
        assert (await world.post("show")).status_code == 200


@pytest.mark.parametrize("stubborn", [False, True])
async def test_stopping_leaves_no_process_and_may_be_repeated(tmp_path: Path, stubborn: bool) -> None:
    environment = {"STUBBORN": "1"} if stubborn else {}
    booking = kit.runtime("booking", tmp_path, environment=environment)
    async with kit.running(kit.system(booking), tmp_path) as world:
        pid = world.pool.pids()["booking"]
        assert pid is not None
        await world.pool.stop()
        assert not kit.alive(pid)
        assert world.pool.states() == {"booking": "stopped"}
        reply = await world.post("show")
        assert (reply.status_code, "was not started" in reply.text) == (424, True)
        await world.pool.stop()


def parent_of(pid: int | None) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no warm process elsewhere")
async def test_forked_agents_do_not_come_back_when_they_or_the_warm_process_end(tmp_path: Path) -> None:
    both = [kit.runtime(agent, tmp_path) for agent in ("booking", "loyalty")]
    nursery = Nursery(("uvicorn.protocols.http.httptools_impl",))
    try:
        async with kit.running(kit.system(*both), tmp_path, nursery=nursery) as world:
            first = world.pool.pids()
            assert {parent_of(pid) for pid in first.values()} == {nursery.pid}
            await world.post("say", text="예약")
            await world.post("die")
            await kit.until(lambda: world.pool.states()["booking"] == "ready" and len(world.notices) == 1)
            assert parent_of(world.pool.pids()["booking"]) == nursery.pid
            assert world.pool.pids()["loyalty"] == first["loyalty"]
            os.kill(nursery.pid, signal.SIGKILL)
            await kit.until(lambda: len(world.notices) == 3)
            await kit.until(lambda: set(world.pool.states().values()) == {"ready"})
            assert {parent_of(pid) for pid in world.pool.pids().values()} == {os.getpid()}
            assert (await world.post("show")).status_code == 200
    finally:
        nursery.close()
    assert world.notices[0] == "the agent booking ended with 3; starting it again"
    assert sorted(world.notices[1:]) == [
        f"the agent {agent} ended with -9; starting it again" for agent in ("booking", "loyalty")
    ]
    assert world.log().splitlines() == ["예약", "예약예약"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no warm process elsewhere")
async def test_an_agent_whose_settings_forbid_it_is_forked_or_not_started(tmp_path: Path) -> None:
    elsewhere = kit.runtime("booking", tmp_path, environment={"TZ": "Asia/Seoul"})
    nursery = Nursery(())
    try:
        async with kit.running(kit.system(elsewhere), tmp_path, nursery=nursery) as world:
            assert parent_of(world.pool.pids()["booking"]) == os.getpid()
            assert (await world.post("show")).json()["env"]["TZ"] == "Asia/Seoul"
    finally:
        nursery.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no warm process elsewhere")
async def test_a_warm_process_that_is_stuck_keeps_the_platform_from_ending(tmp_path: Path) -> None:
    nursery = Nursery(())
    try:
        async with kit.running(
            kit.system(kit.runtime("booking", tmp_path)), tmp_path, nursery=nursery
        ) as world:
            pid = world.pool.pids()["booking"]
            assert pid is not None
            os.kill(nursery.pid, signal.SIGSTOP)
        assert not kit.alive(pid)
    finally:
        nursery.close()
