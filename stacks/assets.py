"""Stages the sources of functions and agents so that an asset holds exactly what runs.

An asset's hash is its identity: it changes when that function or agent, or the common code, changes, and
never for another reason. Each staged folder is new, because the CDK caches fingerprints by folder, inode and
time.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from governance.check import find_package
from stacks.errors import AssetError

FUNCTIONS = "lambda"
FUNCTIONS_COMMON = "lambda_common"
AGENTS = "agent_src"
CONSOLE = ("console", "dist")
AGENTS_COMMON = ("agent_common", "Dockerfile", "requirements.txt")

_LEFT_OUT = {"__pycache__"}
_LEFT_OUT_SUFFIXES = {".pyc", ".pyo"}


class Assets:
    """Copies packages from the project's source roots into `folder`, once per content.

    Args:
        roots: searched in order for a package; the last is Airside's own and holds the common code.
        folder: an empty folder that lives until the app is built (the CDK copies it on construction).
        link: makes the second path a hard link to the first; OSError where the file system has none.
    """

    def __init__(
        self, roots: tuple[Path, ...], folder: Path, link: Callable[[Path, Path], None] = os.link
    ) -> None:
        self._roots = roots
        self._link = link
        self._folder = folder
        self._staged: dict[tuple[str, str, tuple[tuple[str, str], ...]], Path] = {}
        self._copies: dict[Path, Path] = {}

    def function(self, package: str) -> Path:
        """A folder with `package` and the common package."""
        return self._function(package, common=True, files={})

    def interceptor(self, package: str, files: Mapping[str, str]) -> Path:
        """A folder with `package` and rendered `files` (path in the asset → text).

        Without the common package: the code that decides is its own, and a change elsewhere does not change
        the hash by which it is reviewed.
        """
        return self._function(package, common=False, files=files)

    def site(self, package: str) -> Path:
        """A folder with `package` and, in it, the console as it was built: what publishes it brings it along."""
        key = (FUNCTIONS, package, ())
        if key not in self._staged:
            target = self._new_folder()
            self._copy(self._package(FUNCTIONS, package, "handler.py"), target / package)
            self._copy(self._common(*CONSOLE), target / package / "site")
            self._staged[key] = target
        return self._staged[key]

    def _function(self, package: str, *, common: bool, files: Mapping[str, str]) -> Path:
        key = (FUNCTIONS, package, tuple(sorted(files.items())))
        if key not in self._staged:
            target = self._new_folder()
            self._copy(self._package(FUNCTIONS, package, "handler.py"), target / package)
            if common:
                self._copy(self._common(FUNCTIONS, FUNCTIONS_COMMON), target / FUNCTIONS_COMMON)
            for name, text in key[2]:
                # A new file: what stands there may be a link to what another asset holds.
                (target / name).unlink(missing_ok=True)
                (target / name).write_text(text, encoding="utf-8", newline="\n")
            self._staged[key] = target
        return self._staged[key]

    def agent(self, package: str) -> Path:
        """A container build context: the agent's package, the common package, Dockerfile and requirements."""
        key = (AGENTS, package, ())
        if key not in self._staged:
            target = self._new_folder()
            self._copy(self._package(AGENTS, package, "__main__.py"), target / package)
            for name in AGENTS_COMMON:
                self._copy(self._common(AGENTS, name), target / name)
            self._staged[key] = target
        return self._staged[key]

    def _new_folder(self) -> Path:
        target = self._folder / f"{len(self._staged):04d}"
        target.mkdir()
        return target

    def _package(self, source_root: str, package: str, file: str) -> Path:
        found = find_package(self._roots, source_root, package, file)
        if found is None:
            searched = ", ".join(str(root / source_root) for root in self._roots)
            raise AssetError(f"No package {package!r} with a {file} in {searched}. Write it.")
        return found

    def _common(self, source_root: str, name: str) -> Path:
        path = self._roots[-1] / source_root / name
        if not path.exists():
            raise AssetError(f"{path} is missing; every asset from {source_root}/ needs it. Restore it.")
        return path

    def _copy(self, source: Path, target: Path) -> None:
        """Copies regular files; mode and time are left behind, so they cannot reach an asset.

        A file that was copied before is linked to that copy: hundreds of agents share the common code, and the CDK
        reads a file once that it knows by inode and time.
        """
        if source.is_symlink():
            raise AssetError(f"{source} is a symbolic link; an asset holds only files. Put the file there.")
        if source.is_dir():
            target.mkdir()
            for child in sorted(source.iterdir()):
                if not _left_out(child):
                    self._copy(child, target / child.name)
            return
        first = self._copies.setdefault(source, target)
        try:
            if first != target:
                self._link(first, target)
                return
        except OSError:  # a file system without links, or with no more of them
            self._copies[source] = target
        shutil.copyfile(source, target)


def _left_out(path: Path) -> bool:
    return path.name in _LEFT_OUT or path.suffix in _LEFT_OUT_SUFFIXES or path.name.startswith(".")
