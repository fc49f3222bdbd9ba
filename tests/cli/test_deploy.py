"""`deploy`: nothing is deployed unseen, unapproved, elsewhere, or otherwise than it was reviewed."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli import terminal
from cli.__main__ import main
from cli.deploying import checks, procedure, record, target
from cli.deploying.cdk import Cdk
from cli.deploying.procedure import Approval, Job
from cli.outcome import Failure
from tests.assembly_fixture import ROOT, assembly
from tests.cli.aws_account import Fake, refused

__all__ = ["assembly"]

REAL = "982347102345"
PARTS = ["identity", "tools", "gateway", "runtime", "observability"]
ASKED = ["--require-approval", "never", "--progress", "events"]


@pytest.fixture(scope="module")
def real(assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The validated assembly with an account id and a provider's client of somebody's."""
    copy = tmp_path_factory.mktemp("real") / "cdk.out"
    shutil.copytree(assembly, copy)
    for path in copy.rglob("*.json"):
        if "asset." not in path.as_posix():
            text = path.read_text(encoding="utf-8")
            text = text.replace("111122223333", REAL).replace(
                "replace-with-the-providers-client-id", "client"
            )
            path.write_text(text, encoding="utf-8")
    return copy


@pytest.fixture(scope="module")
def approved(tmp_path_factory: pytest.TempPathFactory, real: Path) -> Path:
    """The committed locks, written again for what is real: who their provider knows is a setting in them."""
    project = tmp_path_factory.mktemp("approved")
    shutil.copytree(ROOT / "access", project / "access")
    assert main(["lock", "--assembly", str(real), "--project", str(project)]) == 0
    return project


@pytest.fixture
def project(tmp_path: Path, approved: Path) -> Path:
    """A project with its locks, where records may be written."""
    shutil.copytree(approved, tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "cdk").mkdir()
    return tmp_path / "cdk"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    monkeypatch.setenv("CDK_DOCKER", "true")
    return Fake()


MakeJob = Callable[..., Job]


@pytest.fixture
def job(real: Path, project: Path, log: Path, fake: Fake) -> MakeJob:
    def make(answer: str | None = "yes", **more: Any) -> Job:
        cdk = Cdk((sys.executable, str(ROOT / "tests" / "cli" / "fake_cdk.py"), str(log)))
        made = Job(
            targets=(target.read(real, "account-dev"), target.read(real, "airline-dev")),
            project=project,
            environment="dev",
            connect=lambda: fake.account,
            cdk=lambda: cdk,
            ask=None if answer is None else lambda question: answer,
            now=lambda: datetime(2026, 11, 21, 12, tzinfo=UTC),
        )
        return replace(made, **more)

    return make


def calls(log: Path) -> list[list[str]]:
    file = log / "calls"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return [json.loads(line)["words"] for line in lines]


def deployments(log: Path) -> list[list[str]]:
    return [words for words in calls(log) if words[0] == "deploy"]


