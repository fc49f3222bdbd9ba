"""What is in an asset, and what changes its hash: a change must be seen, and nothing else must."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from stacks.assets import Assets
from stacks.errors import AssetError
from stacks.synthesize import synthesize
from tests.assembly_fixture import LIBRARY
from tests.stacks.templates import Stage, joined

pytestmark = pytest.mark.xdist_group("cdk")

Change = Callable[[Path], None]


@pytest.fixture(scope="module")
def hashes(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Change], dict[str, str]]:
    """Synthesizes the library after a change: the hash of every function, image and the Cedar statement."""

    def read(change: Change) -> dict[str, str]:
        folder = tmp_path_factory.mktemp("library")
        project = folder / "project"
        shutil.copytree(LIBRARY, project, ignore=shutil.ignore_patterns("__pycache__"))
        change(project)
        stage = Stage.read(synthesize(project, folder / "cdk.out", validate=False), "library-dev")
        policy = stage.one("AWS::BedrockAgentCore::Policy", Agent="librarian")
        return {
            "interceptor": stage.code("gateway_interceptor").name,
            "tool": stage.code("tool_catalog").name,
            "image": stage.image("librarian").name,
            "cedar": joined(policy.properties["Definition"]["Cedar"]["Statement"]),
            "schema": stage.one("AWS::BedrockAgentCore::GatewayTarget").text(),
        }

    return read


@pytest.fixture(scope="module")
def unchanged(hashes: Callable[[Change], dict[str, str]]) -> dict[str, str]:
    return hashes(lambda project: None)


def edit(path: str, old: str, new: str) -> Change:
    def change(project: Path) -> None:
        file = project / path
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} in {path}"
        file.write_text(text.replace(old, new), encoding="utf-8")

    return change


def append(path: str, text: str = "\n# changed\n") -> Change:
    def change(project: Path) -> None:
        with (project / path).open("a", encoding="utf-8") as file:
            file.write(text)

    return change


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_a_new_grant_changes_the_interceptors_asset_and_the_policy(
    unchanged: dict[str, str], hashes: Callable[[Change], dict[str, str]]
) -> None:
    grant = edit("systems/library/agents/librarian.yaml", "[find_book]", "[find_book, withdraw_book]")
    after = hashes(grant)
    assert changed(unchanged, after) == {"interceptor", "cedar"}
    assert "withdraw_book" in after["cedar"]
    assert "withdraw_book" not in unchanged["cedar"]


def test_editing_a_function_changes_its_asset_only(
    unchanged: dict[str, str], hashes: Callable[[Change], dict[str, str]]
) -> None:
    assert changed(unchanged, hashes(append("lambda/tool_catalog/tools.py"))) == {"tool"}


def test_editing_an_agent_changes_its_image_only(
    unchanged: dict[str, str], hashes: Callable[[Change], dict[str, str]]
) -> None:
    assert changed(unchanged, hashes(append("agent_src/librarian/agent.py"))) == {"image"}


def test_a_tools_new_description_is_a_changed_target(
    unchanged: dict[str, str], hashes: Callable[[Change], dict[str, str]]
) -> None:
    reworded = edit("systems/library/targets/catalog.yaml", "Takes a book out of", "Strikes a book from")
    assert "schema" in changed(unchanged, hashes(reworded))


def test_what_a_run_leaves_behind_changes_nothing(
    unchanged: dict[str, str], hashes: Callable[[Change], dict[str, str]]
) -> None:
    def leave(project: Path) -> None:
        for folder in ("lambda/tool_catalog", "agent_src/librarian"):
            cache = project / folder / "__pycache__"
            cache.mkdir()
            (cache / "handler.cpython-311.pyc").write_bytes(b"\x00")
            (project / folder / ".DS_Store").write_bytes(b"\x00")

    assert changed(unchanged, hashes(leave)) == set()


def test_one_agents_edit_leaves_the_others_images_alone(tmp_path: Path) -> None:
    """Contexts are compared as bytes: what the CDK hashes is exactly this folder."""
    root = _sources(tmp_path / "root")
    before = _contexts(root, tmp_path / "before")
    (root / "agent_src" / "one" / "__main__.py").write_text("changed", encoding="utf-8")
    after = _contexts(root, tmp_path / "after")
    assert before["one"] != after["one"]
    assert before["two"] == after["two"]


def test_a_functions_asset_is_its_package_and_the_common_one(tmp_path: Path) -> None:
    staged = Assets((_sources(tmp_path / "root"),), _empty(tmp_path / "staging")).function("tool")
    assert {path.name for path in staged.iterdir()} == {"tool", "lambda_common"}


def test_the_interceptors_asset_is_its_package_and_its_policy_alone(tmp_path: Path) -> None:
    """Its hash is what reviewers approve: another function's code must not move it."""
    assets = Assets((_sources(tmp_path / "root"),), _empty(tmp_path / "staging"))
    staged = assets.interceptor("tool", {"tool/policy.json": "{}\n"})
    assert {path.name for path in staged.iterdir()} == {"tool"}
    assert (staged / "tool" / "policy.json").read_bytes() == b"{}\n"


