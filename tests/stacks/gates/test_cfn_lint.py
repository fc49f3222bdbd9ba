"""cfn-lint on every template: service schemas, IAM documents, actions and the resources they know."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# One run for all: starting the linter takes longer than a template.
pytestmark = [pytest.mark.xdist_group("cfn-lint"), pytest.mark.long]

IGNORED = "W3005"
"""A dependency that a reference implies already: the library adds one per function."""

PLANTED = {
    "E3004": "a circle of dependencies",
    "E3030": "a value that the service does not know",
    "E3510": "a policy document that is none",
    "I3510": "an action on a resource that it does not know",
    "W3037": "an action that does not exist",
}


def role(*statements: dict[str, Any]) -> dict[str, Any]:
    service = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [service]},
            "Policies": [
                {
                    "PolicyName": "Planted",
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)},
                }
            ],
        },
    }


def planted() -> dict[str, Any]:
    queue = {"Type": "AWS::SQS::Queue", "DependsOn": "Second"}
    gateway = {"AuthorizerType": "NOBODY", "Name": "planted", "RoleArn": {"Fn::GetAtt": ["Unknown", "Arn"]}}
    return {
        "Resources": {
            "First": queue,
            "Second": queue | {"DependsOn": "First"},
            "Gateway": {"Type": "AWS::BedrockAgentCore::Gateway", "Properties": gateway},
            "Unknown": role({"Effect": "Allow", "Action": "s3:TakeObject", "Resource": "*"}),
            "Wide": role(
                {
                    "Effect": "Allow",
                    "Action": "s3:GetObject",
                    "Resource": "arn:aws:sqs:eu-west-1:111122223333:q",
                }
            ),
            "NoEffect": role({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/b"}),
        }
    }


@pytest.fixture(scope="module")
def linted(
    assembly: Path, kinds_assembly: Path, library_assembly: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, set[str]]:
    """Template → the rules it breaks, for every template of the repository and a planted one."""
    bad = tmp_path_factory.mktemp("planted") / "planted.template.json"
    bad.write_text(json.dumps(planted()), encoding="utf-8")
    templates = [
        path
        for folder in (assembly, kinds_assembly, library_assembly)
        for path in sorted(folder.glob("assembly-*/*.template.json"))
    ]
    result = subprocess.run(
        [
            Path(sys.executable).with_name("cfn-lint"),
            "--ignore-checks",
            IGNORED,
            "--include-checks",
            "I3510",
            "--format",
            "json",
            "--",
            *map(str, (*templates, bad)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not result.stderr, result.stderr
    broken: dict[str, set[str]] = {path.name: set() for path in (*templates, bad)}
    for match in json.loads(result.stdout):
        broken[Path(match["Filename"]).name].add(f"{match['Rule']['Id']} {match['Message']}")
    return broken


def test_the_linter_sees_what_it_is_asked_for(linted: dict[str, set[str]]) -> None:
    rules = {message.split()[0] for message in linted["planted.template.json"]}
    assert set(PLANTED) <= rules


def test_the_linter_finds_nothing(linted: dict[str, set[str]]) -> None:
    assert {name: found for name, found in linted.items() if found and name != "planted.template.json"} == {}
    assert len(linted) > 20
