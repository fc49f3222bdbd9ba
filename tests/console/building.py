"""The console built from its source with the pinned tools. `python -m tests.console.building` writes console/dist."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from cli import npm
from stacks.node import use_pinned_node

ROOT = Path(__file__).resolve().parents[2]
CONSOLE = ROOT / "console"
DIST = CONSOLE / "dist"
INSTALLED = ROOT / ".airside" / "console"
PINS = (CONSOLE / "package.json", CONSOLE / "package-lock.json")
AXE = Path("node_modules", "axe-core", "axe.min.js")
SECONDS = 120


def packages() -> Path:
    """The folder of the installed packages. Raises NotInstalled."""
    return npm.install(PINS, INSTALLED, AXE).parents[1]


def node(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs the pinned Node.js."""
    return subprocess.run(
        [use_pinned_node(), *words], cwd=cwd, capture_output=True, text=True, timeout=SECONDS, check=False
    )


def workshop(folder: Path) -> Path:
    """The source beside the installed packages, so that nothing of this checkout's own is used."""
    for name in ("src", "build.mjs", "package.json", "tsconfig.json"):
        source = CONSOLE / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    (folder / "node_modules").symlink_to(packages(), target_is_directory=True)
    return folder


def build(folder: Path, out: Path) -> None:
    """Builds what `workshop` has put into `folder`. Raises CalledProcessError."""
    node("build.mjs", out, cwd=folder).check_returncode()


if __name__ == "__main__":
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as place:
        made = node("build.mjs", DIST, cwd=workshop(Path(place)))
    sys.stderr.write(made.stderr)
    raise SystemExit(made.returncode)
