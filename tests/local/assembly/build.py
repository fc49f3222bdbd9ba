"""Small hand-made assemblies, in the form CDK writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from localcloud.assembly import Addresses
from localcloud.assembly.files import read_stage
from localcloud.assembly.scope import StackScope, StageScope

STAGE = "airline-dev"
FILE = "f" * 64
IMAGE = "e" * 64
ADDRESSES = Addresses(
    front="http://127.0.0.1:8700",
    gateway="http://127.0.0.1:8701",
    issuer="http://127.0.0.1:8702",
    providers={"flights": "http://127.0.0.1:8703"},
)


def write(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def assembly(
    folder: Path,
    templates: Mapping[str, Mapping[str, Any]],
    *,
    dependencies: Mapping[str, Sequence[str]] | None = None,
    environment: str = "aws://111122223333/ap-northeast-2",
) -> Path:
    """Writes a `cdk.out` with one stage of the given stacks, each with one file and one image asset."""
    out = folder / "cdk.out"
    stage = out / f"assembly-{STAGE}"
    write(
        out / "manifest.json",
        {
            "version": "55.0.0",
            "artifacts": {
                f"assembly-{STAGE}": {
                    "type": "cdk:cloud-assembly",
                    "properties": {"directoryName": f"assembly-{STAGE}", "displayName": STAGE},
                },
                "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}},
            },
        },
    )
    for asset in (FILE, IMAGE):
        (out / f"asset.{asset}").mkdir(exist_ok=True)
    artifacts: dict[str, Any] = {}
    for name, template in templates.items():
        artifacts[f"{name}.assets"] = {
            "type": "cdk:asset-manifest",
            "properties": {"file": f"{name}.assets.json"},
        }
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": environment,
            "properties": {"templateFile": f"{name}.template.json", "stackName": f"{STAGE}-{name}"},
            "dependencies": [*(dependencies or {}).get(name, ()), f"{name}.assets"],
        }
        write(stage / f"{name}.template.json", template)
        write(
            stage / f"{name}.assets.json",
            {
                "files": {
                    FILE: {"source": {"path": f"../asset.{FILE}", "packaging": "zip"}},
                    "d" * 64: {"source": {"path": f"{name}.template.json", "packaging": "file"}},
                },
                "dockerImages": {
                    IMAGE: {
                        "source": {"directory": f"../asset.{IMAGE}", "dockerBuildArgs": {"AGENT": "booking"}}
                    }
                },
            },
        )
    write(stage / "manifest.json", {"version": "55.0.0", "artifacts": artifacts})
    return out


def stage(folder: Path, **templates: Mapping[str, Any]) -> StageScope:
    """The names of a stage of the given stacks."""
    return StageScope(read_stage(assembly(folder, templates), STAGE), ADDRESSES)


def stack(folder: Path, template: Mapping[str, Any] | None = None, **sections: Any) -> StackScope:
    """The names of a stage's only stack."""
    return stage(folder, tools={**(template or {}), **sections}).scopes[0]


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


POOL = resource("AWS::Cognito::UserPool")
TABLE = resource("AWS::DynamoDB::Table", TableName="airline-dev-bookings")
