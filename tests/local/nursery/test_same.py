"""A forked process is to its program, and to whoever reads its log, what `python -m` makes of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from localcloud.nursery import Nursery
from tests.local.nursery.conftest import package, run, variables

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no warm process elsewhere"),
]

SITECUSTOMIZE = "import sys, os\nSEEN = [list(sys.path), list(sys.argv), 'ran', os.environ.get('OWN')]\n"

PROBE = """
names = sorted(globals())
import ctypes, gc, json, locale, os, resource, signal, site, sys, sysconfig, threading, time, warnings
import sitecustomize

def descriptor(name):
    try:
        return os.readlink(f"/proc/self/fd/{name}").split(":")[0]
    except FileNotFoundError:
        return "the listing"

death = ctypes.c_int()
ctypes.CDLL(None).prctl(2, ctypes.byref(death), 0, 0, 0)
print(json.dumps({
    "environment": dict(os.environ),
    "shown": [each for each in open("/proc/self/environ").read().split("\\0") if each],
    "folder": os.getcwd(),
    "path": sys.path,
    "arguments": [sys.argv, sys.orig_argv, open("/proc/self/cmdline").read().rstrip("\\0")],
    "interpreter": [list(sys.flags), sys.executable, sys.prefix, sys.dont_write_bytecode, sys.warnoptions],
    "module": [names, __name__, __file__, __package__, __spec__.name, __cached__, __doc__, str(__builtins__)],
    "main": sys.modules["__main__"].__dict__ is globals(),
    "hooks": [sys.excepthook is sys.__excepthook__, sys.stdout is sys.__stdout__],
    "finders": [getattr(each, "__name__", type(each).__name__) for each in sys.meta_path],
    "signals": {number: str(signal.getsignal(number)) for number in signal.valid_signals()},
    "blocked": list(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "session": [os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid(), death.value],
    "descriptors": {name: descriptor(name) for name in os.listdir("/proc/self/fd")},
    "streams": [
        [stream.name, stream.encoding, stream.errors, stream.line_buffering, stream.write_through, stream.seekable()]
        for stream in (sys.stdout, sys.stderr)
    ],
    "threads": [os.listdir("/proc/self/task") == [str(os.getpid())], threading.main_thread().name],
    "limits": [resource.getrlimit(resource.RLIMIT_NOFILE), os.umask(0o22), sys.getrecursionlimit()],
    "garbage": [gc.isenabled(), gc.get_threshold()],
    "homes": [site.getuserbase(), site.getusersitepackages(), sysconfig.get_config_var("userbase")],
    "place": [time.tzname, locale.setlocale(locale.LC_ALL), sys.getfilesystemencoding()],
    "warnings": repr(warnings.filters),
    "customized": sitecustomize.SEEN,
}, ensure_ascii=False))
"""


async def test_a_program_can_tell_its_process_from_an_ordinary_one(nursery: Nursery, tmp_path: Path) -> None:
    custom = tmp_path / "custom"
    custom.mkdir()
    (custom / "sitecustomize.py").write_text(SITECUSTOMIZE, encoding="utf-8")
    folder = package(tmp_path / "image", PROBE)
    env = variables(tmp_path / "home", PYTHONPATH=str(custom), OWN="값", OTEL_SERVICE_NAME="tiny")
    ordinary, forked = [await run(how, folder, env) for how in (None, nursery)]
    assert (ordinary[0], forked[0]) == (0, 0), forked[1]
    seen = json.loads(forked[1])
    assert seen == json.loads(ordinary[1])
    # The probe has looked: of what is compared nothing is empty in both.
    assert (seen["environment"], seen["folder"], seen["path"][:2]) == (
        env,
        str(folder),
        [str(folder), str(custom)],
    )
    assert (seen["customized"][1:], seen["session"]) == ([["-m"], "ran", "값"], [True, True, 9])
    # Neither has left compiled files in what is to be deployed.
    assert sorted(path.name for path in tmp_path.rglob("*.pyc")) == []


ENDS = {
    "missing settings": "import sys\nsys.stderr.write('SETTING is missing\\n')\nraise SystemExit(2)",
    "a text": "raise SystemExit('그만')",
    "a failure": "try:\n    {}['a']\nexcept KeyError:\n    raise RuntimeError('x')\n",
    "a failure in a function": "import json\njson.loads('{')",
    "a missing library": "import nowhere_at_all",
    "no program": "def (",
    "a signal": "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)",
    "an interrupt": "raise KeyboardInterrupt",
    "last words": (
        "import atexit, sys, threading, time\nsys.stdout.write('끝')\natexit.register(print, 'at exit')\n"
        "threading.Thread(target=lambda: (time.sleep(0.01), print('thread'))).start()"
    ),
    "a hook of its own": "import sys\nsys.excepthook = lambda *all: print('mine', all[2].tb_frame.f_code.co_name)\n1/0",
}


@pytest.mark.parametrize("program", ENDS.values(), ids=ENDS.keys())
async def test_an_end_is_told_otherwise_than_of_an_ordinary_process(
    nursery: Nursery, tmp_path: Path, program: str
) -> None:
    folder, env = package(tmp_path / "image", program), variables(tmp_path / "home")
    ordinary, forked = [await run(how, folder, env) for how in (None, nursery)]
    assert forked == ordinary
    assert forked != (0, "")


async def test_a_module_that_is_not_there_is_told_otherwise(nursery: Nursery, tmp_path: Path) -> None:
    env = variables(tmp_path / "home")
    ordinary, forked = [await run(how, tmp_path, env) for how in (None, nursery)]
    assert forked == ordinary
    assert "No module named tiny" in forked[1]


async def test_a_folder_that_is_not_there_is_taken_for_a_refusal(nursery: Nursery, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="gone"):
        await run(nursery, tmp_path / "gone", variables(tmp_path / "home"))
