"""What `./airside rotate` refuses before it looks at anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.__main__ import main
from tests.assembly_fixture import ROOT

LIBRARY = str(ROOT / "tests" / "fixtures" / "library_project")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--agent", "nobody"], "nobody: is no agent of library. Known: librarian."),
        (["--agent", "librarian", "--agent", "x"], "x: is no agent"),
        (["--all", "--grace", "-1"], "--grace -1: must be from 0 to 3600"),
        (["--all", "--grace", "nan"], "must be from 0 to 3600"),
        (["--all", "--grace", "1e9"], "must be from 0 to 3600"),
        (["--all", "--env", "moon"], "--env moon: is no environment"),
        (["--all", "--system", "moon"], "--system moon: is no system"),
        (["--all"], "library-dev is not running. Start it with ./airside up"),
    ],
)
def test_a_wrong_word_is_taken(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rotate", "--project", LIBRARY, *words]) == 2
    out, err = capsys.readouterr()
    assert told in err
    assert out == ""


@pytest.mark.parametrize(
    "words",
    [[], ["--agent", "a", "--all"], ["--all", "--resume", "--undo"], ["--all", "--undo", "--dry-run"]],
)
def test_words_that_contradict_each_other_are_taken(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["rotate", "--project", LIBRARY, *words])
    assert ended.value.code == 2
    assert "rotate: error" in capsys.readouterr().err


def test_a_rotation_reaches_for_aws_without_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert main(["rotate", "--project", LIBRARY, "--all", "--aws"]) == 2
    assert "--aws --env dev: no AWS credentials that work" in capsys.readouterr().err
