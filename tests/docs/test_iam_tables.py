"""The tables of IAM statements: as synthesized, with a reason for each, and nothing left out."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from cli.generate import assembled
from cli.iam_statements import Found, found
from cli.iam_tables import FOLDER
from tests.assembly_fixture import ROOT, assembly, kinds_assembly, library_assembly

__all__ = ["assembly", "kinds_assembly", "library_assembly"]


def unexplained(statements: list[Found]) -> list[str]:
    return [f"{each.owner} {each.statement.sid}" for each in statements if len(each.statement.why) < 10]


def test_the_tables_say_what_is_synthesized(assembly: Path) -> None:
    made = {name: text for name, text in assembled(assembly).items() if name.startswith(f"{FOLDER}/")}
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / FOLDER).iterdir()}
    assert there == set(made), "run ./airside generate, and remove what it no longer writes"
    drifted = [name for name, text in made.items() if (ROOT / name).read_text(encoding="utf-8") != text]
    assert drifted == [], "run ./airside generate"


@pytest.mark.parametrize("project", ["assembly", "kinds_assembly", "library_assembly"])
def test_every_statement_says_why_it_is_there(request: pytest.FixtureRequest, project: str) -> None:
    statements = list(found(request.getfixturevalue(project)))
    assert unexplained(statements) == []
    assert [each.owner for each in statements if not each.trust and not each.statement.sid] == []
    assert {each.part for each in statements} >= {"tools", "gateway", "runtime", "observability"}


def test_a_statement_without_a_reason_does_not_go_unseen(library_assembly: Path, tmp_path: Path) -> None:
    copy = tmp_path / "cdk.out"
    shutil.copytree(library_assembly, copy)
    (path,) = copy.glob("assembly-*/*Runtime*.template.json")
    template = json.loads(path.read_text(encoding="utf-8"))
    (role,) = [body for body in template["Resources"].values() if body["Type"] == "AWS::IAM::Role"]
    statement = {"Sid": "Added", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:x"}
    role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].append(statement)
    del role["Metadata"]["Airside"]["Trust"]
    path.write_text(json.dumps(template), encoding="utf-8")
    assert sorted(unexplained(list(found(copy)))) == [
        "library-ENV-agent-AGENT ",
        "library-ENV-agent-AGENT Added",
    ]


def test_no_policy_of_the_assembly_is_left_out(assembly: Path) -> None:
    """Every document with effects in it is found, wherever a resource keeps it."""
    effect = re.compile(r'\\?"Effect\\?": ?\\?"(?:Allow|Deny)')
    texts = [path.read_text(encoding="utf-8") for path in assembly.glob("assembly-*/*.template.json")]
    assert len(list(found(assembly))) == sum(len(effect.findall(text)) for text in texts)
