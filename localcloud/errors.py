"""What keeps the platform from starting or from going on, worded for the person at the terminal."""

from __future__ import annotations


class PlatformError(Exception):
    """The platform cannot start or go on. The message says where, what, and what to do next."""


class PortTaken(PlatformError):
    """A port is in use by another program."""


class AlreadyRunning(PlatformError):
    """This stage of this project is running already."""


class SystemFolderError(PlatformError):
    """The system's `data/`, `playbook/` or `providers/` is missing or cannot be used."""
