"""First file of a worker process: makes the interpreter resemble Lambda's, then runs the runtime client.

    python launch.py CLIENT MEMORY_MB HANDLER

CLIENT is `awslambdaric` (AWS's own, Linux) or `plain` (ours). Standard library only.
"""

from __future__ import annotations

import contextlib
import importlib.util
import runpy
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

# Lambda's Python runtimes hold the SDK with what it needs, and the runtime client.
_SDK = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
_CLIENT = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")
IN_LAMBDA = frozenset(_SDK + _CLIENT)


class OnlyWhatLambdaHas(MetaPathFinder):
    """Hides the packages of Airside's own environment, which the deployed function will not find either."""

    def __init__(self, task_root: Path) -> None:
        self._root = task_root

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """None (the next finder looks) for what Lambda has; raises ModuleNotFoundError for the rest."""
        del target
        if path is not None or fullname in sys.stdlib_module_names or fullname in IN_LAMBDA:
            return None
        if (self._root / fullname).is_dir() or any(self._root.glob(f"{fullname}.*")):
            return None
        raise ModuleNotFoundError(
            f"No module named {fullname!r}: it is neither in the function's folder nor in Lambda's runtime",
            name=fullname,
        )


def limit_memory(megabytes: int) -> None:
    """Bound the process' private writable memory (setrlimit(2): RLIMIT_DATA), where the system can."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        size = megabytes * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def main(client: str, memory_mb: str, handler: str) -> None:
    """Run the function until the process is killed."""
    here = Path(__file__).resolve().parent
    root = Path.cwd()
    # Loaded by path: nothing of this folder may be importable by the function.
    spec = importlib.util.spec_from_file_location("_airside_plain_client", here / "plain_client.py")
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{here / 'plain_client.py'}: cannot be loaded")
    sys.path[:] = [str(root), *(entry for entry in sys.path if entry and Path(entry).resolve() != here)]
    sys.meta_path.insert(0, OnlyWhatLambdaHas(root))
    limit_memory(int(memory_mb))
    sys.argv = [client, handler]
    if client == "awslambdaric":
        runpy.run_module("awslambdaric", run_name="__main__", alter_sys=False)
        return
    plain = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(plain)
    plain.run(handler)


if __name__ == "__main__":
    main(*sys.argv[1:])
