"""First file of the warm process.

    python launch.py DESCRIPTOR LIBRARY…

It imports the libraries (`warm.py`), then forks a process for each request that comes over the inherited socket
DESCRIPTOR (`fork.py`). In a forked process `serve` returns, with nothing of these files on the stack but this one,
and it becomes what `python -m MODULE` would have been. Linux, standard library only.
"""

from __future__ import annotations

import builtins
import ctypes
import os
import runpy
import site
import socket
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.nursery.child import fork, warm
else:
    import fork
    import warm


ROOM = "AIRSIDE_ROOM"
"""A variable that only takes room, which a forked process's own variables are shown in."""


def be_started(module: str, env: Mapping[str, str]) -> None:
    """In the forked process: what the interpreter makes of its environment and command line (`site`, cmdline.html)."""
    os.environ.clear()
    os.environ.update(env)
    sys.argv[:], sys.orig_argv[:] = ["-m"], [sys.executable, "-m", module]
    _show(sys.orig_argv, env)
    if folders := warm.folders(env):
        sys.path[:] = dict.fromkeys((*folders, *sys.path))
        sys.modules.pop("sitecustomize", None)
        site.execsitecustomize()
    sys.path.insert(0, str(Path.cwd()))
    main = ModuleType("__main__")
    main.__dict__.update(__builtins__=builtins)
    if "__annotations__" in globals():  # of every program up to Python 3.13
        main.__annotations__ = {}
    sys.modules["__main__"] = main


def _show(words: Iterable[str], env: Mapping[str, str]) -> None:
    """What `ps` and /proc show: the memory the kernel keeps both in (proc_pid_stat(5), arg_start to env_end)."""
    fields = [int(each) for each in Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()[45:49]]
    shown: list[Iterable[str]] = [words, (f"{name}={value}" for name, value in env.items())]
    for start, end, texts in zip(fields[::2], fields[1::2], shown, strict=True):
        text = b"".join(os.fsencode(each) + b"\0" for each in texts)
        # Nought where it is not told. What does not fit into the room there is stays as it was.
        if start and len(text) <= end - start:
            ctypes.memmove(start, text.ljust(end - start, b"\0"), end - start)


def _hide_this_file() -> None:
    """A traceback that ends the process begins where it would begin without this file."""
    tell = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        while trace is not None and trace.tb_frame.f_code.co_filename == hook.__code__.co_filename:
            trace = trace.tb_next
        tell(kind, error.with_traceback(trace), trace)

    sys.excepthook = hook


def main(descriptor: str, *libraries: str) -> None:
    # The folder of a script comes first on its path. Nothing of it is to be found by an agent.
    del sys.path[0], sys.modules[fork.__name__], sys.modules[warm.__name__]
    os.environ.pop(ROOM, None)
    warmed = warm.warm_up(libraries)
    request = fork.Server(socket.socket(fileno=int(descriptor)), warmed).serve()
    warmed.move_home(request.env["HOME"])
    be_started(request.module, request.env)
    try:
        runpy._run_module_as_main(request.module)  # type: ignore[attr-defined]
    except BaseException:
        _hide_this_file()
        raise


if __name__ == "__main__":
    main(*sys.argv[1:])