def test_a_stage_is_compared_approved_and_deployed_from_the_very_folder(
    job: MakeJob, log: Path, real: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = target.digest(real)
    assert procedure.deploy(job()) == 0
    assert calls(log) == [
        ["diff", "account-dev/*", "--method", "template", "--app", str(real)],
        ["diff", "airline-dev/*", "--method", "template", "--app", str(real)],
        ["deploy", "account-dev/*", *ASKED, "--app", str(real)],
        ["deploy", "airline-dev/*", *ASKED, "--app", str(real)],
    ]
    told = [json.loads(line) for line in (log / "calls").read_text(encoding="utf-8").splitlines()]
    # It cannot ask, reads no cdk.json of ours, and tells nobody what it does.
    assert {each["stdin"] for each in told} == {""}
    assert {each["cwd"] for each in told} == {str(real)}
    assert {value for each in told for value in each["environment"].values()} == {"true"}
    assert target.digest(real) == before
    said = capsys.readouterr()
    assert "deployed: account-dev and airline-dev to 982347102345 in ap-northeast-2" in said.out
    assert before in said.err
    notes = [line.partition("note: airline-dev: ")[2] for line in said.err.splitlines() if "note: " in line]
    assert [note.split()[0] for note in notes] == ["airside-dev@example.com", "git.example.com"]


def test_without_a_person_or_their_word_nothing_is_deployed(
    job: MakeJob, log: Path, real: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    only = (target.read(real, "account-dev"),)
    for answer in (None, "", "no", "y", "deploy"):
        assert procedure.deploy(job(answer, targets=only)) == 1
    assert deployments(log) == []
    assert "nobody is there to ask. Say --yes" in capsys.readouterr().out
    assert procedure.deploy(job(None, targets=only, yes=True)) == 0
    assert len(deployments(log)) == 1


def test_only_what_widens_is_asked_about_where_that_was_said(
    job: MakeJob, log: Path, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broadening = job(None, approval=Approval.BROADENING)
    assert procedure.deploy(broadening) == 1, "the first deployment gives everything"
    assert procedure.deploy(job()) == 0
    assert procedure.deploy(broadening) == 0, "the same again gives nothing more"
    assert "no difference to the deployment of 2026-11-21T12:00:00+00:00" in capsys.readouterr().out
    file = project / ".airside" / "deployed" / f"airline-dev.{REAL}.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    document["access"]["clients"] = document["access"]["clients"][1:]
    file.write_text(json.dumps(document), encoding="utf-8")
    assert procedure.deploy(broadening) == 1, "a client that was not there before"
    assert procedure.deploy(job(None, approval=Approval.NEVER)) == 0


def test_a_record_that_is_not_understood_counts_as_none(job: MakeJob, project: Path) -> None:
    made = job()
    assert record.read(project, made.targets[1]) is None
    assert procedure.deploy(made) == 0
    found = record.read(project, made.targets[1])
    assert found is not None
    file = project / ".airside" / "deployed" / f"airline-dev.{REAL}.json"
    file.write_text('{"at": "x", "access": {}}', encoding="utf-8")
    assert record.read(project, made.targets[1]) is None


def test_a_dry_run_deploys(job: MakeJob, log: Path) -> None:
    assert procedure.deploy(job(dry_run=True)) == 0
    assert [words[0] for words in calls(log)] == ["diff", "diff"]


@pytest.mark.parametrize(
    ("codes", "exit_code", "done", "told"),
    [
        ("0 0 0 7", 7, 4, "airline-dev is not deployed, or not wholly: the CDK ended with 7"),
        ("0 0 1", 1, 3, "account-dev is not deployed, or not wholly: the CDK ended with 1"),
        ("3", 3, 1, "the CDK could not compare: the CDK ended with 3"),
    ],
)
def test_the_cdks_exit_code_is_passed_on_and_ends_it(
    job: MakeJob,
    log: Path,
    project: Path,
    capsys: pytest.CaptureFixture[str],
    codes: str,
    exit_code: int,
    done: int,
    told: str,
) -> None:
    (log / "codes").write_text(codes, encoding="utf-8")
    made = job()
    assert procedure.deploy(made) == exit_code
    assert len(calls(log)) == done
    assert told in capsys.readouterr().err
    assert record.read(project, made.targets[1]) is None, "what failed is on record as deployed"


def test_placeholders_are_deployed(
    assembly: Path, project: Path, job: MakeJob, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def connect() -> Any:
        raise AssertionError("AWS was asked about a placeholder")

    made = job(targets=(target.read(assembly, "airline-dev"),), connect=connect)
    assert procedure.deploy(made) == 1
    out = capsys.readouterr().out
    assert "account 111122223333 is a placeholder. Put your account's id in environments/dev.yaml" in out
    assert "'replace-with-the-providers-client-id' is a placeholder" in out
    assert calls(log) == []


def test_what_is_not_as_approved_is_not_deployed(
    job: MakeJob, log: Path, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = project / "access" / "airline.dev.lock.json"
    document = json.loads(lock.read_text(encoding="utf-8"))
    document["clients"] = document["clients"][1:]
    lock.write_text(json.dumps(document), encoding="utf-8")
    assert procedure.deploy(job()) == 1
    said = capsys.readouterr()
    assert "differences to access/airline.dev.lock.json" in said.out
    assert "not as approved" in said.err
    assert calls(log) == []


def test_an_assembly_that_no_validator_saw_is_not_deployed(
    real: Path, tmp_path: Path, job: MakeJob, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "cdk.out"
    shutil.copytree(real, copy)
    (copy / "acknowledged.json").unlink()
    assert procedure.deploy(job(targets=(target.read(copy, "airline-dev"),))) == 1
    assert (
        "was synthesized without validation. Make it with ./airside synth --validate"
        in capsys.readouterr().out
    )
    assert calls(log) == []


def test_an_assembly_that_changes_after_its_review_is_not_deployed(
    real: Path, tmp_path: Path, job: MakeJob, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "cdk.out"
    shutil.copytree(real, copy)
    (template,) = (copy / "assembly-airline-dev").glob("*Tools*.template.json")

    def meanwhile(question: str) -> str:
        template.write_text(template.read_text(encoding="utf-8") + " ", encoding="utf-8")
        return "yes"

    assert procedure.deploy(job(targets=(target.read(copy, "airline-dev"),), ask=meanwhile)) == 2
    assert deployments(log) == []
    assert "has changed since it was reviewed" in capsys.readouterr().err


def test_another_assembly_than_the_promoted_one_is_refused(
    real: Path, job: MakeJob, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert procedure.deploy(job(wanted_digest="0" * 64)) == 1
    assert "--digest asks for 000" in capsys.readouterr().out
    assert calls(log) == []
    assert procedure.deploy(job(wanted_digest=target.digest(real), dry_run=True)) == 0


@pytest.mark.parametrize(
    ("version", "state"), [(None, "is not bootstrapped"), ("5", "is bootstrapped at version 5")]
)
def test_an_account_without_its_bootstrap_is_told_how_to_make_it(
    job: MakeJob, log: Path, fake: Fake, version: str | None, state: str
) -> None:
    fake.ssm.values = {} if version is None else {"/cdk-bootstrap/hnb659fds/version": version}
    with pytest.raises(Failure, match=f"{state}; version 6 is needed.*deploy --bootstrap --env dev "):
        procedure.deploy(job())
    assert calls(log) == []


def test_images_nobody_can_build_are_told_before_half_is_deployed(job: MakeJob) -> None:
    with pytest.raises(Failure, match=r"has 4 container images, and there is no .* to build them"):
        checks.builder(job().targets[1], lambda program: None)


def test_a_refusal_of_awss_is_told_without_what_was_sent(job: MakeJob, fake: Fake) -> None:
    fake.cloudformation.fault = refused(
        "AccessDenied", "not authorized to perform: cloudformation:ListExports"
    )
    with pytest.raises(Failure, match=r"refuses list_exports \(AccessDenied\).*docs/deploying.md"):
        procedure.deploy(job())


def test_consumers_of_what_goes_are_deployed_first(job: MakeJob, log: Path, fake: Fake, real: Path) -> None:
    for stack in target.read(real, "airline-dev").stacks:
        fake.cloudformation.deploy(stack)
    gateway, runtime = "airline-dev-gateway", "airline-dev-runtime"
    for export, owner, user in (("gone-1", gateway, runtime), ("gone-2", "airline-dev-tools", gateway)):
        fake.cloudformation.stacks[owner]["exports"].append(export)
        fake.cloudformation.importers[export] = [user]
    assert procedure.deploy(job()) == 0
    assert [words[1:3] for words in deployments(log)] == [
        ["account-dev/*", "--require-approval"],
        ["airline-dev/Runtime", "--exclusively"],
        ["airline-dev/Gateway", "--exclusively"],
        ["airline-dev/*", "--require-approval"],
    ]


def test_an_export_somebody_else_uses_stops_it_before_anything_is_deployed(
    job: MakeJob, log: Path, fake: Fake, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.cloudformation.put("airline-dev-tools", exports=["gone"])
    fake.cloudformation.importers["gone"] = ["reports"]
    assert procedure.deploy(job()) == 1
    assert "which the stack reports imports" in capsys.readouterr().out
    assert calls(log) == []


def test_stacks_stand_in_the_order_in_which_they_can_be_deployed(real: Path) -> None:
    found = target.read(real, "airline-dev")
    names = [stack.name.removeprefix("airline-dev-") for stack in found.stacks]
    assert set(PARTS) <= set(names)
    made: set[str] = set()
    for stack in found.stacks:
        assert stack.imports <= made
        made |= stack.exports
    assert (found.account, found.region, found.images) == (REAL, "ap-northeast-2", 4)


def test_equal_bytes_have_one_digest_and_a_renamed_file_another(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text("1", encoding="utf-8")
    assert target.digest(tmp_path / "a") == target.digest(tmp_path / "b")
    (tmp_path / "b" / "x").rename(tmp_path / "b" / "y")
    assert target.digest(tmp_path / "a") != target.digest(tmp_path / "b")


def test_the_command_refuses_placeholders_and_strange_folders(
    assembly: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["deploy", "--assembly", str(assembly), "--yes"]) == 1
    assert "account 111122223333 is a placeholder" in capsys.readouterr().out
    assert main(["deploy", "--assembly", str(assembly), "--yes", "--bootstrap"]) == 1
    assert main(["deploy", "--assembly", str(tmp_path)]) == 2
    assert "holds no manifest.json" in capsys.readouterr().err
    assert main(["deploy", "--assembly", str(assembly), "--env", "moon"]) == 2
    assert "has no stage airline-moon. There: account-dev, " in capsys.readouterr().err


def test_credentials_of_another_account_deploy_nothing(
    real: Path,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert main(["deploy", "--project", str(project), "--assembly", str(real), "--yes"]) == 2
    assert "no AWS credentials that work (NoCredentialsError)" in capsys.readouterr().err


def test_a_terminal_that_is_closed_is_no_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    ask = terminal.person()
    assert ask is not None
    assert ask("Deploy? ") == ""
    monkeypatch.setenv("CI", "true")
    assert terminal.person() is None
    monkeypatch.delenv("CI")
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes"))
    assert terminal.person() is None
