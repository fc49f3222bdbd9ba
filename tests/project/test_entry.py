"""The entry script sets itself up, heals what an interruption or an upgrade left, and says what it lacks.

A stand-in of Python makes the environment and writes down what it was asked, so nothing is installed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PYTHON = """\
#!/bin/sh
# Isolated words first, as the script gives them.
[ "$1" != -I ] || shift
case "$*" in
--version) echo "Python 3.${MINOR:-13}.1" ;;
-c*) [ "${MINOR:-13}" -ge 11 ] ;;
"-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
"-m pip --version") ;;
"-m pip install"*)
    echo "$*" >>"$(dirname "$0")/../installed"
    case "$*" in *requirements.txt) [ -z "${SLOW:-}" ] || { touch "$SLOW"; sleep 600; } ;; esac
    [ -z "${OFFLINE:-}" ] ;;
*) echo "ran: $*" ;;
esac
"""


class Clone:
    """A clone with a space in its name, and a folder of programs that is the whole PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.programs = folder / "a clone", folder / "bin"
        for made in (self.folder, self.programs):
            made.mkdir()
        for name in ("airside", "requirements.txt", "requirements-dev.txt", "requirements-installer.txt"):
            shutil.copy(ROOT / name, self.folder)
        for name in (
            "sh",
            "cat",
            "cmp",
            "cp",
            "dirname",
            "grep",
            "ln",
            "mkdir",
            "readlink",
            "rm",
            "sleep",
            "touch",
        ):
            (self.programs / name).symlink_to(shutil.which(name) or name)
        self.python(self.programs / "python3")

    @staticmethod
    def python(path: Path) -> Path:
        path.write_text(PYTHON, encoding="utf-8")
        path.chmod(0o755)
        return path

    def start(self, *words: str, entry: Path | None = None, **settings: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [entry or self.folder / "airside", *words],
            env={"PATH": str(self.programs), **settings},
            cwd=self.programs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str, entry: Path | None = None, **settings: str) -> tuple[int, str, str]:
        process = self.start(*words, entry=entry, **settings)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    @property
    def environment(self) -> Path:
        return self.folder / ".venv"


RAN = "ran: -P -m cli --help\n"


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_a_first_start_sets_up_and_a_second_does_not(clone: Clone) -> None:
    code, out, err = clone.run("--help")
    assert (code, out) == (0, RAN)
    assert "setting up .venv with Python 3.13.1" in err
    assert clone.run("--help") == (0, RAN, "")
    assert not (clone.folder / ".airside" / "set-up.lock").is_symlink()


def test_a_link_to_the_script_is_not_followed(clone: Clone) -> None:
    (clone.programs / "first").symlink_to(clone.folder / "airside")
    (clone.programs / "airside").symlink_to("first")
    assert clone.run("--help", entry=clone.programs / "airside")[:2] == (0, RAN)


def test_a_module_of_the_folder_one_stands_in_is_imported(clone: Clone, tmp_path: Path) -> None:
    """By a real Python: a reviewer starts the command inside a folder of somebody else's."""
    clone.run("--help")
    hostile, package = tmp_path / "hostile", clone.folder / "cli"
    for folder in (hostile / "cli", package):
        folder.mkdir(parents=True)
    (package / "__main__.py").write_text("import json; print('ours', 'json' in dir())", encoding="utf-8")
    for name in ("json.py", "cli/__main__.py"):
        (hostile / name).write_text("print('hostile')", encoding="utf-8")
    (clone.environment / "bin" / "python").unlink()
    (clone.environment / "bin" / "python").symlink_to(ROOT / ".venv" / "bin" / "python")
    found = subprocess.run(
        [clone.folder / "airside"], cwd=hostile, capture_output=True, text=True, check=False
    )
    assert (found.stdout, found.stderr) == ("ours True\n", "")


@pytest.mark.parametrize("left", ["no stamp", "no python", "a dangling python"])
def test_a_half_made_environment_is_taken_for_a_whole_one(clone: Clone, left: str) -> None:
    clone.run("--help")
    python = clone.environment / "bin" / "python"
    if left == "no stamp":
        (clone.environment / ".installed-requirements.txt").unlink()
    else:
        python.unlink()
        if left == "a dangling python":
            python.symlink_to("/nowhere/python3")
    code, out, err = clone.run("--help")
    assert (code, out) == (0, RAN)
    assert "setting up" in err


def interrupted(clone: Clone, begun: Path, number: signal.Signals) -> subprocess.Popen[str]:
    """A set-up that is ended in the middle, with all that it started."""
    process = clone.start("--help", SLOW=str(begun))
    deadline = time.monotonic() + 60
    while not begun.is_file():
        assert time.monotonic() < deadline, "the set-up did not begin"
        time.sleep(0.01)
    os.killpg(process.pid, number)
    process.communicate(timeout=60)
    return process


def test_a_killed_set_up_keeps_the_next_one_waiting(clone: Clone, tmp_path: Path) -> None:
    killed = interrupted(clone, tmp_path / "begun", signal.SIGKILL)
    assert str((clone.folder / ".airside" / "set-up.lock").readlink()) == str(killed.pid)
    assert clone.run("--help")[:2] == (0, RAN)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
def test_an_ended_set_up_leaves_its_lock(clone: Clone, tmp_path: Path, number: signal.Signals) -> None:
    ended = interrupted(clone, tmp_path / "begun", number)
    assert ended.returncode == 128 + number
    assert not (clone.folder / ".airside" / "set-up.lock").is_symlink()


def test_no_index_is_an_error_that_says_so(clone: Clone) -> None:
    code, out, err = clone.run("--help", OFFLINE="yes")
    assert (code, out) == (2, "")
    assert err.splitlines()[-1].endswith("Is the package index reachable?")
    assert clone.run("--help")[:2] == (0, RAN)


def test_an_old_python_is_taken_or_not_named(clone: Clone) -> None:
    code, out, err = clone.run("--help", MINOR="10")
    assert (code, out) == (2, "")
    assert "was found, but Python 3.10.1" in err
    (clone.programs / "python3").unlink()
    assert "but no python3 at all" in clone.run("--help")[2]


def test_another_python_is_taken_than_the_named_one(clone: Clone, tmp_path: Path) -> None:
    code, _, err = clone.run("--help", AIRSIDE_PYTHON="/nowhere/python3")
    assert (code, "AIRSIDE_PYTHON=/nowhere/python3: is no Python 3.11" in err) == (2, True)
    spaced = clone.python(tmp_path / "my python")
    (clone.programs / "python3").unlink()
    assert clone.run("--help", AIRSIDE_PYTHON=str(spaced))[:2] == (0, RAN)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_waited_for(clone: Clone) -> None:
    clone.folder.chmod(0o555)
    try:
        code, _, err = clone.run("--help")
    finally:
        clone.folder.chmod(0o755)
    assert (code, "cannot be written" in err) == (2, True)


def test_a_file_in_the_way_is_waited_for(clone: Clone) -> None:
    (clone.folder / ".airside").write_text("", encoding="utf-8")
    code, _, err = clone.run("--help")
    assert (code, "cannot be written" in err) == (2, True)
