"""One mutant's process: the mutated source in place of the file's, then the tests, then one word on a pipe."""

from __future__ import annotations

import gc
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import hypothesis
import pytest

from mutation.mutants import Mutant
from mutation.targets import Project

WARM = ("cryptography.hazmat.primitives.asymmetric.padding", "http.client", "hypothesis.strategies", "json")
"""What the tests import besides pytest, imported once by the parent. Never anything that imports a target."""

PROFILE = "mutation"


class _Loader(importlib.abc.InspectLoader):
    def __init__(self, path: Path, source: str) -> None:
        self._path = path
        self._source = source

    def get_source(self, fullname: str) -> str:  # noqa: ARG002 - as in InspectLoader
        return self._source

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - as in InspectLoader
        return self.source_to_code(self._source.encode(), str(self._path))


class _Finder(importlib.abc.MetaPathFinder):
    """Finds one module, with another source than its file's."""

    def __init__(self, module: str, path: Path, source: str) -> None:
        self._module = module
        self._path = path
        self._source = source

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - as in MetaPathFinder
        target: ModuleType | None = None,  # noqa: ARG002 - as in MetaPathFinder
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._module:
            return None
        return importlib.util.spec_from_file_location(
            fullname, self._path, loader=_Loader(self._path, self._source)
        )


class _Watch:
    """A pytest plugin that notes the first test that fails; tests of many examples wait for the others."""

    def __init__(self) -> None:
        self.failed: str | None = None

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: hasattr(getattr(item, "obj", None), "hypothesis"))

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and self.failed is None:
            self.failed = report.nodeid

    pytest_collectreport = pytest_runtest_logreport


def warm_up() -> None:
    """Imports, in the parent, what every child needs."""
    from _pytest.config import default_plugins

    for name in (*WARM, *(f"_pytest.{plugin}" for plugin in default_plugins)):
        importlib.import_module(name)
    # The same examples for every mutant, and no time spent on making a failure small.
    hypothesis.settings.register_profile(
        PROFILE,
        derandomize=True,
        database=None,
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
    )
    # What is here now is the children's as well; nobody has to look through it again.
    gc.collect()
    gc.freeze()


def main(
    project: Project, mutant: Mutant | None, folder: Path, pipe: int, first_seconds: int, all_seconds: int
) -> None:
    """Runs the tests in this process (a fork of the parent's) and writes what came of it; does not return.

    Without a mutant the sources are as they are, and every test has to pass.
    """
    resource.setrlimit(resource.RLIMIT_CPU, (first_seconds if mutant else all_seconds, all_seconds + 5))
    with (folder / "output").open("wb") as output:
        for stream in (1, 2):
            os.dup2(output.fileno(), stream)
    os.chdir(project.root)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    hypothesis.settings.load_profile(PROFILE)
    first: tuple[str, ...] = ()
    if mutant is not None:
        path = project.root / mutant.path
        sys.meta_path.insert(0, _Finder(mutant.module, path, mutant.source))
        first = project.first[mutant.module]
    watch = _Watch()
    options = ["-q", "-x", "-p", "no:cacheprovider", "--rootdir", str(project.root)]
    code = 0
    if first:
        code = pytest.main([*options, "--basetemp", str(folder / "first"), *first], plugins=[watch])
    if code == pytest.ExitCode.OK:
        resource.setrlimit(resource.RLIMIT_CPU, (all_seconds, all_seconds + 5))
        others = [f"--ignore={test}" for test in first]
        code = pytest.main(
            [*options, "--basetemp", str(folder / "others"), *others, project.tests], plugins=[watch]
        )
        if first and code == pytest.ExitCode.NO_TESTS_COLLECTED:
            code = pytest.ExitCode.OK
    # Before the result is there: whoever reads it ends this process at once.
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(pipe, json.dumps({"code": int(code), "failed": watch.failed}).encode())
    os._exit(0)
