"""Reads `cdk.out` as data: manifests, templates and asset manifests. Nothing is resolved here.

Formats: CDK cloud assembly schema (`manifest.json`, `*.assets.json`). A stage is a nested assembly in the
folder `assembly-<stage>`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.assembly.errors import NotAnAssembly, UnknownStage, Unsupported

_STAGE_FOLDER = "assembly-"
_ENVIRONMENT = re.compile(r"aws://(\d{12})/([a-z]{2}(?:-[a-z]+)+-\d)")
SYNTH_AGAIN = "Synthesize it again with `./airside synth`."


@dataclass(frozen=True)
class Image:
    """A container asset: the folder that would be built, and the arguments of the build."""

    directory: Path
    build_args: Mapping[str, str]


@dataclass(frozen=True)
class StackFiles:
    """One stack: its template and where its assets lie. `files` and `images` are keyed by asset hash."""

    name: str
    artifact: str
    account: str
    region: str
    template: Mapping[str, Any]
    files: Mapping[str, Path]
    images: Mapping[str, Image]


def list_stages(cdk_out: Path) -> tuple[str, ...]:
    """The stages of an assembly in its own order. Raises NotAnAssembly."""
    artifacts = _artifacts(cdk_out)
    folders = [
        _text(artifact.get("properties", {}), "directoryName", cdk_out / "manifest.json")
        for artifact in artifacts.values()
        if artifact.get("type") == "cdk:cloud-assembly"
    ]
    return tuple(folder.removeprefix(_STAGE_FOLDER) for folder in folders if folder.startswith(_STAGE_FOLDER))


def read_stage(cdk_out: Path, stage: str) -> tuple[StackFiles, ...]:
    """The stacks of a stage, each after those it depends on. Raises NotAnAssembly, UnknownStage."""
    stages = list_stages(cdk_out)
    if stage not in stages:
        known = ", ".join(stages) or "none"
        raise UnknownStage(f"{cdk_out}: no stage {stage!r}. Stages there: {known}. Name one of them.")
    folder = _inside(cdk_out, cdk_out / f"{_STAGE_FOLDER}{stage}")
    artifacts = _artifacts(folder)
    stacks = {key: item for key, item in artifacts.items() if item.get("type") == "aws:cloudformation:stack"}
    if not stacks:
        raise NotAnAssembly(f"{folder}: the stage has no stacks. {SYNTH_AGAIN}")
    return tuple(
        _read_stack(cdk_out, folder, key, stacks[key], artifacts) for key in _ordered(stacks, folder)
    )


def _ordered(stacks: Mapping[str, Mapping[str, Any]], folder: Path) -> list[str]:
    done: list[str] = []
    visiting: set[str] = set()

    def visit(key: str) -> None:
        if key in done:
            return
        if key in visiting:
            raise NotAnAssembly(f"{folder}/manifest.json: stack {key!r} depends on itself. {SYNTH_AGAIN}")
        visiting.add(key)
        for other in stacks[key].get("dependencies", []):
            if other in stacks:
                visit(other)
        done.append(key)

    for key in stacks:
        visit(key)
    return done


def _read_stack(
    cdk_out: Path,
    folder: Path,
    key: str,
    artifact: Mapping[str, Any],
    artifacts: Mapping[str, Mapping[str, Any]],
) -> StackFiles:
    manifest = folder / "manifest.json"
    environment = _ENVIRONMENT.fullmatch(str(artifact.get("environment", "")))
    if environment is None:
        raise Unsupported(
            f"{manifest}: stack {key!r} has the environment {artifact.get('environment')!r}. A stage runs "
            "locally only with a fixed account and region: set both in environments/<name>.yaml."
        )
    properties = artifact.get("properties", {})
    template = _json(_inside(cdk_out, folder / _text(properties, "templateFile", manifest)))
    files: dict[str, Path] = {}
    images: dict[str, Image] = {}
    for name in artifact.get("dependencies", []):
        dependency = artifacts.get(name, {})
        if dependency.get("type") == "cdk:asset-manifest":
            path = _inside(cdk_out, folder / _text(dependency.get("properties", {}), "file", manifest))
            _read_assets(cdk_out, path, files, images)
    return StackFiles(
        name=str(properties.get("stackName", key)),
        artifact=key,
        account=environment[1],
        region=environment[2],
        template=template,
        files=files,
        images=images,
    )


def _read_assets(cdk_out: Path, path: Path, files: dict[str, Path], images: dict[str, Image]) -> None:
    manifest = _json(path)
    for digest, asset in manifest.get("files", {}).items():
        source = asset.get("source", {})
        if source.get("packaging") == "zip":
            files[digest] = _inside(cdk_out, path.parent / _text(source, "path", path))
    for digest, asset in manifest.get("dockerImages", {}).items():
        source = asset.get("source", {})
        images[digest] = Image(
            directory=_inside(cdk_out, path.parent / _text(source, "directory", path)),
            build_args={str(k): str(v) for k, v in source.get("dockerBuildArgs", {}).items()},
        )


def _artifacts(folder: Path) -> dict[str, Mapping[str, Any]]:
    artifacts = _json(folder / "manifest.json").get("artifacts", {})
    if not isinstance(artifacts, dict) or not all(isinstance(item, dict) for item in artifacts.values()):
        raise NotAnAssembly(f"{folder}/manifest.json: 'artifacts' is not a table of objects. {SYNTH_AGAIN}")
    return artifacts


def _json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotAnAssembly(f"{path}: cannot be read ({error.strerror}). {SYNTH_AGAIN}") from error
    except (ValueError, RecursionError) as error:
        raise NotAnAssembly(f"{path}: not JSON ({error}). {SYNTH_AGAIN}") from error
    if not isinstance(document, dict):
        raise NotAnAssembly(f"{path}: expected an object, found {type(document).__name__}. {SYNTH_AGAIN}")
    return document


def _text(table: Mapping[str, Any], key: str, path: Path) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise NotAnAssembly(f"{path}: {key!r} is {value!r}, expected a name. {SYNTH_AGAIN}")
    return value


def _inside(cdk_out: Path, path: Path) -> Path:
    """A file of the assembly must lie in it: an assembly from elsewhere is not a way into the disk."""
    resolved = path.resolve()
    if not resolved.is_relative_to(cdk_out.resolve()):
        raise NotAnAssembly(f"{path}: lies outside of the assembly {cdk_out}. {SYNTH_AGAIN}")
    return resolved
