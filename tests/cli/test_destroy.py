"""`destroy`: everything that blocks it is told at once, and nothing goes without its name being typed."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from cli import destroy
from cli.__main__ import main
from cli.deploying.cdk import Cdk
from cli.deploying.target import Stack, Target
from cli.outcome import Failure
from tests.assembly_fixture import ROOT, assembly
from tests.cli.aws_account import Fake, Plain, refused

__all__ = ["assembly"]

STACKS = tuple(
    Stack(f"shop-dev/{part.title()}", f"shop-dev-{part}", "982347102345", "ap-northeast-2", False, {})
    for part in ("identity", "tools")
)
TABLE = ("AWS::DynamoDB::Table", "Table", "shop-dev-stock")
POOL = ("AWS::Cognito::UserPool", "Pool", "pool-1")
BUCKET = ("AWS::S3::Bucket", "Pages", "shop-dev-pages")


@pytest.fixture
def found(tmp_path: Path) -> Target:
    (tmp_path / "cdk.out").mkdir()
    return Target(tmp_path / "cdk.out", "shop-dev", STACKS, 0, None, 0)


@pytest.fixture
def fake() -> Fake:
    made = Fake()
    made.cloudformation.put("shop-dev-identity", resources=[POOL])
    made.cloudformation.put("shop-dev-tools", resources=[TABLE, BUCKET])
    made.others = {
        "dynamodb": Plain(describe_table={"Table": {"DeletionProtectionEnabled": False}}),
        "cognito-idp": Plain(
            describe_user_pool={"UserPool": {"Name": "shop", "DeletionProtection": "INACTIVE"}}
        ),
        "s3": Plain(list_object_versions={}),
    }
    return made


def delete(
    found: Target, fake: Fake, answer: str | None = "shop-dev", **more: Any
) -> tuple[int, list[list[str]]]:
    """The exit code, and the CDK's calls."""
    log = found.assembly.parent
    words = argparse.Namespace(**{"env": "dev", "confirm": None, "dry_run": False, **more})
    cdk = Cdk((sys.executable, str(ROOT / "tests" / "cli" / "fake_cdk.py"), str(log)))
    ask = None if answer is None else lambda question: answer
    code = destroy.destroy(words, found, fake.account, lambda: cdk, ask)
    calls = log / "calls"
    lines = calls.read_text(encoding="utf-8").splitlines() if calls.is_file() else []
    return code, [json.loads(line)["words"] for line in lines]


def test_a_stage_that_nothing_blocks_is_deleted_once_its_name_is_typed(
    found: Target, fake: Fake, capsys: pytest.CaptureFixture[str]
) -> None:
    code, calls = delete(found, fake)
    assert code == 0
    assert calls == [["destroy", "shop-dev/*", "--force", "--app", str(found.assembly)]]
    out = capsys.readouterr().out
    assert "log groups that the services made themselves" in out
    assert "deleted: shop-dev" in out


@pytest.mark.parametrize("answer", ["", "yes", "shop", "SHOP-DEV", "shop-prod"])
def test_any_other_word_deletes_nothing(found: Target, fake: Fake, answer: str) -> None:
    assert delete(found, fake, answer) == (1, [])


