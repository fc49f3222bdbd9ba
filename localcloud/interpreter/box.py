"""First file of a sandbox's process: gives up what the process has, then runs code until it is killed.

    python -I -S box.py FOLDER MEMORY_MB CPU_SECONDS

One JSON object a line comes in, one goes out: `{"code", "clear"}` → `{"text", "error", "ms"}`. The first line out
says what this kernel let the process give up: `{"network": bool, "files": bool}`, true where it is gone.
Standard library only; nothing of Airside is importable here.

Linux: a network namespace of its own (unshare(2)), and Landlock (kernel.org: "Landlock: unprivileged access
control"), under which only Python's own files can be read and only FOLDER can be written.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import os
import struct
import sys
import time
import traceback
from pathlib import Path
from typing import Any

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
PR_SET_NO_NEW_PRIVS = 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH, _VERSION = 1, 1
_ALL_RIGHTS = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF}
_ALL_WITH_DEVICES = 0xFFFF
"""Rights on files that each version of Landlock's interface handles (linux/landlock.h)."""
_READ = 0x4 | 0x8
_EXECUTE = 0x1
MAX_TEXT = 200_000
"""Characters one execution may print."""


class Printed(io.TextIOBase):
    """What code prints, up to a bound; the rest is counted and dropped."""

    def __init__(self) -> None:
        self._kept: list[str] = []
        self._length = 0
        self._dropped = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        room = max(0, MAX_TEXT - self._length)
        self._kept.append(text[:room])
        self._length += len(text[:room])
        self._dropped += len(text[room:])
        return len(text)

    def text(self) -> str:
        end = f"\n[{self._dropped} characters more]" if self._dropped else ""
        return "".join(self._kept) + end


def limit(memory_mb: int, cpu_seconds: int) -> None:
    """Bound what the process can take (setrlimit(2)): at the CPU limit the kernel kills it."""
    import resource

    size = memory_mb * 1024 * 1024
    for what, most in (
        (resource.RLIMIT_AS, size),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, 16 * 1024 * 1024),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def leave_network(libc: Any) -> bool:
    """Whether the process is in a network of its own now, with nothing in it."""
    try:
        return bool(libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 or libc.unshare(CLONE_NEWNET) == 0)
    except AttributeError:
        return False


def leave_files(libc: Any, folder: Path) -> bool:
    """Whether the process can now read Python's own files and use `folder`, and no other file."""
    if not sys.platform.startswith("linux"):
        return False
    version = libc.syscall(_CREATE_RULESET, None, 0, _VERSION)
    if version < 1:
        return False
    handled = _ALL_RIGHTS.get(version, _ALL_WITH_DEVICES)
    wanted = struct.pack("<Q", handled)
    rules = libc.syscall(_CREATE_RULESET, ctypes.c_char_p(wanted), len(wanted), 0)
    if rules < 0:
        return False
    readable = {
        Path(sys.base_prefix),
        Path(os.__file__).resolve().parent,
        Path("/usr/lib"),
        Path("/lib"),
        Path("/lib64"),
    }
    granted = [(place, _READ | _EXECUTE) for place in readable] + [(folder, handled & ~_EXECUTE)]
    for place, rights in granted:
        with contextlib.suppress(OSError):
            opened = os.open(place, os.O_PATH | os.O_CLOEXEC)
            rule = struct.pack("<Qi", rights & handled, opened)
            libc.syscall(_ADD_RULE, rules, _RULE_PATH, ctypes.c_char_p(rule), 0)
            os.close(opened)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    left = libc.syscall(_RESTRICT_SELF, rules, 0) == 0
    os.close(rules)
    return bool(left)


def run(code: str, names: dict[str, Any]) -> dict[str, Any]:
    """Run code in a namespace; an exception's trace is what it printed last."""
    printed, began, failed = Printed(), time.monotonic(), False
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            exec(compile(code, "<code>", "exec"), names)  # noqa: S102 - what a code interpreter is for
        except BaseException:
            failed = True
            kind, error, trace = sys.exc_info()
            # From the code's own first line on: how it is run here is nobody's business.
            traceback.print_exception(kind, error, trace.tb_next if trace else None)
    return {"text": printed.text(), "error": failed, "ms": round((time.monotonic() - began) * 1000, 3)}


def main(folder: str, memory_mb: str, cpu_seconds: str) -> None:
    place = Path(folder).resolve()
    os.chdir(place)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    null = os.open(os.devnull, os.O_RDWR)
    asked = os.fdopen(os.dup(0), "r", encoding="utf-8")
    for number in (0, 1, 2):
        os.dup2(null, number)
    libc = ctypes.CDLL(None, use_errno=True)
    limit(int(memory_mb), int(cpu_seconds))
    given_up = {"network": leave_network(libc), "files": leave_files(libc, place)}
    print(json.dumps(given_up), file=answers, flush=True)
    names: dict[str, Any] = {}
    for line in asked:
        request = json.loads(line)
        if request["clear"] or not names:
            names = {"__name__": "__main__"}
        print(json.dumps(run(request["code"], names)), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
