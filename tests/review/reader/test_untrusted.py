"""Whatever lies in the folder, the reader reads data, says what is wrong, or refuses; it never guesses."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from review.errors import Unreadable
from review.reader import files, read_assembly, read_stage
from tests.review.reader import kit


def _manifest(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text, encoding="utf-8")


def _artifact(folder: Path, **artifact: object) -> None:
    _manifest(folder, json.dumps({"artifacts": {"a": artifact}}))


def _stack(folder: Path, template: str) -> None:
    _artifact(folder, type="aws:cloudformation:stack", properties={"templateFile": "t.json"})
    (folder / "t.json").write_text(template, encoding="utf-8")


SPOILED: dict[str, tuple[Callable[[Path], object], str]] = {
    "no manifest": (lambda folder: None, "there is no such file"),
    "not JSON": (lambda folder: _manifest(folder, "{"), "not JSON"),
    "a list": (lambda folder: _manifest(folder, "[]"), "expected an object, found list"),
    "NaN": (lambda folder: _manifest(folder, '{"artifacts": NaN}'), "NaN is no JSON number"),
    "a key twice": (
        lambda folder: _manifest(folder, '{"artifacts": {}, "artifacts": {}}'),
        "the key 'artifacts' stands there twice",
    ),
    "not UTF-8": (lambda folder: (folder / "manifest.json").write_bytes(b"\xff\xfe{}"), "not UTF-8"),
    "deep in the C scanner": (lambda folder: _manifest(folder, '{"a":' * 100_000), "nested deeper"),
    "deep but parsable": (
        lambda folder: _manifest(folder, '{"a":' * 250 + "1" + "}" * 250),
        "nested deeper than 200",
    ),
    "artifacts no table": (lambda folder: _manifest(folder, '{"artifacts": [1]}'), "not a table"),
    "no stack": (lambda folder: _manifest(folder, '{"artifacts": {}}'), "has no stack"),
    "no template file": (lambda folder: _artifact(folder, type="aws:cloudformation:stack"), "'templateFile'"),
    "template outside": (
        lambda folder: _artifact(
            folder, type="aws:cloudformation:stack", properties={"templateFile": "../../etc/passwd"}
        ),
        "lies outside",
    ),
    "stage outside": (
        lambda folder: _artifact(folder, type="cdk:cloud-assembly", properties={"directoryName": ".."}),
        "lies outside",
    ),
    "stage in itself": (
        lambda folder: _artifact(folder, type="cdk:cloud-assembly", properties={"directoryName": "."}),
        "nested deeper than 8",
    ),
    "resources a list": (lambda folder: _stack(folder, '{"Resources": []}'), "'Resources' is list"),
    "resource without type": (lambda folder: _stack(folder, '{"Resources": {"A": {}}}'), "is no resource"),
    "properties a text": (
        lambda folder: _stack(folder, '{"Resources": {"A": {"Type": "AWS::X::Y", "Properties": "x"}}}'),
        "'Properties' is str",
    ),
}


@pytest.mark.parametrize("name", SPOILED)
def test_what_cannot_be_read_is_never_read_as_nothing(tmp_path: Path, name: str) -> None:
    spoil, expected = SPOILED[name]
    spoil(tmp_path)
    with pytest.raises(Unreadable) as refused:
        read_assembly(tmp_path)
    assert expected in str(refused.value)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="no such folder"):
        read_assembly(tmp_path / "cdk.out")


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text('{"Resources": {}}', encoding="utf-8")
    folder = kit.write(tmp_path / "cdk.out", {"one": {"Resources": {}}})
    (folder / "one.template.json").unlink()
    (folder / "one.template.json").symlink_to(outside)
    with pytest.raises(Unreadable, match="lies outside"):
        read_assembly(folder)


def test_a_pipe_does_not_make_it_wait(tmp_path: Path) -> None:
    folder = kit.write(tmp_path / "cdk.out", {"one": {"Resources": {}}})
    (folder / "one.template.json").unlink()
    os.mkfifo(folder / "one.template.json")
    with pytest.raises(Unreadable, match="no such file"):
        read_assembly(folder)


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "manifest.json").open("wb") as file:
        file.truncate(files.MAX_BYTES + 1)
    with pytest.raises(Unreadable, match="too large"):
        read_assembly(tmp_path)


def test_two_stacks_of_one_name_are_not_merged(tmp_path: Path) -> None:
    folder = kit.write(tmp_path, {"one": {"Resources": {}}, "two": {"Resources": {}}})
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for artifact in manifest["artifacts"].values():
        artifact["properties"]["stackName"] = "same"
    _manifest(folder, json.dumps(manifest))
    with pytest.raises(Unreadable, match="two stacks have one name"):
        read_assembly(folder)


def test_an_unknown_stage_is_refused_with_the_known_ones(assembly: Path) -> None:
    with pytest.raises(Unreadable, match=r"no stage 'nowhere'. Stages there: .*airline-dev"):
        read_stage(assembly, "nowhere")
