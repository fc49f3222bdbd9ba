"""Node packages for tests: installed from a lock that pins all of them by hash, by the pinned Node.js of the Python
requirements, never by the machine's own, and without running any package's scripts.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from stacks.node import use_pinned_node

INSTALL_SECONDS = 300


class NotInstalled(Exception):
    """npm could not install the packages; the message is its own, or says how long it was waited for."""


def install(
    pins: tuple[Path, Path], folder: Path, proof: Path, settings: Mapping[str, str] | None = None
) -> Path:
    """`folder / proof`, after `npm ci` where it has not been done for these pins; one worker at a time.

    `pins` are package.json and package-lock.json. `settings` are environment variables for npm beside the user's
    own, which say how the registry is reached. Raises NotInstalled.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = b"\n".join(pin.read_bytes() for pin in pins)
    # Written last: half an install is never taken for a whole one.
    stamp = folder / "installed"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ((folder / proof).is_file() and stamp.is_file() and stamp.read_bytes() == wanted):
            stamp.unlink(missing_ok=True)
            for pin in pins:
                (folder / pin.name).write_bytes(pin.read_bytes())
            _ci(folder, {**os.environ, **(settings or {})})
            stamp.write_bytes(wanted)
    return folder / proof


def _ci(folder: Path, environment: dict[str, str]) -> None:
    node = use_pinned_node()
    npm = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    try:
        result = subprocess.run(
            [node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=folder,
            env={**environment, "PATH": os.pathsep.join((str(node.parent), environment.get("PATH", "")))},
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"npm took longer than {INSTALL_SECONDS} s") from None
    if result.returncode:
        raise NotInstalled(result.stderr.strip()[-2000:])
