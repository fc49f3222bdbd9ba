"""The CDK's command line, pinned: installed by its lock, run as a process that ends with ours.

It deploys the folder it is given (`--app DIR`) and never synthesizes. Source: AWS CDK v2 Developer Guide, "CDK CLI
reference".
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cli import npm
from cli.interruption import like_ctrl_c
from cli.options import ROOT
from cli.outcome import Failure, tell

PINS = tuple(Path(__file__).parent / "toolchain" / name for name in ("package.json", "package-lock.json"))
INSTALLED = ROOT / ".airside" / "cdk"
ENTRY = Path("node_modules", "aws-cdk", "bin", "cdk")
VERSION = "2.1148.1"

GRACE_SECONDS = 15.0
"""How long an interrupted CDK may take to end before it is killed."""

QUIET = {
    # Nobody is told what is deployed, and nothing asks the network but AWS's own APIs.
    "CDK_DISABLE_CLI_TELEMETRY": "true",
    "CDK_DISABLE_VERSION_CHECK": "true",
}


@dataclass(frozen=True)
class Cdk:
    """`command` starts it; what follows are its own words."""

    command: tuple[str, ...]
    path: str = ""

    def run(self, words: Sequence[str], assembly: Path) -> int:
        """Runs it over `assembly`, its output going where ours does; returns its exit code.

        It asks nothing: its standard input is empty. Interrupted, it is interrupted too, and killed if that does
        not end it; no process of its own is left behind.
        """
        environment = {**os.environ, **QUIET}
        if self.path:
            environment["PATH"] = os.pathsep.join((self.path, environment.get("PATH", "")))
        with like_ctrl_c():
            process = subprocess.Popen(
                [*self.command, *words, "--app", str(assembly)],
                # Not a folder with a cdk.json: what is deployed is the assembly's alone to say.
                cwd=assembly,
                env=environment,
                stdin=subprocess.DEVNULL,
                # A session of its own: the terminal's Ctrl-C reaches us, and we decide what it does to the CDK.
                start_new_session=True,
            )
            try:
                return process.wait()
            except BaseException:
                _end(process)
                raise


def pinned() -> Cdk:
    """The pinned release, installed once. Raises Failure where npm cannot."""
    from stacks.node import use_pinned_node

    node = use_pinned_node()
    if not (INSTALLED / "installed").is_file():
        tell(f"installing the CDK's command line {VERSION} into {INSTALLED} (once)")
    try:
        program = npm.install(PINS, INSTALLED, ENTRY)
    except npm.NotInstalled as problem:
        raise Failure(
            f"the CDK's command line is not in {INSTALLED}, and npm could not install it: {problem}\n"
            "Let this machine reach the npm registry (`npm config get registry`) once, or copy that folder from a "
            "machine that did."
        ) from None
    return Cdk((str(node), str(program)), str(node.parent))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Interrupts the process and all it started; a second interruption, or too long a wait, kills them."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(GRACE_SECONDS)
    except BaseException as error:
        if not isinstance(error, subprocess.TimeoutExpired | KeyboardInterrupt):
            raise
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