def test_a_pipeline_has_to_name_it(found: Target, fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    assert delete(found, fake, None) == (1, [])
    assert "Say --confirm shop-dev" in capsys.readouterr().out
    assert delete(found, fake, None, confirm="airline-prod") == (1, [])
    assert delete(found, fake, None, confirm="shop-dev")[0] == 0


def test_looking_deletes_nothing(found: Target, fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    assert delete(found, fake, dry_run=True) == (0, [])
    assert "would be: shop-dev-tools, shop-dev-identity" in capsys.readouterr().err


def test_everything_that_blocks_it_is_told_at_once(
    found: Target, fake: Fake, capsys: pytest.CaptureFixture[str]
) -> None:
    identity, tools = (fake.cloudformation.stacks[stack.name] for stack in STACKS)
    identity.update(protected=True, exports=["pool-arn", "key-arn"])
    tools["status"] = "UPDATE_IN_PROGRESS"
    fake.cloudformation.importers = {"pool-arn": ["shop-dev-tools"], "key-arn": ["shop-dev-tools", "reports"]}
    fake.others["dynamodb"] = Plain(describe_table={"Table": {"DeletionProtectionEnabled": True}})
    fake.others["cognito-idp"] = Plain(
        describe_user_pool={"UserPool": {"Name": "shop", "DeletionProtection": "ACTIVE"}}
    )
    fake.others["s3"] = Plain(list_object_versions={"DeleteMarkers": [{}]})
    assert delete(found, fake) == (1, [])
    said = capsys.readouterr()
    blocks = [line for line in said.out.splitlines() if line.startswith("blocks: ")]
    for part in (
        "shop-dev-identity has termination protection. Set retain_data: false in environments/dev.yaml",
        "shop-dev-identity exports key-arn, which the stack reports imports",
        "shop-dev-tools is UPDATE_IN_PROGRESS",
        "the table shop-dev-stock has deletion protection: aws dynamodb update-table",
        "the user pool shop (pool-1) has deletion protection",
        "the bucket shop-dev-pages is not empty",
    ):
        assert [line for line in blocks if part in line], part
    assert len(blocks) == 6, "its own stacks do not block each other"
    assert "was not deleted: 6 in the way" in said.err


def test_what_outlives_it_is_told_and_does_not_block(
    found: Target, fake: Fake, capsys: pytest.CaptureFixture[str]
) -> None:
    tools = fake.cloudformation.stacks["shop-dev-tools"]
    tools["template"] = {"Resources": {"Table": {"DeletionPolicy": "Retain"}}}
    tools["resources"] = [
        TABLE,
        ("AWS::KMS::Key", "Key", "key-1"),
        ("AWS::SecretsManager::Secret", "S", "secret-1"),
    ]
    fake.others["dynamodb"] = Plain(describe_table={"Table": {"DeletionProtectionEnabled": True}})
    assert delete(found, fake)[0] == 0
    out = capsys.readouterr().out
    assert "stays:  AWS::DynamoDB::Table shop-dev-stock: its DeletionPolicy is Retain" in out
    assert "AWS::KMS::Key key-1: is only scheduled for deletion" in out
    assert "AWS::SecretsManager::Secret secret-1: its name may stay taken" in out


def test_a_bucket_that_its_stage_empties_blocks_it(found: Target, fake: Fake) -> None:
    tools = fake.cloudformation.stacks["shop-dev-tools"]
    tools["template"] = {"Resources": {"Pages": {"Metadata": {"Airside": {"Bucket": "console"}}}}}
    fake.others["s3"] = Plain(list_object_versions={"Versions": [{}]})
    assert delete(found, fake)[0] == 0


def test_what_cannot_be_asked_is_not_taken_for_free(found: Target, fake: Fake) -> None:
    class Denied:
        def describe_table(self, **_: Any) -> Any:
            raise refused("AccessDeniedException", "no")

    fake.others["dynamodb"] = Denied()
    with pytest.raises(Failure, match=r"refuses describe_table \(AccessDeniedException\)"):
        delete(found, fake)


def test_nothing_deployed_is_nothing_to_delete(found: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert delete(found, Fake()) == (0, [])
    assert "has no stack of shop-dev: nothing to delete" in capsys.readouterr().out


def test_the_cdks_exit_code_is_passed_on(
    found: Target, fake: Fake, capsys: pytest.CaptureFixture[str]
) -> None:
    (found.assembly.parent / "codes").write_text("4", encoding="utf-8")
    assert delete(found, fake)[0] == 4
    assert "not deleted, or not wholly: the CDK ended with 4" in capsys.readouterr().err


def test_a_placeholder_account_has_nothing_deployed(
    assembly: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["destroy", "--assembly", str(assembly), "--confirm", "airline-dev"]) == 1
    assert "account 111122223333 is a placeholder" in capsys.readouterr().out
