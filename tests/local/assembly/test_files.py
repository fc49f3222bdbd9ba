"""An assembly is read as data, from its own folder only, and every fault in it is worded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from localcloud.assembly import list_stages
from localcloud.assembly.errors import NotAnAssembly, UnknownStage, Unsupported
from localcloud.assembly.files import read_stage
from tests.local.assembly.build import FILE, IMAGE, STAGE, assembly, write

EMPTY: dict[str, Any] = {"Resources": {}}


def test_stacks_come_after_those_they_depend_on(tmp_path: Path) -> None:
    out = assembly(
        tmp_path,
        {"runtime": EMPTY, "gateway": EMPTY, "identity": EMPTY},
        dependencies={"runtime": ["gateway"], "gateway": ["identity"]},
    )
    assert [stack.artifact for stack in read_stage(out, STAGE)] == ["identity", "gateway", "runtime"]


def test_assets_are_found_by_their_hash(tmp_path: Path) -> None:
    (stack,) = read_stage(assembly(tmp_path, {"tools": EMPTY}), STAGE)
    assert stack.files == {FILE: (tmp_path / "cdk.out" / f"asset.{FILE}").resolve()}
    assert stack.images[IMAGE].build_args == {"AGENT": "booking"}
    assert (stack.account, stack.region, stack.name) == (
        "111122223333",
        "ap-northeast-2",
        "airline-dev-tools",
    )


def test_a_stage_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    out = assembly(tmp_path, {"tools": EMPTY})
    assert list_stages(out) == (STAGE,)
    with pytest.raises(UnknownStage, match=r"'airline-prod'.*airline-dev"):
        read_stage(out, "airline-prod")
    with pytest.raises(UnknownStage):
        read_stage(out, "../airline-dev")


def test_stacks_that_depend_on_each_other_are_refused(tmp_path: Path) -> None:
    out = assembly(tmp_path, {"a": EMPTY, "b": EMPTY}, dependencies={"a": ["b"], "b": ["a"]})
    with pytest.raises(NotAnAssembly, match="depends on itself"):
        read_stage(out, STAGE)


def test_a_stage_without_a_fixed_account_is_refused(tmp_path: Path) -> None:
    out = assembly(tmp_path, {"a": EMPTY}, environment="aws://unknown-account/unknown-region")
    with pytest.raises(Unsupported, match="unknown-account"):
        read_stage(out, STAGE)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("manifest.json", None),
        ("manifest.json", "{"),
        ("manifest.json", "[]"),
        ("manifest.json", '{"artifacts": []}'),
        ("manifest.json", '{"artifacts": {"a": 1}}'),
        (f"assembly-{STAGE}/manifest.json", None),
        (f"assembly-{STAGE}/manifest.json", '{"artifacts": {}}'),
        (f"assembly-{STAGE}/tools.template.json", None),
        (f"assembly-{STAGE}/tools.template.json", "\ud55c".encode("cp949").decode("latin-1")),
        (f"assembly-{STAGE}/tools.assets.json", "7"),
    ],
)
def test_a_broken_file_is_named_with_the_next_step(tmp_path: Path, file: str, content: str | None) -> None:
    out = assembly(tmp_path, {"tools": EMPTY})
    if content is None:
        (out / file).unlink()
    else:
        (out / file).write_text(content, encoding="latin-1" if not content.isascii() else "utf-8")
    with pytest.raises(NotAnAssembly) as caught:
        read_stage(out, STAGE)
    assert Path(file).name in str(caught.value) or STAGE in str(caught.value)
    assert "synth" in str(caught.value)


@pytest.mark.parametrize("place", ["template", "file", "image"])
def test_an_assembly_cannot_reach_outside_of_its_folder(tmp_path: Path, place: str) -> None:
    out = assembly(tmp_path, {"tools": EMPTY})
    write(tmp_path / "secret.json", {"Resources": {}})
    stage = out / f"assembly-{STAGE}"
    changed = stage / ("manifest.json" if place == "template" else "tools.assets.json")
    document = json.loads(changed.read_text())
    if place == "template":
        document["artifacts"]["tools"]["properties"]["templateFile"] = "../../secret.json"
    elif place == "file":
        document["files"][FILE]["source"]["path"] = "../../"
    else:
        document["dockerImages"][IMAGE]["source"]["directory"] = "/etc"
    write(changed, document)
    with pytest.raises(NotAnAssembly, match="outside"):
        read_stage(out, STAGE)


def test_a_link_out_of_the_assembly_is_not_followed(tmp_path: Path) -> None:
    out = assembly(tmp_path, {"tools": EMPTY})
    (out / f"asset.{FILE}").rmdir()
    (out / f"asset.{FILE}").symlink_to("/etc")
    with pytest.raises(NotAnAssembly, match="outside"):
        read_stage(out, STAGE)
