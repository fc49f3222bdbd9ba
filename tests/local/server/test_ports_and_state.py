"""Ports and the state file: a taken port and a second platform are told plainly, and nothing is left behind."""

from __future__ import annotations

import json
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.errors import AlreadyRunning, PortTaken
from localcloud.server import ports, state

ROOT = Path(__file__).resolve().parents[3]


def free_base() -> int:
    """A port with two free ones after it."""
    while True:
        with socket.socket() as first:
            first.bind((ports.HOST, 0))
            base: int = first.getsockname()[1]
        try:
            ports.bind(base, ()).close()
        except (PortTaken, OverflowError):
            continue
        return base


def test_three_ports_in_a_row_and_free_ones_for_providers() -> None:
    base = free_base()
    bound = ports.bind(base, ["flights"])
    try:
        assert [ports.url(made) for made in (bound.front, bound.gateway, bound.issuer)] == [
            f"http://127.0.0.1:{base + offset}" for offset in range(3)
        ]
        assert list(bound.providers) == ["flights"]
    finally:
        bound.close()


@pytest.mark.parametrize("offset", [0, 1, 2])
def test_a_taken_port_is_named_and_nothing_stays_bound(offset: int) -> None:
    base = free_base()
    with socket.socket() as other:
        other.bind((ports.HOST, base + offset))
        other.listen()
        with pytest.raises(PortTaken, match=rf"port {base + offset} \(.*--port"):
            ports.bind(base, ())
    ports.bind(base, ()).close()


def test_only_loopback_is_bound() -> None:
    bound = ports.bind(0, ["one"])
    try:
        addresses = {
            made.getsockname()[0]
            for made in (bound.front, bound.gateway, bound.issuer, *bound.providers.values())
        }
        assert addresses == {"127.0.0.1"}
    finally:
        bound.close()


def test_the_state_file_is_the_owners_only_and_goes_at_the_end(tmp_path: Path) -> None:
    with state.only_one(tmp_path, "a-dev") as path:
        state.write(path, {"key": "k"})
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert json.loads(path.read_text(encoding="utf-8")) == {"key": "k"}
    assert not path.exists()


def test_a_second_platform_of_the_stage_is_told_where_the_first_is(tmp_path: Path) -> None:
    with state.only_one(tmp_path, "a-dev") as path:
        state.write(path, {"front": "http://127.0.0.1:9", "pid": 7})
        with (
            pytest.raises(
                AlreadyRunning, match=r"a-dev is running already at http://127.0.0.1:9 \(process 7\)"
            ),
            state.only_one(tmp_path, "a-dev"),
        ):
            pass
        with state.only_one(tmp_path, "b-dev"):
            pass


def test_a_killed_platform_leaves_no_lock(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time\nfrom localcloud.server import state\n"
        "with state.only_one(pathlib.Path(sys.argv[1]), 'a-dev') as path:\n"
        "    state.write(path, {'front': 'x', 'pid': 1}); print('held', flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.kill()
        holder.wait()
    with state.only_one(tmp_path, "a-dev"):
        pass
