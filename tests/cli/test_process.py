"""A command as a process among others: how it writes, how it is ended, and what it says of a machine that fails it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cli import assembly, interruption
from cli.__main__ import main
from tests.assembly_fixture import ROOT

SHOW = ["environments", "show", "dev"]


def started(words: list[str], shell: str = '"$@"', **settings: str) -> subprocess.CompletedProcess[str]:
    """A command below a shell, which may close or turn its streams."""
    return subprocess.run(
        ["sh", "-c", shell, "sh", sys.executable, "-m", "cli", *words],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_korean_text_breaks_a_terminal_without_it() -> None:
    found = started(["--help"], PYTHONIOENCODING="ascii")
    assert (found.returncode, found.stderr) == (0, "")
    assert "\\ub0b4\\uc77c" in found.stdout
    assert "내일" in started(["--help"], PYTHONIOENCODING="", LC_ALL="C", LANG="C").stdout


@pytest.mark.parametrize("words", [SHOW, ["--help"]], ids=["written", "written at the end"])
def test_a_reader_that_went_away_is_a_crash_or_a_clean_end(words: list[str]) -> None:
    """Not 0: `review --frozen | head` in a pipeline that looks at every exit code must not count as approved."""
    read, write = os.pipe()
    os.close(read)
    process = subprocess.run(
        [sys.executable, "-m", "cli", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write)
    assert (process.returncode, process.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_a_traceback_or_told_twice(unbuffered: str) -> None:
    found = started(SHOW, '"$@" >/dev/full', PYTHONUNBUFFERED=unbuffered)
    assert (found.returncode, found.stderr) == (2, "airside: No space left on device.\n")


def test_a_closed_stream_is_a_traceback_or_mixes_the_two() -> None:
    found = started(SHOW, '"$@" >&-')
    assert (found.returncode, found.stderr) == (0, "")
    found = started(["environments", "show", "nowhere"], '"$@" 2>&-')
    assert (found.returncode, found.stdout, found.stderr) == (2, "", "")


def test_what_the_machine_refuses_is_a_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main(["synth", "--output", str(tmp_path / "file" / "cdk.out")]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"airside: {tmp_path}/file: File exists."


def test_a_missing_library_is_a_traceback_and_our_own_fault_is_none() -> None:
    code = (
        "import sys; sys.modules[sys.argv[1]] = None\n"
        "from cli.__main__ import main; sys.exit(main(['validate', '--quick']))"
    )
    for name, told in (
        ("yaml", "airside: the library yaml is missing from"),
        ("governance.cedar", "Traceback"),
    ):
        found = subprocess.run(
            [sys.executable, "-c", code, name], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert (found.returncode, found.stderr.startswith(told)) == (2 if name == "yaml" else 1, True), found


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["revew"], "airside: error: 'revew' is no command. Known: up, ask"),
        (["revew"], "Did you mean review?"),
        (["explain", "--what-can", "bookin"], "'bookin' is no agent of airline."),
        (["explain", "--what-can", "bookin"], "Did you mean booking?"),
        (["explain", "--who-can", "search_flights"], "Did you mean flights-api___search_flights?"),
        (["ask", "hello", "--agent", "bokking"], "'bokking' is no agent of airline."),
        (["call", "--as", "bokking", "--list"], "'bokking' is no agent of airline."),
        (["trace", "--lst"], "usage: airside trace "),
        (["review", "--waivers", "nowhere.yaml"], "--waivers nowhere.yaml: is no file."),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_mistyped_word_is_not_told_the_right_one(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        assert main(words) == 2
    except SystemExit as wrong:
        assert wrong.code == 2
    told = capsys.readouterr().err
    assert says in told
    assert "starting" not in told, "what the declaration knows is answered before anything starts"


def test_a_new_assembly_is_half_in_the_place_of_another_ones(tmp_path: Path) -> None:
    """Of syntheses that end at the same moment one stays, whole."""
    output, problems = tmp_path / "cdk.out", []

    def put(name: str) -> None:
        try:
            for number in range(40):
                new = tmp_path / f"{name}-{number}" / "cdk.out"
                new.mkdir(parents=True)
                for file in ("manifest.json", "template.json"):
                    (new / file).write_text(f"{name} {number}", encoding="utf-8")
                assembly.put(new, output)
        except OSError as error:
            problems.append(error)

    threads = [threading.Thread(target=put, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len({path.read_text(encoding="utf-8") for path in output.iterdir()}) == 1
    assert len(list(output.iterdir())) == 2


CHILD = """
import os, signal, sys, time
def end(*_):
    time.sleep(0.6)
    os.write(1, b"ended in order\\n")
    sys.exit(3)
signal.signal(signal.SIGINT, end)
os.write(1, b"on\\n")
time.sleep(600)
"""
PARENT = """
import os, sys
from pathlib import Path
from cli import interruption
with interruption.like_ctrl_c():
    try:
        interruption.run([sys.executable, "-c", sys.argv[1]], Path.cwd(), os.environ)
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.mark.parametrize(
    ("number", "group"), [(signal.SIGINT, True), (signal.SIGTERM, False), (signal.SIGHUP, False)]
)
def test_a_program_that_ends_in_order_is_cut_short(number: signal.Signals, group: bool) -> None:
    """A terminal's Ctrl-C goes to both; what ends us alone is passed on."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, CHILD],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "on\n"
        (os.killpg if group else os.kill)(process.pid, number)
        assert process.stdout.read() == "ended in order\n"
    assert process.returncode == 130


def test_a_command_that_should_outlive_its_terminal_ends_with_it() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruption.like_ctrl_c():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
            assert interruption.heeded() == (signal.SIGINT, signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)
    assert interruption.heeded() == (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
