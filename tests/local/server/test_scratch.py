"""Temporary folders: a live process keeps its own, a killed one's are removed, and nobody else's ever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.scratch import Scratch
from tests.assembly_fixture import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no flock")

HOLDER = """
import os, subprocess, sys, time
from pathlib import Path
from localcloud.scratch import Scratch

scratch = Scratch("test", Path(sys.argv[1]))
(scratch.path / "inner" / "deep").mkdir(parents=True)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], close_fds=False)
print(scratch.path, child.pid, flush=True)
time.sleep(600)
"""


def test_a_killed_process_leaves_its_folder_or_a_living_one_loses_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        held, child = holder.stdout.readline().split()
        try:
            with Scratch("test", tmp_path):
                assert Path(held, "inner", "deep").is_dir(), "its process lives"
            holder.send_signal(signal.SIGKILL)
            holder.wait()
            with Scratch("test", tmp_path) as scratch:
                # Although a child of the dead one lives on.
                assert list(tmp_path.iterdir()) == [scratch.path]
        finally:
            os.kill(int(child), signal.SIGKILL)
    assert list(tmp_path.iterdir()) == []


def test_two_folders_of_one_process_take_each_other_for_left_behind(tmp_path: Path) -> None:
    with Scratch("test", tmp_path) as first, Scratch("test", tmp_path) as second:
        assert first.path != second.path
        assert first.path.is_dir()
        assert second.path.stat().st_mode & 0o777 == 0o700


def test_removing_twice_removes_what_somebody_else_made_since(tmp_path: Path) -> None:
    scratch = Scratch("test", tmp_path)
    scratch.remove()
    scratch.path.mkdir()
    scratch.remove()
    assert scratch.path.is_dir()


def test_a_link_or_a_file_of_that_name_leads_to_nothing_being_removed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (tmp_path / "airside-held-link").symlink_to(precious)
    (tmp_path / "airside-held-file").touch()
    (tmp_path / "airside-other").mkdir()
    Scratch("test", tmp_path).remove()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "airside-held-file",
        "airside-held-link",
        "airside-other",
        "precious",
    ]
