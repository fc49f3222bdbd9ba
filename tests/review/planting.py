"""A planted change as other tools can read it: the templates of an assembly with what a stage in memory has changed.

Whatever did not change keeps the bytes that were synthesized; what did is written with references in place of tokens.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from review.stage import Resource, Stack, Stage

_PIECE = re.compile(r"\$\{(AWS::\w+|[^{}/]+/[^{}.]+(?:\.[^{}]+)?)\}")
_GONE = object()


def templates(assembly: Path, before: Stage, after: Stage) -> dict[str, dict[str, Any]]:
    """File, from the assembly's folder on → the template in it, for each template that the change is in."""
    found: dict[str, dict[str, Any]] = {}
    missing: dict[str, dict[str, Any]] = {}
    for old, new in zip(before.stacks, after.stacks, strict=True):
        if old.resources == new.resources:
            continue
        writer = _Writer(assembly, before, after, new)
        found[old.file] = writer.template(_raw(assembly, old), old)
        missing |= writer.missing
    for stack in before.stacks:
        # A first reference across stacks is an export of the other one, as the CDK writes it.
        outputs = {
            f"Planted{number}": {"Value": node, "Export": {"Name": name}}
            for number, (name, node) in enumerate(missing.items())
            if name.startswith(f"{stack.name}:")
        }
        if outputs:
            template = found.get(stack.file) or _raw(assembly, stack)
            found[stack.file] = {**template, "Outputs": {**template.get("Outputs", {}), **outputs}}
    return found


def _raw(assembly: Path, stack: Stack) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((assembly / stack.file).read_text(encoding="utf-8"))
    return found


def write(assembly: Path, folder: Path, before: Stage, after: Stage) -> Path:
    """A copy of an assembly with the change in it; unchanged files are links to the same bytes."""
    shutil.copytree(assembly, folder, copy_function=os.link)
    for file, template in templates(assembly, before, after).items():
        (folder / file).unlink()
        (folder / file).write_text(json.dumps(template, indent=1), encoding="utf-8")
    return folder


class _Writer:
    def __init__(self, assembly: Path, before: Stage, after: Stage, stack: Stack) -> None:
        self._stack = stack
        # As the synthesized text around it has them.
        self._places = {"AWS::AccountId": before.account, "AWS::Region": before.region}
        self._moved = _moves(before, after)
        self.missing: dict[str, dict[str, Any]] = {}
        """Exports that nobody imported before: their names and values."""
        self._exports = {
            (each.name, json.dumps(output["Value"], sort_keys=True)): output["Export"]["Name"]
            for each in before.stacks
            for output in _raw(assembly, each).get("Outputs", {}).values()
            if "Export" in output
        }

    def template(self, raw: dict[str, Any], old: Stack) -> dict[str, Any]:
        resources = {}
        for logical_id, resource in self._stack.resources.items():
            # A construct that moved is the resource that it was, under another name.
            was = self._moved.get((self._stack.name, logical_id), logical_id)
            known, node = old.resources.get(was), raw["Resources"].get(was)
            if known is None or node is None:
                resources[logical_id] = self._whole(resource)
            elif self._moved or known is resource:
                resources[logical_id] = node
            else:
                properties = self._patched(node.get("Properties", {}), known.properties, resource.properties)
                resources[logical_id] = {**node, "Properties": properties}
        gone = set() if self._moved else old.resources.keys() - resources.keys()
        changed = {**raw, "Resources": {key: _without(node, gone) for key, node in resources.items()}}
        names = {was: now for (stack, now), was in self._moved.items() if stack == self._stack.name}
        return _renamed(changed, names) if names else changed

    def _whole(self, resource: Resource) -> dict[str, Any]:
        return {
            "Type": resource.type,
            "Properties": self._written(resource.properties),
            **resource.attributes,
        }

    def _patched(self, raw: Any, was: Any, now: Any) -> Any:
        if was == now:
            return raw
        if isinstance(raw, dict) and isinstance(was, Mapping) and isinstance(now, Mapping):
            return {key: self._patched(raw.get(key), was.get(key, _GONE), item) for key, item in now.items()}
        if isinstance(raw, list) and isinstance(was, list) and isinstance(now, list) and len(raw) == len(was):
            return self._items(raw, was, now)
        return self._written(now)

    def _items(self, raw: list[Any], was: list[Any], now: list[Any]) -> list[Any]:
        if len(was) == len(now):
            kept = [was.index(item) if item in was else None for item in now]
            if sorted(each for each in kept if each is not None) == list(range(len(was))):
                return [raw[each] for each in kept if each is not None]
            return [self._patched(*each) for each in zip(raw, was, now, strict=True)]
        return [raw[was.index(item)] if item in was else self._written(item) for item in now]

    def _written(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self._written(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._written(item) for item in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> Any:
        pieces: list[Any] = []
        end = 0
        for match in _PIECE.finditer(text):
            pieces += [text[end : match.start()], self._reference(match[1])]
            end = match.end()
        pieces = _joined((*pieces, text[end:]))
        if len(pieces) == 1:
            return pieces[0]
        return {"Fn::Join": ["", pieces]} if pieces else ""

    def _reference(self, name: str) -> Any:
        if name in self._places:
            return self._places[name]
        if name.startswith("AWS::"):
            return {"Ref": name}
        stack, _, path = name.partition("/")
        logical_id, _, attribute = path.partition(".")
        node: dict[str, Any] = {"Fn::GetAtt": [logical_id, attribute]} if attribute else {"Ref": logical_id}
        if stack == self._stack.name:
            return node
        known = self._exports.get((stack, json.dumps(node, sort_keys=True)))
        if known is None:
            known = f"{stack}:{logical_id}{attribute}"
            self.missing[known] = node
        return {"Fn::ImportValue": known}


def _joined(pieces: Iterable[Any]) -> list[Any]:
    """Texts beside each other as one, and no empty one."""
    found: list[Any] = []
    for piece in pieces:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        elif piece != "":
            found.append(piece)
    return found


def _moves(before: Stage, after: Stage) -> dict[tuple[str, str], str]:
    """(stack, logical id now) → logical id before, where `tests.review.benign.moved` made the change."""
    was = [(each.stack, each.logical_id) for each in before.resources()]
    now = {(each.stack, each.logical_id) for each in after.resources()}
    moved = {(stack, f"Moved{number}"): logical_id for number, (stack, logical_id) in enumerate(was)}
    return moved if moved.keys() == now else {}


def _without(node: dict[str, Any], gone: set[str]) -> dict[str, Any]:
    """A resource that does not wait any more for what is gone."""
    waits = node.get("DependsOn", [])
    waits = [waits] if isinstance(waits, str) else waits
    if not gone.intersection(waits):
        return node
    return {**node, "DependsOn": [each for each in waits if each not in gone]}


def _renamed(node: Any, names: Mapping[str, str]) -> Any:
    if isinstance(node, list):
        return [_renamed(item, names) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: _renamed(item, names) for key, item in node.items()}
    if found.keys() == {"Ref"}:
        return {"Ref": names.get(found["Ref"], found["Ref"])}
    if found.keys() == {"Fn::GetAtt"} and isinstance(found["Fn::GetAtt"], list):
        head, *rest = found["Fn::GetAtt"]
        return {"Fn::GetAtt": [names.get(head, head), *rest]}
    if "DependsOn" in found:
        given = found["DependsOn"]
        found["DependsOn"] = (
            [names.get(each, each) for each in given] if isinstance(given, list) else names.get(given, given)
        )
    return found
