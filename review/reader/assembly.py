"""From a cloud assembly's manifests to stages. Format: the cloud assembly schema of the CDK."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from review.errors import Unreadable
from review.reader.files import Folder
from review.reader.template import Raw, build
from review.stage import Stage

DEFAULT = "default"
"""The name of the stage that the stacks outside of any stage make."""

MAX_STACKS = 1_000
MAX_STAGES = 200
_MAX_NESTING = 8
_ENVIRONMENT = re.compile(r"aws://([^/]+)/([^/]+)")
_DEPLOYED = ("assumeRoleArn", "cloudFormationExecutionRoleArn", "notificationArns", "terminationProtection")
_STAGE_FOLDER = "assembly-"
_SYNTH_AGAIN = "Synthesize the assembly again."


def read_assembly(cdk_out: Path) -> tuple[Stage, ...]:
    """Every stage of an assembly, in its own order. Stacks outside of stages make the stage `default`.

    Raises:
        Unreadable: with the file and what is wrong with it.
    """
    return tuple(_stage(found) for found in _stages(cdk_out))


def read_stage(cdk_out: Path, name: str) -> Stage:
    """One stage by its name. Raises Unreadable, also if there is none of that name."""
    known = []
    for found in _stages(cdk_out):
        if found.name == name:
            return _stage(found)
        known.append(found.name)
    raise Unreadable(f"{cdk_out}: no stage {name!r}. Stages there: {', '.join(known) or 'none'}.")


@dataclass(frozen=True)
class _Found:
    name: str
    path: Path
    folder: Folder
    artifacts: Mapping[str, Mapping[str, Any]]


def _stages(cdk_out: Path) -> list[_Found]:
    if not cdk_out.is_dir():
        raise Unreadable(f"{cdk_out}: no such folder. Name an assembly, as `cdk synth` writes it to cdk.out.")
    found = list(_walk(Folder(cdk_out), cdk_out, DEFAULT, 0))
    if not found:
        raise Unreadable(f"{cdk_out}: has no stack. {_SYNTH_AGAIN}")
    if len(found) > MAX_STAGES:
        raise Unreadable(f"{cdk_out}: {len(found)} stages; {MAX_STAGES} are read.")
    names = [each.name for each in found]
    if len(names) != len(set(names)):
        raise Unreadable(f"{cdk_out}: two stages have one name ({', '.join(sorted(names))}).")
    return found


def _walk(folder: Folder, path: Path, name: str, depth: int) -> Iterator[_Found]:
    if depth > _MAX_NESTING:
        raise Unreadable(f"{path}: assemblies are nested deeper than {_MAX_NESTING} levels.")
    manifest = path / "manifest.json"
    artifacts = folder.json(manifest).get("artifacts", {})
    if not isinstance(artifacts, dict) or not all(isinstance(each, dict) for each in artifacts.values()):
        raise Unreadable(f"{manifest}: 'artifacts' is not a table of objects. {_SYNTH_AGAIN}")
    if any(each.get("type") == "aws:cloudformation:stack" for each in artifacts.values()):
        yield _Found(name, path, folder, artifacts)
    for each in artifacts.values():
        if each.get("type") == "cdk:cloud-assembly":
            directory = text(properties(each, manifest), "directoryName", manifest)
            inner = path / directory
            folder.inside(inner)
            yield from _walk(folder, inner, directory.removeprefix(_STAGE_FOLDER), depth + 1)


def _stage(found: _Found) -> Stage:
    manifest = found.path / "manifest.json"
    raws = []
    stacks = {
        key: each for key, each in found.artifacts.items() if each.get("type") == "aws:cloudformation:stack"
    }
    if len(stacks) > MAX_STACKS:
        raise Unreadable(f"{manifest}: {len(stacks)} stacks; {MAX_STACKS} are read.")
    for key, artifact in stacks.items():
        given = properties(artifact, manifest)
        environment = _ENVIRONMENT.fullmatch(str(artifact.get("environment", "")))
        assets, images = _assets(found, artifact, manifest)
        raws.append(
            Raw(
                name=str(given.get("stackName", key)),
                template_path=found.path / text(given, "templateFile", manifest),
                account=environment[1] if environment else "unknown-account",
                region=environment[2] if environment else "unknown-region",
                termination_protection=given.get("terminationProtection") is True,
                assets=assets,
                images=images,
                arguments=properties({"properties": given.get("parameters") or {}}, manifest),
                deployed={key: given[key] for key in _DEPLOYED if given.get(key) is not None},
            )
        )
    return build(found.name, found.folder, found.path, raws)


def _assets(
    found: _Found, artifact: Mapping[str, Any], manifest: Path
) -> tuple[dict[str, Path], frozenset[str]]:
    """Of the asset manifests that a stack depends on: hash → file or folder, and the hashes of its images."""
    assets: dict[str, Path] = {}
    images: set[str] = set()
    dependencies = artifact.get("dependencies", [])
    for name in dependencies if isinstance(dependencies, list) else []:
        other = found.artifacts.get(str(name), {})
        if other.get("type") != "cdk:asset-manifest":
            continue
        path = found.path / text(properties(other, manifest), "file", manifest)
        document = found.folder.json(path)
        files, built = document.get("files", {}), document.get("dockerImages", {})
        images.update(built if isinstance(built, dict) else ())
        for digest, asset in files.items() if isinstance(files, dict) else []:
            source = asset.get("source", {}) if isinstance(asset, dict) else {}
            if isinstance(source, dict) and isinstance(source.get("path"), str):
                assets[str(digest)] = found.folder.inside(path.parent / source["path"])
    return assets, frozenset(images)


def properties(artifact: Mapping[str, Any], where: Path) -> Mapping[str, Any]:
    found = artifact.get("properties", {})
    if not isinstance(found, dict):
        raise Unreadable(f"{where}: 'properties' of an artifact is no object. {_SYNTH_AGAIN}")
    return found


def text(table: Mapping[str, Any], key: str, where: Path) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"{where}: {key!r} is {value!r}, expected a name. {_SYNTH_AGAIN}")
    return value
