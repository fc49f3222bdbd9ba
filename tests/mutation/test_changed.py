"""`--since`: the lines that are new or different, by git, in a repository made on the spot."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mutation.changed import UnknownRevision, lines_since


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.py").write_text("".join(f"line {number}\n" for number in range(1, 11)), encoding="utf-8")
    (tmp_path / "b.py").write_text("one\n", encoding="utf-8")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def test_a_changed_added_or_removed_line_goes_unseen_or_an_old_one_is_seen(repository: Path) -> None:
    lines = (repository / "a.py").read_text(encoding="utf-8").splitlines(keepends=True)
    changed = [lines[0], "other\n", *lines[2:5], *lines[6:9], "new\n", "new\n", lines[9]]
    (repository / "a.py").write_text("".join(changed), encoding="utf-8")
    # Line 2 differs, the old 6 is gone between 5 and 6, and 9 and 10 are new.
    assert lines_since(repository, "HEAD", "a.py") == {2, 5, 6, 9, 10}
    assert lines_since(repository, "HEAD", "b.py") == set()


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", ""])
def test_an_unknown_commit_is_taken_for_no_change(repository: Path, revision: str) -> None:
    with pytest.raises(UnknownRevision):
        lines_since(repository, revision, "a.py")
    assert not (repository / "x").exists()
