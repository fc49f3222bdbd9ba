"""The live secrets of the agents' clients: one, or two while an operator rotates.

Amazon Cognito API Reference: AddUserPoolClientSecret, ListUserPoolClientSecrets, DeleteUserPoolClientSecret. No
value is kept, only what tells whether another is the same.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from localcloud.spec import Client

MAX_SECRETS = 2
_VALUE = re.compile(r"[A-Za-z0-9_+]{24,64}")
"""ClientSecretType; `\\w` read as ASCII."""
_NOBODY = bytes(hashlib.sha256().digest_size)
"""Compared with where there is no secret, so every refusal takes the same path. No value has this digest."""


class SecretsError(Exception):
    """A change Cognito would refuse. `kind` is the error's code; the message holds no value."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class ClientSecret:
    """One live secret. `secret_id` is `<client id>--<seconds since 1970>`."""

    secret_id: str
    created: datetime
    digest: bytes = field(repr=False)


class ClientSecrets:
    """Secrets by client id, for the token endpoint and for the operations that change them."""

    def __init__(self, clients: Iterable[Client], clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._live: dict[str, list[ClientSecret]] = {}
        self._latest: dict[str, int] = {}
        for client in clients:
            if client.client_secret:
                self._live[client.client_id] = []
                self._keep(client.client_id, client.client_secret)

    def accepts(self, client_id: str, value: str) -> bool:
        """Whether this is a live secret of the client. Takes as long whoever asks, and whatever is asked."""
        given = _digest(value)
        live = [each.digest for each in self._live.get(client_id, ())]
        slots = [*live, *[_NOBODY] * (MAX_SECRETS - len(live))]
        # Every slot is compared before any result is looked at.
        same = [hmac.compare_digest(slot, given) for slot in slots]
        return any(same)

    def of(self, client_id: str) -> tuple[ClientSecret, ...]:
        """A client's live secrets, the oldest first. Raises SecretsError."""
        return tuple(self._known(client_id))

    def add(self, client_id: str, value: str | None) -> tuple[ClientSecret, str | None]:
        """A second secret, and its value where it was generated here. Raises SecretsError."""
        live = self._known(client_id)
        if value is not None and not _VALUE.fullmatch(value):
            raise SecretsError(
                "InvalidParameterException", f"ClientSecret must be of the form {_VALUE.pattern}."
            )
        if len(live) >= MAX_SECRETS:
            raise SecretsError(
                "LimitExceededException", f"The client has {MAX_SECRETS} secrets. Delete one of them first."
            )
        if value is not None and self.accepts(client_id, value):
            raise SecretsError("InvalidParameterException", "The client has this secret already.")
        generated = secrets.token_hex(24) if value is None else None
        return self._keep(client_id, value or str(generated)), generated

    def delete(self, client_id: str, secret_id: str) -> None:
        """From now on the token endpoint refuses this secret. Raises SecretsError."""
        live = self._known(client_id)
        found = next((each for each in live if each.secret_id == secret_id), None)
        if found is None:
            raise SecretsError("ResourceNotFoundException", "The client has no secret of this id.")
        if len(live) == 1:
            raise SecretsError("InvalidParameterException", "A client's last secret cannot be deleted.")
        live.remove(found)

    def _known(self, client_id: str) -> list[ClientSecret]:
        if client_id not in self._live:
            raise SecretsError(
                "ResourceNotFoundException", "User pool client does not exist or has no secret."
            )
        return self._live[client_id]

    def _keep(self, client_id: str, value: str) -> ClientSecret:
        now = self._clock()
        # No id is ever given twice, not even after its secret was deleted.
        second = self._latest[client_id] = max(int(now.timestamp()), self._latest.get(client_id, 0) + 1)
        made = ClientSecret(f"{client_id}--{second}", now, _digest(value))
        self._live[client_id].append(made)
        return made


def _digest(value: str) -> bytes:
    """Of equal length for every value, so a comparison cannot tell how long a secret is."""
    return hashlib.sha256(value.encode()).digest()
