"""The pinned CDK as a process: it is the locked release, reads the folder it is given, and never outlives us."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli import npm
from cli.deploying import cdk, target
from tests.assembly_fixture import ROOT, assembly

__all__ = ["assembly"]

FAKE = ROOT / "tests" / "cli" / "fake_cdk.py"


def test_the_lock_names_no_registry_and_pins_the_release_by_hash() -> None:
    wanted = json.loads(cdk.PINS[0].read_text(encoding="utf-8"))["dependencies"]
    packages = json.loads(cdk.PINS[1].read_text(encoding="utf-8"))["packages"]
    assert wanted == {"aws-cdk": cdk.VERSION}
    entries = {name: entry for name, entry in packages.items() if name}
    assert entries["node_modules/aws-cdk"]["version"] == cdk.VERSION
    assert all(entry["integrity"].startswith("sha512-") for entry in entries.values())
    assert [name for name, entry in entries.items() if "resolved" in entry] == []


def test_pages_name_the_release_that_is_installed() -> None:
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))]
    assert {
        word.partition("aws-cdk@")[2].split()[0]
        for page in pages
        for word in page.split("`")
        if "aws-cdk@" in word
    } <= {cdk.VERSION}


def test_a_release_that_cannot_be_fetched_leaves_nothing_that_counts_as_one(tmp_path: Path) -> None:
    unreachable = {
        "npm_config_registry": "http://127.0.0.1:9/",
        "npm_config_fetch_retries": "0",
        "npm_config_cache": str(tmp_path / "cache"),
    }
    with pytest.raises(npm.NotInstalled):
        npm.install(cdk.PINS, tmp_path / "cdk", cdk.ENTRY, unreachable)
    assert not (tmp_path / "cdk" / "installed").exists()


def test_the_pinned_release_reads_our_assembly_offline(
    assembly: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What can be tried without AWS: it lists our stacks, takes the values we give, and fails without credentials."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    # A copy: the CDK keeps a lock in the folder it reads, and others copy the shared one at the same time.
    folder = tmp_path / "cdk.out"
    shutil.copytree(assembly, folder)
    before = target.digest(folder)
    pinned = cdk.pinned()
    assert pinned.run(["list"], folder) == 0
    stacks = [stack for name in ("account-dev", "airline-dev") for stack in target.read(folder, name).stacks]
    listed = capfd.readouterr().out.splitlines()
    assert {f"{stack.id} ({stack.name})" for stack in stacks} <= set(listed)
    for words in (
        ["diff", "airline-dev/*", "--method", "template"],
        [
            "deploy",
            "airline-dev/Tools",
            "--exclusively",
            "--require-approval",
            "never",
            "--progress",
            "events",
        ],
    ):
        assert pinned.run(words, folder) == 1
        told = "".join(capfd.readouterr())
        assert "no credentials have been configured" in told, told
    assert target.digest(folder) == before, "the CDK changed the assembly"


def _started(folder: Path, process: subprocess.Popen[str]) -> list[int]:
    until = time.monotonic() + 60
    while not (folder / "pids").is_file():
        assert process.poll() is None
        assert time.monotonic() < until, "the stand-in did not start"
        time.sleep(0.02)
    return [int(pid) for pid in (folder / "pids").read_text(encoding="utf-8").split()]


def _gone(pid: int) -> bool:
    """Whether a process has ended; one that waits to be reaped has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
@pytest.mark.parametrize("kind", ["willing", "stubborn"])
def test_an_interrupted_deployment_leaves_no_process_behind(
    tmp_path: Path, number: signal.Signals, kind: str
) -> None:
    (tmp_path / "hang").write_text(kind, encoding="utf-8")
    code = (
        "import sys\nfrom pathlib import Path\nfrom cli.deploying import cdk\n"
        "cdk.GRACE_SECONDS = 0.2 if sys.argv[2] == 'stubborn' else 60\n"
        "made = cdk.Cdk((sys.executable, sys.argv[1], sys.argv[3]))\n"
        "try: made.run(['deploy', 'x'], Path(sys.argv[3]))\n"
        "except KeyboardInterrupt: sys.exit(130)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(FAKE), kind, str(tmp_path)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    pids = _started(tmp_path, process)
    process.send_signal(number)
    err = process.communicate(timeout=60)[1]
    until = time.monotonic() + 30
    while not all(map(_gone, pids)):
        assert time.monotonic() < until, f"left behind: {pids}"
        time.sleep(0.02)
    assert process.returncode == 130, err
