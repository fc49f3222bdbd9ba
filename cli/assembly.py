"""Synthesized assemblies: made in a process of their own, kept by a hash of what they were made from."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cli.digest import of_files
from cli.options import ROOT
from cli.outcome import Failure, tell
from governance.names import Names
from stacks.errors import INVALID
from stacks.gates.limits import quotas
from stacks.gates.templates import StageTemplates

SOURCES = ("systems", "environments", "governance", "stacks", "lambda", "agent_src", "console/dist")
FILES = ("app.py", "cdk.json", "requirements.txt")
_LEFT_OUT = frozenset({"__pycache__", "data", "playbook", "providers"})
"""Folders whose files do not reach a template: byte code, and what only the local platform reads."""

KEPT = 2
"""Assemblies kept per stage; a running platform uses one of the two newest."""


def fingerprint(project: Path) -> str:
    """A hash of every source an assembly is made from: synth is pure, so equal sources give equal bytes."""
    return of_files(
        (path.relative_to(root).as_posix(), path)
        for root in dict.fromkeys((project, ROOT))
        for path in _source_files(root)
    )[:16]


def _source_files(root: Path) -> Iterator[Path]:
    for name in FILES:
        if (root / name).is_file():
            yield root / name
    for name in SOURCES:
        for folder, folders, files in os.walk(root / name):
            folders[:] = sorted(set(folders) - _LEFT_OUT)
            yield from (Path(folder, file) for file in sorted(files) if not file.endswith(".pyc"))


def ensure(project: Path, system: str, environment: str) -> Path:
    """The assembly of these sources, synthesized when there is none yet."""
    store = project / ".airside" / "assemblies"
    stage = Names(system, environment).stage
    wanted = store / f"{stage}-{fingerprint(project)}"
    if not (wanted / "manifest.json").is_file():
        tell("synthesizing (the sources have changed, or this is the first run)")
        try:
            store.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Failure(
                f"{store}: cannot be made ({error.strerror}). What is synthesized is kept there: make the project's "
                "folder writable, or name one that is with --project."
            ) from None
        with made(project, store, only=(system, environment)) as making:
            try:
                making.replace(wanted)
            except OSError:
                # Somebody else was quicker: equal sources give equal bytes.
                if not (wanted / "manifest.json").is_file():
                    raise
    # How old it is decides only which one goes first, and its error would not name the file.
    with contextlib.suppress(OSError):
        os.utime(wanted)
    _forget_old(store, stage)
    return wanted


def _forget_old(store: Path, stage: str) -> None:
    # The hash has no hyphen: `airline-dev-*` must not take `airline-dev-x-…` of another stage with it.
    made = [path for path in store.glob(f"{stage}-*") if path.name.rpartition("-")[0] == stage]
    for path in sorted(made, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def made(
    project: Path, where: Path, *, only: tuple[str, str] | None = None, strict: bool = False
) -> Iterator[Path]:
    """A new assembly in a folder below `where`, which is made, to be looked at and moved away; what is left there goes.

    Raises Failure as `synthesize` does.
    """
    from localcloud.scratch import Scratch

    where.mkdir(parents=True, exist_ok=True)
    # The app writes beside what it makes: killed, it would leave that in a folder that is not ours alone.
    with Scratch("assembly", where) as scratch:
        folder = scratch.path / "cdk.out"
        synthesize(project, folder, only=only, strict=strict)
        yield folder


def put(new: Path, output: Path) -> None:
    """Moves an assembly of `made` to `output`, in place of an older one. Who looks finds one of them, whole."""
    for number in itertools.count():
        with contextlib.suppress(FileNotFoundError):
            output.rename(new.with_name(f"old-{number}"))
        try:
            new.rename(output)
        except OSError as error:
            # Another synthesis was quicker: what it made is the older one now.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        else:
            return


def synthesize(
    project: Path, output: Path, *, only: tuple[str, str] | None = None, strict: bool = False
) -> None:
    """Runs the CDK app. Raises Failure with what it said when it fails."""
    from localcloud.scratch import Scratch

    words = [sys.executable, "-m", "stacks.synthesize", "--project", str(project), "--output", str(output)]
    words.append("--validate" if strict else "--no-validate")
    if only:
        words += ["--system", only[0], "--environment", only[1]]
    # A session of its own: a Ctrl-C is ours to handle, and ends the CDK and its Node together. Killed, they
    # leave what they put into the folder for temporary files, so they get one of their own.
    with (
        Scratch("synthesis") as scratch,
        subprocess.Popen(
            words,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(scratch.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        try:
            out, err = process.communicate()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode:
        lines = [line for line in (err or out).strip().splitlines() if line.strip()]
        if INVALID in lines:
            raise Invalid([line.strip() for line in lines[lines.index(INVALID) + 1 :]])
        # The last lines: a traceback's head helps nobody who changed a YAML file.
        raise Failure("synthesis failed:\n" + "\n".join(f"  {line}" for line in lines[-25:]))


class Invalid(Failure):
    """The templates were made, and a gate found something in them; each finding is a line."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("synthesis failed:\n" + "\n".join(f"  {finding}" for finding in findings))
        self.findings = findings


@dataclass(frozen=True)
class Validated:
    """What was wrong, if anything, and what to know before deploying."""

    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def validate(project: Path) -> Validated:
    """Synthesizes everything with every validator on, the review last."""
    from cli import assembly_review, feature_flags

    try:
        with made(project, project / ".airside", strict=True) as output:
            found = [
                *feature_flags.problems(output, ROOT / feature_flags.LOCK),
                *assembly_review.problems(output, project),
            ]
            return Validated(tuple(found), notes=tuple(quota_notes(output)))
    except Invalid as invalid:
        return Validated(tuple(invalid.findings))
    except Failure as failure:
        return Validated((str(failure),))


def quota_notes(output: Path) -> Iterator[str]:
    """Quotas of an account that a stage alone would exceed."""
    for folder in sorted(output.glob("assembly-*")):
        stage = StageTemplates.read(sorted(folder.glob("*.template.json")))
        for sentence in quotas(stage):
            yield f"{folder.name.removeprefix('assembly-')} {sentence}"
