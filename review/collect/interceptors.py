"""Interceptors: whether their code is known, and the policy that known code obeys.

A known interceptor is one whose files are, byte for byte, those of a release of this project: only of these can be
said what they decide, because their tests say so. Of any other the layer is unknown.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from review.collect.reading import Reading
from review.errors import Unreadable
from review.model import Interceptor
from review.reader.files import Folder
from review.stage import Resource

POLICY_FILE = "policy.json"
KNOWN = Path(__file__).parents[1] / "known_interceptors.json"
_ASSET = re.compile(r"([0-9a-f]{64})\.zip")
_MAX_FILES = 2_000
_MAX_BYTES = 64 * 1024 * 1024


def describe(
    reading: Reading, gateway: Resource, path: str, points: tuple[str, ...], function: Any, passes: bool
) -> Interceptor:
    resource = reading.stage.target(function)
    package = _package(resource)
    asset = asset_of(reading, resource)
    code = code_hash(asset, package) if asset is not None and package else None
    ours = code is not None and code in known().values()
    policy = policy_of(reading, resource) if ours else None
    return Interceptor(
        points=points,
        function=reading.bare(function) or "",
        ours=ours,
        code=code,
        policy=policy_hash(policy) if policy is not None else None,
        passes_headers=passes,
        environment=_environment(reading, resource),
        place=gateway.place(f"Properties.{path}"),
    )


def known() -> Mapping[str, str]:
    """release → hash of its interceptor's code."""
    found: dict[str, str] = json.loads(KNOWN.read_text(encoding="utf-8"))
    return found


def _package(function: Resource | None) -> str | None:
    handler = function.properties.get("Handler") if function is not None else None
    return handler.partition(".")[0] if isinstance(handler, str) else None


def _environment(reading: Reading, function: Resource | None) -> tuple[tuple[str, str], ...]:
    """Where it finds the keys it trusts is as much its code as the code is."""
    if function is None:
        return ()
    variables = reading.get(function, "Environment.Variables")
    if not isinstance(variables, Mapping):
        return ()
    return tuple(sorted((str(key), reading.names.stable(value)) for key, value in variables.items()))


def asset_of(reading: Reading, function: Resource | None) -> Path | None:
    """The folder of a function's code, if it is in the assembly."""
    if function is None:
        return None
    key = reading.get(function, "Code.S3Key")
    match = _ASSET.search(key) if isinstance(key, str) else None
    folder = reading.stage.asset_files.get(match[1]) if match else None
    return folder if folder is not None and folder.is_dir() else None


def code_hash(asset: Path, package: str) -> str:
    """Of every file of the asset but the rendered policy: names and bytes. Compiled files do not count."""
    digest = hashlib.sha256()
    total = 0
    files = sorted(path for path in asset.rglob("*") if "__pycache__" not in path.parts and not path.is_dir())
    if len(files) > _MAX_FILES:
        raise Unreadable(f"{asset}: {len(files)} files; {_MAX_FILES} are read.")
    for path in files:
        name = path.relative_to(asset).as_posix()
        if name == f"{package}/{POLICY_FILE}":
            continue
        # A link could lead anywhere, and lead elsewhere tomorrow.
        if path.is_symlink() or not path.is_file():
            raise Unreadable(f"{path}: not a plain file.")
        data = path.read_bytes()
        total += len(data)
        if total > _MAX_BYTES:
            raise Unreadable(f"{asset}: more than {_MAX_BYTES} bytes.")
        digest.update(f"{len(name)}:{name}:{len(data)}:".encode())
        digest.update(data)
    return digest.hexdigest()


def policy_of(reading: Reading, function: Resource | None) -> Mapping[str, Any] | None:
    """The policy beside the code. Raises Unreadable where there is none: known code then refuses everybody."""
    asset, package = asset_of(reading, function), _package(function)
    if asset is None or package is None:
        return None
    return Folder(asset).json(asset / package / POLICY_FILE)


_IN_THE_MATRIX = frozenset({"grants", "arguments", "tools", "system", "environment"})


def policy_hash(policy: Mapping[str, Any]) -> str:
    """Of what the policy says beside the matrix: whose badge is whose, and where users' claims come from."""
    kept = {key: value for key, value in policy.items() if key not in _IN_THE_MATRIX}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
