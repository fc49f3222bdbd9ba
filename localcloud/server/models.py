"""The stage's models: the system's playbook, or a server of the user's that requests are forwarded to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from localcloud.errors import SystemFolderError
from localcloud.model import ForwardSettings, create_model, load_playbook
from localcloud.spec import LocalSystem
from localcloud.telemetry.events import EventLog
from localcloud.traces import Recorder


def models(
    system: LocalSystem, folder: Path, forward: ForwardSettings | None, events: EventLog, recorder: Recorder
) -> Any:
    """The application for requests to Bedrock. `folder` is the system's.

    Raises:
        SystemFolderError: there is no playbook, and none is to be done without.
        PlaybookError: it cannot be read.
    """
    playbook = None
    if forward is None:
        if not (folder / "playbook").is_dir():
            raise SystemFolderError(
                f"{folder / 'playbook'}: is missing. Write a playbook, or forward to a model with --model-url."
            )
        playbook = load_playbook(folder / "playbook")
    return create_model(
        playbook,
        forward,
        events,
        recorder=recorder,
        agents={runtime.name: runtime.agent for runtime in system.runtimes},
        models={
            runtime.environment["MODEL_ID"]
            for runtime in system.runtimes
            if "MODEL_ID" in runtime.environment
        },
    )
