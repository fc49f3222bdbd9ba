"""Imports the libraries, and says for whom what they made of the environment is right. Standard library only."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any, ClassVar

_OF_THE_INTERPRETER = frozenset({"LANG", "LANGUAGE", "LOCPATH", "TZ", "TZDIR"})
_BEGINNINGS = ("PYTHON", "LC_", "LD_", "GLIBC_", "MALLOC_", "OPENSSL_", "SSL_", "RUST_")
"""What the interpreter, the C library or a compiled library reads by itself, unnoticed: names and beginnings."""
_PASSES_ON = frozenset({"os", "collections.abc", "posixpath"})


class Recording(os._Environ[str]):
    """`os.environ` while libraries are imported: notes which of them look at what, at `*` for all of it."""

    readers: ClassVar[dict[str, set[str]]] = {}

    def __getitem__(self, key: str) -> str:
        frame = sys._getframe(1)
        while frame.f_back is not None and frame.f_globals.get("__name__") in _PASSES_ON:
            frame = frame.f_back
        self.readers.setdefault(key, set()).add(str(frame.f_globals.get("__name__")))
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[str]:
        self.readers.setdefault("*", set())
        return super().__iter__()


@dataclass(frozen=True)
class Warm:
    """The process once its libraries are imported.

    `given` is its environment, `read` which variables were looked at meanwhile, `homes` where they have kept a path in
    HOME; `fault` says why nothing may be forked from it.
    """

    given: Mapping[str, str]
    read: frozenset[str]
    homes: tuple[Home, ...] = ()
    fault: str | None = None

    def refusal(self, env: Mapping[str, str], cwd: str) -> str | None:
        """Why a process with these settings would not be what it is when it imports for itself, or None."""
        if self.fault is not None:
            return self.fault
        for name in sorted({*env, *self.given} - {"HOME", "PYTHONPATH"}):
            if env.get(name) == self.given.get(name):
                continue
            if "*" in self.read or name in self.read | _OF_THE_INTERPRETER or name.startswith(_BEGINNINGS):
                return f"{name} is another than when the libraries were imported"
        # The warm process's home is nowhere, which is as good as an empty one.
        if "HOME" not in env or names(env["HOME"]):
            return "HOME is no empty folder"
        imported = {name.partition(".")[0] for name in sys.modules} - {"sitecustomize"}
        for folder in (cwd, *folders(env)):
            if not Path(folder).is_absolute():
                return f"{folder} is no absolute path"
            if found := imported & {name.partition(".")[0] for name in names(folder)}:
                return f"{folder} holds {', '.join(sorted(found))}, which is imported from elsewhere"
        return None

    def move_home(self, home: str) -> None:
        """In a forked process: has everything that was made of HOME be made of this one."""
        for each in self.homes:
            each.set(each.text.replace(self.given["HOME"], home))


@dataclass(frozen=True)
class Home:
    """A place where a library keeps a path: a value of a module, of a class or of a dictionary, or a default."""

    holder: Any
    name: str
    text: str

    def set(self, text: str) -> None:
        if type(self.holder) is dict:
            self.holder[self.name] = text
        elif type(self.holder) is FunctionType:
            self.holder.__defaults__ = tuple(
                text if each == self.text else each for each in self.holder.__defaults__ or ()
            )
        else:
            setattr(self.holder, self.name, text)


def homes(home: str, modules: Set[str]) -> Iterator[Home]:
    """The places in these modules that hold a path in `home`."""
    for module in sorted(modules & sys.modules.keys()):
        for name, value in list(vars(sys.modules[module]).items()):
            yield from _homes(home, sys.modules[module], name, value)
            if type(value) is dict or isinstance(value, type):
                for key, each in list(vars(value).items() if isinstance(value, type) else value.items()):
                    yield from _homes(home, value, key, each)


def _homes(home: str, holder: Any, name: str, value: Any) -> Iterator[Home]:
    if type(value) is str and home in value:
        yield Home(holder, name, value)
    elif type(value) is FunctionType:
        for default in dict.fromkeys(each for each in value.__defaults__ or () if type(each) is str):
            yield from _homes(home, value, name, default)


def folders(env: Mapping[str, str]) -> list[str]:
    """What PYTHONPATH names."""
    return [entry for entry in env.get("PYTHONPATH", "").split(os.pathsep) if entry]


def warm_up(libraries: Iterable[str]) -> Warm:
    """Imports what there is of the libraries; one that is missing or broken is for the agent to find out."""
    given, files = dict(os.environ), names("/proc/self/fd")
    os.environ.__class__ = Recording
    for name in libraries:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    os.environ.__class__ = os._Environ
    fault = None
    if len(names("/proc/self/task")) != 1:
        fault = "a library started a thread when it was imported"  # which a forked process would not have
    elif names("/proc/self/fd") != files:
        fault = "a library opened a file when it was imported"  # which a forked process would share
    elif dict(os.environ) != given:
        fault = "a library changed the environment when it was imported"
    # Before it was noted who reads what, `site` did.
    moved = tuple(homes(given["HOME"], {"site"} | Recording.readers.get("HOME", set())))
    gc.collect()
    # What is here stays; looking through it for garbage would only make pages that are shared the forks' own.
    gc.freeze()
    return Warm(given, frozenset(Recording.readers), moved, fault)


def names(folder: str) -> list[str]:
    """What a folder holds; nothing where there is none."""
    with contextlib.suppress(OSError), os.scandir(folder) as found:
        return sorted(each.name for each in found)
    return []
