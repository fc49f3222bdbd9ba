"""Stand-ins of external providers: each belongs to the system that uses it (`providers/<provider>.py`)."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from localcloud.errors import SystemFolderError
from localcloud.spec import LocalSystem

Clock = Callable[[], datetime]


def names(system_folder: Path) -> tuple[str, ...]:
    """The providers that have a stand-in. Modules they share begin with an underscore or define none."""
    folder = system_folder / "providers"
    return tuple(sorted(path.stem for path in folder.glob("*.py") if _offers(path)))


def _offers(path: Path) -> bool:
    return not path.name.startswith("_") and "def application(" in path.read_text(encoding="utf-8")


def credentials(system: LocalSystem, folder: Path) -> dict[str, dict[str, str]]:
    """What each provider's stand-in must hold callers to: an OAuth2 client, an API key, or nothing.

    Raises:
        SystemFolderError: one stand-in would have to accept two of them.
    """
    found: dict[str, dict[str, str]] = {}
    given: list[tuple[str, str | None, dict[str, str]]] = [
        *(
            (each.name, each.provider, {"client_id": each.client_id, "client_secret": each.client_secret})
            for each in system.oauth_providers
        ),
        *((each.name, each.provider, {"api_key": each.key}) for each in system.key_providers),
    ]
    for name, provider, values in given:
        if provider is None:
            continue
        if provider in found:
            raise SystemFolderError(
                f"{folder / 'providers' / provider}.py: {name} is the second credential provider that uses this "
                "stand-in, and it accepts one. Declare a provider of its own."
            )
        found[provider] = values
    return {**{name: {} for name in system.providers}, **found}


def load_all(folder: Path, held: Mapping[str, Mapping[str, str]], clock: Clock) -> dict[str, Any]:
    """The stand-ins by the provider's name, each with the credential it must hold callers to (`credentials`).

    Raises:
        SystemFolderError: one cannot be loaded.
    """
    return {name: load(folder, name, values, clock) for name, values in held.items()}


def load(system_folder: Path, name: str, credential: Mapping[str, str], clock: Clock) -> Any:
    """The stand-in as an ASGI application. It accepts exactly this credential.

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
        return module.application(**credential, clock=clock)
    except Exception as error:
        del sys.modules[spec.name]
        raise SystemFolderError(f"{path}: cannot be started: {type(error).__name__}: {error}") from error
