"""The console as commands put it together: the built page, what the review knows of the stage, and the switches."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.options import ROOT
from cli.outcome import Failure

if TYPE_CHECKING:
    from localcloud.client import PlatformClient
    from localcloud.console import Console
    from localcloud.console.parts import Document
    from review.model import AccessModel
    from review.stage import Stage

BUILT = ROOT / "console" / "dist"


def console(assembly: Path, stage: str, system: str, environment: str) -> Console:
    """For `Platform(console=…)`. Nothing is read before somebody asks."""
    from localcloud.console import Console

    known = Known(assembly, stage)

    def switch(client: PlatformClient, kind: str, subject: str, off: bool, reason: str | None) -> Document:
        from cli import switch as command
        from cli import switching
        from governance.names import Names
        from localcloud.client import PlatformUnreachable
        from localcloud.console.parts import NotTold

        try:
            wanted = command.named(kind, subject)
            why = command.checked_reason(reason, off=off)
            board = switching.on_platform(Names(system, environment), client)
            return command.throw(board, command.find(board, board.states(), wanted), off=off, reason=why)
        except (Failure, PlatformUnreachable) as error:
            raise NotTold(str(error)) from None

    return Console(BUILT, known.access, known.topology, known.explain, switch)


def link(client: PlatformClient, built: Path = BUILT) -> str | None:
    """The page's address with the key in its fragment, which no browser sends; None where no page is built."""
    from urllib.parse import urlsplit

    if not (built / "index.html").is_file():
        return None
    # By this name, as it is what a system's environments register for signing in.
    return f"http://localhost:{urlsplit(client.front).port}/#key={client.key}"


class Known:
    """What the review knows of one stage of an assembly, as documents; read when first asked for."""

    def __init__(self, assembly: Path, stage: str) -> None:
        self._assembly = assembly
        self._stage = stage
        self._read: tuple[Stage, AccessModel] | None = None

    def access(self) -> Document:
        from cli import console_documents

        return console_documents.access(*self._model())

    def topology(self) -> Document:
        from cli import console_documents

        return console_documents.graph(*self._model())

    def explain(self, agent: str, tool: str) -> Document | None:
        from cli import console_documents
        from review.explain import Unknown

        try:
            return console_documents.explanation(self._assembly, self._model()[1], agent, tool)
        except Unknown:
            return None

    def _model(self) -> tuple[Any, Any]:
        from localcloud.console.parts import NotTold
        from review.collect import collect
        from review.errors import Unreadable
        from review.reader import read_stage

        if self._read is None:
            try:
                stage = read_stage(self._assembly, self._stage)
                model = collect(stage)
            except Unreadable as error:
                raise NotTold(f"{self._stage}: {error}") from None
            if model.unknowns:
                raise NotTold(f"{self._stage}: {model.unknowns[0]}")
            self._read = stage, model
        return self._read
