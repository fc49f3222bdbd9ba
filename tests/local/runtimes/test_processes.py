"""Runtimes as processes: what they know, how they end, how they come back."""

from __future__ import annotations

import os
from pathlib import Path

import anyio
import pytest

from localcloud.errors import PlatformError
from localcloud.runtimes.process import Limits
from tests.local.runtimes.conftest import World, runtime, world

pytestmark = pytest.mark.anyio


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def _ready(airline: World, agent: str) -> None:
    with anyio.fail_after(60):
        while airline.pool.states()[agent] != "ready":
            await anyio.sleep(0.01)


async def test_an_agent_knows_its_template_and_nothing_of_the_users_shell(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_PROFILE", "AWS_SECRET_ACCESS_KEY", "HTTPS_PROXY", "PYTHONPATH", "GITHUB_TOKEN"):
        monkeypatch.setenv(name, "the user's")
    async with world(tmp_path, runtime("booking", image)) as airline:
        told = (await airline.invoke({"do": "environment"})).json()
    assert "the user's" not in str(told)
    environment = told["environment"]
    assert environment["FROM_TEMPLATE"] == "값"
    assert environment["AWS_ACCESS_KEY_ID"] == "LOCAL.airline_dev_booking"
    assert environment["HOME"] != os.environ.get("HOME")
    assert told["folder"] == str(image.resolve())
    assert set(environment) <= {
        *("PATH", "HOME", "LANG", "LC_CTYPE", "PORT", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"),
        *("AGENT_NAME", "FROM_TEMPLATE", "AWS_ACCESS_KEY_ID", "AWS_REGION"),
    }


async def test_running_an_agent_changes_nothing_in_the_assembly(image: Path, tmp_path: Path) -> None:
    before = sorted(path.relative_to(image) for path in image.rglob("*"))
    async with world(tmp_path, runtime("booking", image)) as airline:
        await airline.invoke({"do": "headers"})
    assert sorted(path.relative_to(image) for path in image.rglob("*")) == before


async def test_an_agent_that_ends_is_started_again_and_told(airline: World) -> None:
    before = airline.pool.pids()["booking"]
    reply = await airline.invoke({"do": "exit", "code": 7})
    assert (reply.status_code, reply.headers["x-amzn-errortype"]) == (424, "RuntimeClientError")
    with anyio.fail_after(60):
        while airline.pool.pids()["booking"] in (None, before):
            await anyio.sleep(0.01)
    await _ready(airline, "booking")
    assert (await airline.invoke({"do": "headers"})).status_code == 200
    assert airline.pool.states()["orchestrator"] == "ready"
    assert any("booking" in notice and "7" in notice for notice in airline.notices)


async def test_while_an_agent_is_away_callers_get_an_answer(image: Path, tmp_path: Path) -> None:
    patient = Limits(first_pause=600, longest_pause=600, steady=0)
    async with world(tmp_path, runtime("booking", image), limits=patient) as airline:
        # The first end is followed by a start at once, the second by the pause.
        for _ in range(2):
            await _ready(airline, "booking")
            await airline.invoke({"do": "exit"})
            with anyio.fail_after(60):
                while not airline.notices:
                    await anyio.sleep(0.01)
        reply = await airline.invoke({"do": "headers"})
        assert reply.status_code in (200, 424)


async def test_an_agents_output_is_in_its_own_log(airline: World) -> None:
    text = airline.logs.path("airline_dev_booking").read_text(encoding="utf-8")
    assert "말하는 중" in text


async def test_an_agent_that_cannot_start_is_named_with_its_log(image: Path, tmp_path: Path) -> None:
    broken = runtime("booking", image, environment={"BROKEN": "1"})
    good = runtime("orchestrator", image)
    with pytest.raises(PlatformError, match=r"booking ended with 1 .*airline_dev_booking\.log"):
        async with world(tmp_path, good, broken):
            pytest.fail("it started")
    log = (tmp_path / "logs" / "airline_dev_booking.log").read_text(encoding="utf-8")
    assert "cannot start: no settings" in log


async def test_an_agent_that_never_becomes_healthy_is_given_up(image: Path, tmp_path: Path) -> None:
    silent = runtime("booking", image, environment={"BROKEN": "silent"})
    with pytest.raises(PlatformError, match="did not become healthy"):
        async with world(tmp_path, silent, limits=Limits(start=0.3)):
            pytest.fail("it started")


async def test_nothing_is_left_after_the_end_even_of_a_stubborn_agent(image: Path, tmp_path: Path) -> None:
    async with world(tmp_path, runtime("booking", image), runtime("orchestrator", image)) as airline:
        await airline.invoke({"do": "stubborn"})
        pids = [pid for pid in airline.pool.pids().values() if pid is not None]
        assert len(pids) == 2
    assert all(map(_gone, pids))
    await airline.pool.stop()


@pytest.mark.parametrize(
    "change",
    [
        {"protocol": "MCP"},
        {"build_args": {}},
        {"build_args": {"AGENT": "../../etc"}},
        {"build_args": {"AGENT": "-c print(1)"}},
        {"headers": ("Authorization",)},
        {"headers": ("WorkloadAccessToken",)},
        {"headers": ("X-Amzn-Bedrock-AgentCore-Runtime-Session-Id",)},
    ],
)
async def test_a_runtime_the_platform_cannot_honour_does_not_start(
    image: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    with pytest.raises(PlatformError, match="airline_dev_booking"):
        async with world(tmp_path, runtime("booking", image, **change)):
            pytest.fail("it started")


async def test_requests_before_the_start_and_after_the_end_are_refused(airline: World) -> None:
    await airline.pool.stop()
    reply = await airline.invoke({"do": "headers"})
    assert (reply.status_code, reply.headers["x-amzn-errortype"]) == (424, "RuntimeClientError")
    assert set(airline.pool.states().values()) == {"stopped"}
