"""Where the local stand-ins listen; known before the assembly is resolved, so that URLs can name them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Addresses:
    """Base URLs without a trailing slash, e.g. `http://127.0.0.1:8700`.

    `providers` maps a declared provider's name to the base URL of its stand-in.
    """

    front: str
    gateway: str
    issuer: str
    providers: Mapping[str, str] = field(default_factory=dict)
