"""Assemblies written by hand: a manifest and templates in a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from review.reader import read_assembly
from review.stage import Stage

ACCOUNT = "444455556666"
REGION = "eu-west-3"


def write(folder: Path, stacks: Mapping[str, Mapping[str, Any]]) -> Path:
    """One assembly without stages: stack name → template."""
    folder.mkdir(parents=True, exist_ok=True)
    artifacts = {}
    for name, template in stacks.items():
        (folder / f"{name}.template.json").write_text(json.dumps(template), encoding="utf-8")
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://{ACCOUNT}/{REGION}",
            "properties": {"templateFile": f"{name}.template.json"},
        }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}), encoding="utf-8")
    return folder


def stage(folder: Path, stacks: Mapping[str, Mapping[str, Any]]) -> Stage:
    (found,) = read_assembly(write(folder, stacks))
    return found


def resources(**resources: Any) -> dict[str, Any]:
    return {"Resources": resources}


def topic(value: Any, **more: Any) -> dict[str, Any]:
    """A resource with one property to look at."""
    return {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": value}, **more}
