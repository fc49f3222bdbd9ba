"""Programs from npm that tests run: pinned by a lock file with everything they need, on the pinned Node.js."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stacks.node import use_pinned_node

INSTALL_SECONDS = 300


class PackageUnavailable(Exception):
    """A program could not be installed, or did not run: says what to do."""


@dataclass(frozen=True)
class PinnedPackage:
    """`title` says in words what it is; `pins` are package.json and package-lock.json; `entry` is its program."""

    title: str
    pins: tuple[Path, Path]
    entry: Path

    def install(self, folder: Path, settings: Mapping[str, str] | None = None) -> Path:
        """The program, installed from the lock where that has not been done; one worker at a time.

        `settings` are environment variables for npm beside the user's own, which say how the registry is reached.
        """
        folder.mkdir(parents=True, exist_ok=True)
        program = folder / self.entry
        wanted = b"\n".join(pin.read_bytes() for pin in self.pins)
        # Written last: half an install is never taken for a whole one.
        stamp = folder / "installed"
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (program.is_file() and stamp.is_file() and stamp.read_bytes() == wanted):
                stamp.unlink(missing_ok=True)
                for pin in self.pins:
                    (folder / pin.name).write_bytes(pin.read_bytes())
                self._npm_ci(folder, {**os.environ, **(settings or {})})
                stamp.write_bytes(wanted)
        return program

    def _npm_ci(self, folder: Path, environment: dict[str, str]) -> None:
        node = use_pinned_node()
        npm = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        try:
            result = subprocess.run(
                [node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=folder,
                env={
                    **environment,
                    "PATH": os.pathsep.join((str(node.parent), environment.get("PATH", ""))),
                },
                capture_output=True,
                text=True,
                timeout=INSTALL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise self._unavailable(folder, f"npm took longer than {INSTALL_SECONDS} s") from None
        if result.returncode:
            raise self._unavailable(folder, result.stderr.strip()[-2000:])

    def _unavailable(self, folder: Path, problem: str) -> PackageUnavailable:
        return PackageUnavailable(
            f"{self.title} is not installed in {folder} and npm could not install it: {problem}\n"
            "Nothing is skipped: let this machine reach the npm registry (`npm config get registry`) once, or "
            "copy that folder from a machine that did, and run it again."
        )
