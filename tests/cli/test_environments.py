"""`environments`: every setting with its line, and no difference told in the wrong direction."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main
from cli.placeholders import is_placeholder
from cli.settings.compare import HEADINGS, compare
from cli.settings.read import Settings
from governance.document import read
from governance.load import load_project
from governance.schema_environment import ENVIRONMENT
from tests.assembly_fixture import ROOT

BASE = """\
environment: one
policy_mode: ENFORCE
debug_exceptions: false
token_minutes: 15
permissions_boundary: team/limits
web_acl_arn: null
retain_data: true
users_callback_urls: [https://a.example.com/]
models: {standard: {model_id: m, regions: [r-1, r-2]}}
runtime:
  network: {mode: vpc, subnets: [subnet-1]}
  sessions: {idle_seconds: 60, lifetime_seconds: 600}
switched_off: {agents: {clerk: wrong prices}}
log_retention_days: 30
alarms: {refusals: 20}
tags: {}
"""


def settings(folder: Path, text: str) -> Settings:
    file = folder / "one.yaml"
    file.write_text(text, encoding="utf-8")
    document = read(file, folder, [])
    assert document is not None
    return Settings("one", document)


@pytest.mark.parametrize(
    ("old", "new", "setting", "direction", "sentence"),
    [
        ("ENFORCE", "LOG_ONLY", "policy_mode", "weaker", "refuses nothing"),
        ("exceptions: false", "exceptions: true", "debug_exceptions", "weaker", "see targets' error texts"),
        ("minutes: 15", "minutes: 60", "token_minutes", "weaker", "works for 60 minutes instead of 15"),
        ("minutes: 15", "minutes: 5", "token_minutes", "stronger", "works for 5 minutes instead of 15"),
        ("team/limits", "null", "permissions_boundary", "weaker", "no role is bounded"),
        ("team/limits", "team/other", "permissions_boundary", "unknown", "another policy"),
        ("arn: null", "arn: x", "web_acl_arn", "stronger", "AWS WAF stands before"),
        ("retain_data: true", "retain_data: false", "retain_data", "weaker", "deletes the stacks with their data"),
        ("https://a", "http://a", "users_callback_urls", "weaker", "without TLS"),
        ("r-1, r-2", "r-2", "models.standard.regions", "stronger", "no longer go to r-1"),
        ("r-1, r-2", "r-1, r-2, r-3", "models.standard.regions", "weaker", "may also go to r-3"),
        ("r-1, r-2", "r-1, r-3", "models.standard.regions", "unknown", "also go to r-3; prompts no longer"),
        ("r-1, r-2", "r-2, r-1", "models.standard.regions", "other", "in another order"),
        ("vpc", "public", "runtime.network.mode", "weaker", "whole internet"),
        ("subnet-1", "subnet-2", "runtime.network.subnets", "unknown", "other subnets"),
        ("lifetime_seconds: 600", "lifetime_seconds: 900", "runtime.sessions.lifetime_seconds", "weaker", "900"),
        ("{agents: {clerk: wrong prices}}", "{}", "switched_off.agents.clerk", "weaker", "not switched off here"),
        ("days: 30", "days: 14", "log_retention_days", "weaker", "14 days instead of 30"),
        ("refusals: 20", "refusals: 50", "alarms.refusals", "weaker", "from 50 refusals"),
        ("web_acl_arn: null", "web_acl_arn: null\nfront_end: {web_acl_arn: x}", "front_end.web_acl_arn", "stronger",
         "before the console"),
        ("tags: {}", "tags: {}\nnew_setting: 1", "new_setting", "other", ""),
    ],
)  # fmt: skip
def test_a_difference_is_told_in_the_wrong_direction(
    tmp_path: Path, old: str, new: str, setting: str, direction: str, sentence: str
) -> None:
    assert BASE.count(old) == 1
    first = settings(tmp_path, BASE)
    (found,) = compare(first, settings(tmp_path, BASE.replace(old, new)))
    assert (found.before.name, str(found.meaning.direction)) == (setting, direction)
    assert sentence in found.meaning.sentence
    assert found.objectionable is (direction in ("weaker", "unknown"))


def test_what_is_left_out_and_what_is_null_is_the_same(tmp_path: Path) -> None:
    first = settings(tmp_path, BASE)
    assert compare(first, settings(tmp_path, BASE.replace("web_acl_arn: null\n", ""))) == []


def test_each_side_is_told_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["environments", "diff", "dev", "prod", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    (found,) = [each for each in report["differences"] if each["setting"] == "token_minutes"]
    for side, name in (("before", "dev"), ("after", "prod")):
        file, _, line = found[side]["source"].partition(":")
        text = (ROOT / file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
        assert (file, text) == (f"environments/{name}.yaml", f"token_minutes: {found[side]['value']}")
    assert {each["group"] for each in report["differences"]} <= set(HEADINGS)


def test_an_environment_differs_from_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["environments", "diff", "prod", "prod"]) == 0
    assert (
        capsys.readouterr().out
        == "0 settings differ in prod from prod: 0 weaker, 0 stronger, 0 unknown, 0 other\n"
    )


def test_every_environment_is_listed_and_placeholders_are_called_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["environments", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["environments"]
    declared = load_project(ROOT).environments
    assert [(row["environment"], row["account"]) for row in rows] == [
        (each.name, each.account) for each in declared
    ]
    assert {row["placeholder"] for row in rows} == {True}


def test_show_tells_every_setting_of_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["environments", "show", "prod", "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)["settings"]
    assert {name.partition(".")[0] for name in told} <= set(ENVIRONMENT["properties"])
    assert told["account"] == {"value": "333344445555", "source": "environments/prod.yaml:3"}
    assert main(["environments", "show", "prod"]) == 0
    assert "false" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["diff", "dev"], "environments diff takes two environments, and 1 is named"),
        (["list", "dev"], "environments list takes no environment"),
        (["show"], "environments show takes one environment, and 0 are named"),
        (["show", "nowhere"], "nowhere: is no environment. Known: dev, prod, staging."),
    ],
)
def test_bad_words_say_what_is_wrong(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["environments", *words]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("account", ["111122223333", "444455556666", "123456789012", "000000000000"])
def test_an_account_of_documentation_is_taken_for_a_real_one(account: str) -> None:
    assert is_placeholder(account)


@pytest.mark.parametrize("account", ["111122223334", "982347102345", "112233445566"])
def test_a_real_account_is_not_called_a_placeholder(account: str) -> None:
    assert not is_placeholder(account)
