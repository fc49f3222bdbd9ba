"""Programs from npm, installed as a lock file pins them by hash, on the pinned Node.js of the Python requirements."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

SECONDS = 300


class NotInstalled(Exception):
    """npm could not install the program. The message is npm's own."""


def install(
    pins: Sequence[Path], folder: Path, proof: Path, settings: Mapping[str, str] | None = None
) -> Path:
    """The file `proof` of a package in `folder`, installed where that has not been done; one process at a time.

    `pins` are a package.json and its package-lock.json: npm holds every package against the lock's hash and runs no
    script of theirs. `settings` are environment variables for npm beside the user's own, which say how the registry
    is reached. Raises NotInstalled.
    """
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / proof
    wanted = b"\n".join(pin.read_bytes() for pin in pins)
    # Written last: half an install is never taken for a whole one.
    stamp = folder / "installed"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (program.is_file() and stamp.is_file() and stamp.read_bytes() == wanted):
            stamp.unlink(missing_ok=True)
            for pin in pins:
                (folder / pin.name).write_bytes(pin.read_bytes())
            _ci(folder, {**os.environ, **(settings or {})})
            stamp.write_bytes(wanted)
    return program


def _ci(folder: Path, environment: Mapping[str, str]) -> None:
    from stacks.node import use_pinned_node

    node = use_pinned_node()
    npm = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    try:
        result = subprocess.run(
            [node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=folder,
            env={**environment, "PATH": os.pathsep.join((str(node.parent), environment.get("PATH", "")))},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"npm took longer than {SECONDS} s") from None
    if result.returncode:
        raise NotInstalled(result.stderr.strip()[-2000:])