def test_a_change_of_common_code_is_seen_in_every_image(tmp_path: Path) -> None:
    root = _sources(tmp_path / "root")
    before = _contexts(root, tmp_path / "before")
    (root / "agent_src" / "agent_common" / "__init__.py").write_text("changed", encoding="utf-8")
    after = _contexts(root, tmp_path / "after")
    assert [name for name in before if before[name] == after[name]] == []


def test_two_assets_share_what_is_rendered_for_one_of_them(tmp_path: Path) -> None:
    """Files that are the same are links to one; a rendered one is never written through such a link."""
    root = _sources(tmp_path / "root")
    (root / "lambda" / "tool" / "policy.json").write_text("left behind", encoding="utf-8")
    assets = Assets((root,), _empty(tmp_path / "staging"))
    plain = assets.function("tool")
    staged = [assets.interceptor("tool", {"tool/policy.json": text}) for text in ("first", "second")]
    found = [(each / "tool" / "policy.json").read_text(encoding="utf-8") for each in (plain, *staged)]
    assert found == ["left behind", "first", "second"]
    assert (plain / "tool" / "handler.py").samefile(staged[0] / "tool" / "handler.py")


def test_a_file_system_without_links_leaves_files_out(tmp_path: Path) -> None:
    def none(first: Path, second: Path) -> None:
        raise OSError(f"{first} and {second}")

    root = _sources(tmp_path / "root")
    linked = _contexts(root, tmp_path / "linked")
    assert _contexts(root, tmp_path / "copied", none) == linked
    assert linked["one"].keys() == linked["two"].keys() - {"two/__main__.py"} | {"one/__main__.py"}


def test_the_projects_own_package_wins_over_airsides(tmp_path: Path) -> None:
    own, common = _sources(tmp_path / "own"), _sources(tmp_path / "common")
    (own / "lambda" / "tool" / "handler.py").write_text("own", encoding="utf-8")
    (own / "lambda" / "lambda_common" / "__init__.py").write_text("not this one", encoding="utf-8")
    staged = Assets((own, common), _empty(tmp_path / "staging")).function("tool")
    assert (staged / "tool" / "handler.py").read_text(encoding="utf-8") == "own"
    assert (staged / "lambda_common" / "__init__.py").read_text(encoding="utf-8") == "common"


def test_a_missing_package_is_told_with_where_it_was_sought(tmp_path: Path) -> None:
    root = _sources(tmp_path / "root")
    with pytest.raises(AssetError, match=r"No package 'absent' with a handler\.py in .*lambda"):
        Assets((root,), _empty(tmp_path / "staging")).function("absent")


def test_missing_common_code_is_no_empty_asset(tmp_path: Path) -> None:
    root = _sources(tmp_path / "root")
    (root / "agent_src" / "Dockerfile").unlink()
    with pytest.raises(AssetError, match="Dockerfile is missing"):
        Assets((root,), _empty(tmp_path / "staging")).agent("one")


def test_a_link_cannot_bring_a_strange_file_into_an_asset(tmp_path: Path) -> None:
    root = _sources(tmp_path / "root")
    (root / "lambda" / "tool" / "hosts").symlink_to("/etc/hosts")
    with pytest.raises(AssetError, match="symbolic link"):
        Assets((root,), _empty(tmp_path / "staging")).function("tool")


def _empty(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _sources(root: Path) -> Path:
    files = [
        "lambda/tool/handler.py",
        "lambda/lambda_common/__init__.py",
        "agent_src/one/__main__.py",
        "agent_src/two/__main__.py",
        "agent_src/agent_common/__init__.py",
        "agent_src/Dockerfile",
        "agent_src/requirements.txt",
    ]
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("common", encoding="utf-8")
    return root


def _contexts(
    root: Path, staging: Path, link: Callable[[Path, Path], None] = os.link
) -> dict[str, dict[str, bytes]]:
    assets = Assets((root,), _empty(staging), link)
    return {
        agent: {
            path.relative_to(context).as_posix(): path.read_bytes()
            for path in context.rglob("*")
            if path.is_file()
        }
        for agent in ("one", "two")
        for context in [assets.agent(agent)]
    }
