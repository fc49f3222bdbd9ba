"""Where to forward, and the name of the environment variable that holds the key (never the key itself)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


class ForwardSettingsError(Exception):
    """Settings that cannot work; the message says which and why."""


@dataclass(frozen=True)
class ForwardSettings:
    """`base_url` ends before `/chat/completions` (for example `http://127.0.0.1:11434/v1`).

    `timeout` is in seconds and bounds connecting and every wait for the next piece of an answer.
    """

    base_url: str
    model: str
    api_key_variable: str | None = None
    timeout: float = 60.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ForwardSettingsError(f"base_url must be an http(s) address, not {self.base_url!r}")
        if parts.username or parts.password or parts.query:
            raise ForwardSettingsError(
                "base_url must hold no credentials and no query: name api_key_variable"
            )
        if not self.model:
            raise ForwardSettingsError("model must name the model the server is to use")
        if self.timeout <= 0:
            raise ForwardSettingsError(f"timeout must be more than 0 seconds, not {self.timeout}")

    def headers(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Request headers; a named variable that is not set is an error now, not a 401 later."""
        if self.api_key_variable is None:
            return {}
        key = environment.get(self.api_key_variable, "").strip()
        if not key:
            raise ForwardSettingsError(f"the environment variable {self.api_key_variable} is not set")
        return {"Authorization": f"Bearer {key}"}
