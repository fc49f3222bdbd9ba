"""What was made of the environment while libraries were imported is an agent's own, or the agent is not forked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from localcloud.nursery.child.warm import Warm
from tests.assembly_fixture import ROOT

HOME = "/nowhere/airside-nursery"
GIVEN = {"LANG": "C.UTF-8", "HOME": HOME, "READ": "1", "UNREAD": "1"}
WARM = Warm(GIVEN, frozenset({"READ", "READ_BUT_NOT_GIVEN", "HOME"}))


def told(**change: str) -> dict[str, str]:
    return {**GIVEN, "HOME": HOME, **change}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"READ": "2"}, "READ "),
        ({"READ_BUT_NOT_GIVEN": ""}, "READ_BUT_NOT_GIVEN "),
        ({"LANG": "ko_KR.UTF-8"}, "LANG "),
        ({"LC_ALL": "C"}, "LC_ALL "),
        ({"TZ": "Asia/Seoul"}, "TZ "),
        ({"PYTHONHASHSEED": "0"}, "PYTHONHASHSEED "),
        ({"LD_PRELOAD": "x.so"}, "LD_PRELOAD "),
        ({"HOME": str(ROOT)}, "HOME is no empty folder"),
        ({"PYTHONPATH": "here"}, "here is no absolute path"),
    ],
)
def test_an_agent_is_forked_from_what_read_another_value(change: dict[str, str], found: str) -> None:
    why = WARM.refusal(told(**change), HOME)
    assert why is not None
    assert why.startswith(found)


def test_an_agent_without_a_variable_that_was_read_is_forked() -> None:
    env = told()
    del env["READ"]
    assert WARM.refusal(env, HOME) is not None
    assert WARM.refusal({name: value for name, value in told().items() if name != "HOME"}, HOME) is not None


@pytest.mark.parametrize(
    "change", [{}, {"UNREAD": "2"}, {"NEW": "1"}, {"LANGUAGES": "ko"}, {"PYTHONPATH": "/nowhere/else"}]
)
def test_an_agent_that_nothing_keeps_from_it_is_not_forked(change: dict[str, str], tmp_path: Path) -> None:
    assert WARM.refusal(told(HOME=str(tmp_path), **change), str(tmp_path)) is None


def test_what_reads_the_whole_environment_is_taken_to_have_read_nothing() -> None:
    assert Warm(GIVEN, frozenset({"*"})).refusal(told(NEW="1"), HOME) is not None
    assert Warm(GIVEN, frozenset(), fault="a thread").refusal(told(), HOME) == "a thread"


@pytest.mark.parametrize("name", ["json.py", "json", "argparse.cpython-311-x86_64-linux-gnu.so"])
@pytest.mark.parametrize("where", ["the image", "PYTHONPATH"])
def test_an_agents_own_module_gives_way_to_an_imported_one(tmp_path: Path, name: str, where: str) -> None:
    (tmp_path / name).touch()
    (tmp_path / "sitecustomize.py").touch()
    (tmp_path / "tiny").mkdir()
    env = told() if where == "the image" else told(PYTHONPATH=f"/nowhere{os.pathsep}{tmp_path}")
    why = WARM.refusal(env, str(tmp_path) if where == "the image" else HOME)
    assert why == f"{tmp_path} holds {name.partition('.')[0]}, which is imported from elsewhere"


LIBRARY = """
import os
from pathlib import Path

AT_HOME = os.path.expanduser("~/models")
LEVEL = os.environ.get("LEVEL", "INFO")
CACHES = {"one": AT_HOME + "/cache", "two": 2}

class Loader:
    FOLDER = AT_HOME

    def load(self, name, folder=AT_HOME):
        return folder

def default(folder=AT_HOME, more=3):
    return folder
"""
WARMED = """
import json, sys
sys.path[:0] = [sys.argv[1], sys.argv[2]]
from localcloud.nursery.child.warm import Recording, warm_up
warm = warm_up(["broken", "not_there", "library"])
library = sys.modules["library"]
warm.move_home("/home/agent")
print(json.dumps([
    warm.fault, {name: sorted(readers) for name, readers in Recording.readers.items()},
    [library.AT_HOME, library.CACHES, library.Loader.FOLDER, library.Loader().load(1), library.default()],
]))
"""


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no warm process elsewhere")


def warmed(folder: Path, library: str) -> Any:
    (folder / "library.py").write_text(library, encoding="utf-8")
    (folder / "broken.py").write_text("import nowhere_at_all", encoding="utf-8")
    words = [sys.executable, "-c", WARMED, str(folder), str(ROOT)]
    done = subprocess.run(words, env=GIVEN, capture_output=True, text=True, check=True, cwd="/")
    return json.loads(done.stdout)


@linux
def test_what_a_library_reads_is_not_noted_or_its_home_stays_nobodys(tmp_path: Path) -> None:
    fault, readers, homes = warmed(tmp_path, LIBRARY)
    assert fault is None
    assert (readers["HOME"], readers["LEVEL"]) == (["library"], ["library"])
    assert "READ" not in readers
    own = "/home/agent/models"
    assert homes == [own, {"one": f"{own}/cache", "two": 2}, own, own, own]


@linux
@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
            "a thread",
        ),
        ("import os; FILE = os.open('/dev/null', 0)", "opened a file"),
        ("import os; os.environ['MINE'] = '1'", "changed the environment"),
        ("import os; dict(os.environ)", None),
    ],
)
def test_a_library_that_a_fork_would_break_is_imported_all_the_same(
    tmp_path: Path, line: str, told: str | None
) -> None:
    fault, readers, _ = warmed(tmp_path, f"{LIBRARY}\n{line}\n")
    assert told in fault if told else ("*" in readers and fault is None)
