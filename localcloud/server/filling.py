"""The tables, parameters and secrets a stage starts with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from localcloud.aws.emulator import AwsEmulator
from localcloud.aws.seed import load_rows
from localcloud.errors import SystemFolderError
from localcloud.server.agents_pool import stored
from localcloud.spec import LocalSystem

Rows = Callable[[str], list[dict[str, Any]]]


def rows_of(folder: Path, clock: Callable[[], datetime]) -> Rows:
    """What reads a seed file of the system in `folder`, for today. It raises SystemFolderError."""

    def rows(seed: str) -> list[dict[str, Any]]:
        file = folder / "data" / seed
        if not file.is_file():
            raise SystemFolderError(f"{file}: is missing; the tables start with its rows. Restore it.")
        return load_rows(file, clock().date())

    return rows


async def fill(emulator: AwsEmulator, system: LocalSystem, rows: Rows) -> None:
    """Fills the emulator; ends, also when it is cancelled, only once nothing writes into it any more."""
    filling = asyncio.ensure_future(asyncio.to_thread(_fill, emulator, system, rows))
    try:
        await asyncio.shield(filling)
    except asyncio.CancelledError:
        # A thread goes on: the tables must not be closed under it.
        await asyncio.gather(filling, return_exceptions=True)
        raise


def _fill(emulator: AwsEmulator, system: LocalSystem, rows: Rows) -> None:
    emulator.create_tables(system.tables)
    emulator.put_parameters(system.parameters)
    emulator.put_secrets(stored(system))
    for table in system.tables:
        if table.seed is not None:
            emulator.seed(table.name, rows(table.seed))
