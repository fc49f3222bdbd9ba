"""The commands as a person meets them: what is wrong is said, nothing is half done, nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from localcloud.client import find
from localcloud.server import ports
from tests.assembly_fixture import LIBRARY, ROOT
from tests.local.e2e.conftest import PATIENCE, Command, down, library_copy, project_copy, up

BOOK = '{"isbn": "9788937460449"}'

pytestmark = pytest.mark.xdist_group("library")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, library_assembly: Path) -> Command:
    """The tiny system as a project of its own, synthesized before and not running."""
    return Command(library_copy(tmp_path_factory.mktemp("library"), library_assembly))


def family(root: int) -> set[int]:
    """A process and everything below it."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found = {root}
    while True:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        if not more:
            return found
        found |= more


def alive(pids: set[int]) -> set[int]:
    def lives(pid: int) -> bool:
        try:
            state = (
                Path(f"/proc/{pid}/stat")
                .read_text(encoding="utf-8", errors="replace")
                .rpartition(")")[2]
                .split()[0]
            )
        except OSError:
            return False
        return state not in ("Z", "X")

    return {pid for pid in pids if lives(pid)}


def gone(pids: set[int]) -> bool:
    """Whether all end while we wait; the wait is long so that a busy machine decides nothing."""
    deadline = time.monotonic() + PATIENCE
    while alive(pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(pids)


def test_a_system_of_another_subject_answers_by_the_same_code(library: Command) -> None:
    result = library.json("ask", "Is the book 9788937460449 on the shelf?")
    assert result["answer"].strip() == "데미안: 3 on the shelf."
    assert [tool["tool"] for tool in result["tools"]] == ["catalog___find_book"]
    [call] = [decision for decision in result["decisions"] if decision["method"] == "tools/call"]
    assert set(call["layers"].values()) == {"allow"}


def test_a_tool_granted_to_nobody_is_refused_in_that_system_too(library: Command) -> None:
    result = library.run("call", "--as", "librarian", "catalog___withdraw_book", BOOK)
    assert (result.returncode, "HTTP 403" in result.stdout) == (1, True)


def test_a_system_without_users_signs_nobody_in(library: Command, library_assembly: Path) -> None:
    """Where the declaration says so before anything starts, and where only the platform knows."""
    call = ["call", "--as", "librarian", "catalog___find_book", BOOK]
    ready = ["--system", "library", "--assembly", str(library_assembly)]
    for words, started in (
        (["ask", "Is the book 9788937460449 there?"], False),
        (call, False),
        ([*call, *ready], True),
    ):
        result = library.run(*words, "--customer", "C1001")
        assert (result.returncode, result.stdout) == (2, "")
        assert "--customer C1001: library declares no users" in result.stderr
        assert ("starting" in result.stderr) is started


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_nothing_outlives_the_platform(
    library: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it ends, everything ends, and the next one starts and takes away what a killed one has left."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for how in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        process = up(library)
        pids = family(process.pid)
        assert len(pids) >= 4, "platform, agent, function workers"
        process.send_signal(how)
        assert gone(pids), how
        process.communicate(timeout=PATIENCE)
        assert process.returncode == (-signal.SIGKILL if how == signal.SIGKILL else 0)
        assert find(library.project, "library-dev") is None
        assert bool(list(tmp_path.iterdir())) is (how == signal.SIGKILL)
    down(up(library))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "how"), [(["ask", "hello"], signal.SIGINT), (["synth"], signal.SIGTERM)], ids=["ask", "synth"]
)
def test_a_synthesis_that_is_interrupted_leaves_nothing(
    words: list[str], how: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends at once, and not only before the next step; with it ends what makes the templates."""
    project, temporary = project_copy(tmp_path / "project", LIBRARY), tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    process = Command(project).start(*words)
    deadline = time.monotonic() + PATIENCE
    while not list(temporary.glob("*/*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    pids = family(process.pid)
    process.send_signal(how)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + how
    assert "starting" not in err
    assert gone(pids)
    assert list(temporary.iterdir()) == []
    assert [path.name for path in project.rglob("*") if "cdk.out" in path.name or "held" in path.name] == []


def test_a_start_that_is_interrupted_leaves_nothing(library: Command) -> None:
    process = library.start("up", "--port", "0")
    assert process.stderr is not None
    while "starting 1 agents" not in process.stderr.readline():
        pass
    pids = family(process.pid)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert gone(pids)
    assert find(library.project, "library-dev") is None


def test_a_second_up_is_told_where_the_first_is(library: Command) -> None:
    process = up(library)
    try:
        second = library.run("up", "--port", "0")
        assert second.returncode == 2
        assert "library-dev is running already at http://127.0.0.1:" in second.stderr
        assert f"(process {process.pid})" in second.stderr
        running = find(library.project, "library-dev")
        assert running is not None
        assert running.status()["agents"]["librarian"]["state"] == "ready"
    finally:
        down(process)


def test_a_taken_port_is_named_and_nothing_is_started(library: Command) -> None:
    with socket.socket() as other:
        other.bind((ports.HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        result = library.run("up", "--port", str(port))
    assert result.returncode == 2
    assert f"port {port} (AWS APIs) is in use by another program" in result.stderr
    assert "--port" in result.stderr
    assert find(library.project, "library-dev") is None


def test_a_missing_data_folder_is_named(library: Command, tmp_path: Path) -> None:
    broken = Command(project_copy(tmp_path, LIBRARY))
    (tmp_path / "systems/library/data").rename(tmp_path / "elsewhere")
    result = broken.run("ask", "Is the book 9788937460449 there?")
    assert result.returncode == 2
    assert "systems/library/system.yaml" in result.stderr
    assert "needs library/data/, which is missing" in result.stderr


def test_missing_rows_of_a_ready_assembly_are_named(library_assembly: Path, tmp_path: Path) -> None:
    other = Command(project_copy(tmp_path / "project", LIBRARY))
    (other.project / "systems/library/data/books.json").unlink()
    result = other.run(
        "call",
        "--system",
        "library",
        "--assembly",
        str(library_assembly),
        "--as",
        "librarian",
        "catalog___find_book",
        BOOK,
    )
    assert result.returncode == 2
    assert "data/books.json: is missing" in result.stderr


def test_broken_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    broken = Command(project_copy(tmp_path, LIBRARY))
    agent = tmp_path / "systems/library/agents/librarian.yaml"
    agent.write_text(agent.read_text(encoding="utf-8").replace("owner:", "owner: ["), encoding="utf-8")
    for command in (
        ["ask", "hello"],
        ["validate", "--quick"],
        ["explain", "--what-can", "librarian"],
        ["synth"],
    ):
        result = broken.run(*command)
        assert result.returncode in (1, 2), command
        assert "systems/library/agents/librarian.yaml:4" in result.stdout + result.stderr, command
    assert not (tmp_path / "cdk.out").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["ask", "hello", "--system", "zoo"], "--system zoo: is no system of this project. Known: library."),
        (["ask", "hello", "--env", "prod"], "--env prod: is no environment. Known: dev."),
        (["ask", "hello", "--assembly", "nowhere"], "holds no manifest.json"),
        (["ask", "hello", "--model-url", "ftp://x", "--model-name", "m"], "must start with http"),
        (["ask", "hello", "--model-url", "http://127.0.0.1:1/v1"], "needs --model-name"),
        (["call", "--as", "librarian", "catalog___find_book", "{"], "is not JSON"),
        (["call", "--as", "librarian", "catalog___find_book", "[]"], "must be an object"),
        (["call", "--as", "librarian"], "call takes TOOL, or --list"),
        (["call", "--as", "librarian", "--list", "--customer", "C1"], "--customer goes with TOOL"),
        (["explain", "librarian"], "explain takes AGENT and TOOL"),
        (
            ["explain", "librarian", "catalog___burn_book"],
            "is no tool of library. Known: catalog___find_book",
        ),
        (["explain", "--what-can", "pirate"], "'pirate' is no agent of library"),
        (["up", "--port", "70000"], "must be from 0 to 65533"),
        (["bench", "nothing"], "is no benchmark"),
    ],
)
def test_wrong_words_are_answered_with_the_right_ones(library: Command, words: list[str], says: str) -> None:
    if words[0] == "bench":
        result = subprocess.run(
            [sys.executable, "-m", "cli", *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
    else:
        result = library.run(*words)
    assert result.returncode == 2, result.stdout
    assert says in result.stderr, result.stderr
    assert "Traceback" not in result.stderr


def test_an_assembly_runs_without_cdk_or_node(library: Command, tmp_path: Path) -> None:
    made = tmp_path / "cdk.out"
    assert library.run("synth", "--output", str(made)).returncode == 0
    forbidden = "import sys; sys.modules['aws_cdk'] = None; from cli.__main__ import main; sys.exit(main(sys.argv[1:]))"
    words = ["call", "--project", str(library.project), "--system", "library", "--assembly", str(made)]
    result = subprocess.run(
        [sys.executable, "-c", forbidden, *words, "--as", "librarian", "catalog___find_book", BOOK],
        cwd=ROOT,
        env={"PATH": "", "HOME": os.environ.get("HOME", "/"), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "데미안" in result.stdout


def test_kept_data_is_there_again_after_a_restart(library_assembly: Path, tmp_path: Path) -> None:
    command = Command(library_copy(tmp_path, library_assembly))
    down(up(command, "--keep"))
    rows = tmp_path / "systems/library/data/books.json"
    books = json.loads(rows.read_text(encoding="utf-8"))
    rows.write_text(json.dumps([{**book, "copies": 77} for book in books]), encoding="utf-8")
    process = up(command, "--keep")
    try:
        kept = command.run("call", "--as", "librarian", "catalog___find_book", BOOK)
    finally:
        down(process)
    assert '"copies": 3' in kept.stdout, "the rows of the first start are kept, not seeded again"


MISBEHAVING = """
    def find_book(self, event: object) -> dict[str, Any]:
        isbn = event.get("isbn") if isinstance(event, dict) else None
        if isbn == "0000000000000":
            os._exit(3)
        if isbn == "1111111111111":
            __import__("time").sleep(600)
        if isbn == "2222222222222":
            raise RuntimeError("a canary that must not reach the caller")
        return self.sound_find_book(event)

    def sound_find_book("""


def test_a_tool_that_dies_hangs_or_raises_is_a_tool_error_and_the_next_call_works(tmp_path: Path) -> None:
    command = Command(project_copy(tmp_path, LIBRARY))
    tools = tmp_path / "lambda/tool_catalog/tools.py"
    tools.write_text(
        tools.read_text(encoding="utf-8").replace("\n    def find_book(", MISBEHAVING, 1), encoding="utf-8"
    )
    target = tmp_path / "systems/library/targets/catalog.yaml"
    target.write_text(
        target.read_text(encoding="utf-8").replace("timeout_seconds: 5", "timeout_seconds: 1"),
        encoding="utf-8",
    )
    process = up(command)
    try:
        for digit in "012":
            bad = command.run(
                "call", "--as", "librarian", "catalog___find_book", f'{{"isbn": "{digit * 13}"}}'
            )
            assert bad.returncode == 1, bad.stderr
            assert "allowed, but the tool failed" in bad.stdout
            assert "canary" not in bad.stdout
            good = command.run("call", "--as", "librarian", "catalog___find_book", BOOK)
            assert (good.returncode, "데미안" in good.stdout) == (0, True)
    finally:
        down(process)
