"""Stand-ins of external providers: each belongs to the system that uses it (`providers/<provider>.py`)."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from localcloud.errors import SystemFolderError
from localcloud.spec import OAuthProvider

Clock = Callable[[], datetime]


def names(system_folder: Path) -> tuple[str, ...]:
    """The providers that have a stand-in. Modules they share begin with an underscore or define none."""
    folder = system_folder / "providers"
    return tuple(sorted(path.stem for path in folder.glob("*.py") if _offers(path)))


def _offers(path: Path) -> bool:
    return not path.name.startswith("_") and "def application(" in path.read_text(encoding="utf-8")


def load_all(folder: Path, used: Iterable[OAuthProvider], clock: Clock) -> dict[str, Any]:
    """The stand-ins of the outbound providers among `used`, by name, each with its stage's client.

    Raises:
        SystemFolderError: one cannot be loaded, or would have to accept two clients.
    """
    loaded: dict[str, Any] = {}
    for each in used:
        if each.provider is None:
            continue
        if each.provider in loaded:
            raise SystemFolderError(
                f"{folder / 'providers' / each.provider}.py: {each.name} is the second credential provider that "
                "uses this stand-in, and it accepts one client. Declare a provider of its own."
            )
        loaded[each.provider] = load(
            folder, each.provider, client_id=each.client_id, client_secret=each.client_secret, clock=clock
        )
    return loaded


def load(system_folder: Path, name: str, *, client_id: str, client_secret: str, clock: Clock) -> Any:
    """The stand-in as an ASGI application. It accepts exactly this client.

    Raises:
        SystemFolderError: the module cannot be loaded or does not offer what it must.
    """
    folder = system_folder / "providers"
    path = folder / f"{name}.py"
    # Modules beside it are imported by their bare names, as in any script's folder.
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    spec = importlib.util.spec_from_file_location(f"airside_provider_{system_folder.name}_{name}", path)
    if spec is None or spec.loader is None:
        raise SystemFolderError(f"{path}: is no Python module.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
        return module.application(client_id=client_id, client_secret=client_secret, clock=clock)
    except Exception as error:
        del sys.modules[spec.name]
        raise SystemFolderError(f"{path}: cannot be started: {type(error).__name__}: {error}") from error
