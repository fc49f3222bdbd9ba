"""Rate limits: how many requests of one caller, or calls of one tool, the gateway lets through.

Source: AgentCore Developer Guide, "Rate limit enforcement", "Rate limit dimensions". The service counts
approximately and lets everything pass while it cannot count; here counting is exact.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from localcloud.gateway import wire
from localcloud.gateway.authorizer import Caller
from localcloud.spec import RateLimit, RateLimitEntry

THROTTLED = -32003
MESSAGE = "Rate limit exceeded"
_ANY = "*"
_CLAIM = "$.context.jwt."
_SWEEP = 1024
"""Buckets beyond which those that have run empty are dropped."""

Bucket = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Throttled:
    """The limit that refused a request, and in how many seconds it would let one pass."""

    limit: str
    key: str
    retry_after: int

    def reply(self, request_id: wire.RequestId) -> wire.Reply:
        data = {"limitKey": self.key, "metric": "requests", "retryAfter": self.retry_after}
        return wire.error(request_id, 429, THROTTLED, MESSAGE, data=data)


class RateLimits:
    """The limits of one gateway. In no stretch of a limit's length more than its rate passes, however it lies.

    All limits that apply must let a request pass; those with more dimensions are asked first, then those with
    the lower rate, until one refuses. A request counts where it was let pass, even if a later limit refuses it.
    """

    def __init__(
        self, limits: Iterable[RateLimit], tools: frozenset[str], clock: Callable[[], datetime]
    ) -> None:
        self._limits = [(limit, {entry.values: entry for entry in limit.entries}) for limit in limits]
        self._tools = tools
        self._clock = clock
        self._passed: dict[Bucket, tuple[deque[float], int]] = {}

    @property
    def remembered(self) -> int:
        """How many buckets are kept."""
        return len(self._passed)

    @property
    def declared(self) -> bool:
        """Whether there is any limit at all."""
        return bool(self._limits)

    def refuse(self, caller: Caller, message: wire.Message) -> Throttled | None:
        """Counts a request, or says which limit refuses it."""
        if not self._limits:
            return None
        now = self._clock().timestamp()
        for limit, entry, values in sorted(self._applying(caller, message), key=_order):
            passed = self._bucket((limit.limit_id, values), entry.seconds, now)
            if len(passed) >= entry.rate:
                until = passed[0] + entry.seconds - now if passed else entry.seconds
                key = ",".join(f"{name}={value}" for name, value in zip(limit.keys, values, strict=True))
                return Throttled(limit.limit_id, f"{limit.limit_id}/{key}", max(1, math.ceil(until)))
            passed.append(now)
        return None

    def _applying(
        self, caller: Caller, message: wire.Message
    ) -> Iterable[tuple[RateLimit, RateLimitEntry, tuple[str, ...]]]:
        """Each limit whose dimensions the request has, with its most specific entry; others are skipped."""
        for limit, entries in self._limits:
            resolved = [self._value(key, caller, message) for key in limit.keys]
            values = tuple(value for value in resolved if value is not None)
            if len(values) < len(resolved):
                continue
            for wild in range(len(values) + 1):
                entry = entries.get((*values[: len(values) - wild], *([_ANY] * wild)))
                if entry is not None:
                    yield limit, entry, values
                    break

    def _value(self, key: str, caller: Caller, message: wire.Message) -> str | None:
        """A dimension's value. A tool that does not exist has none: its name is only what a caller made up."""
        if key.startswith(_CLAIM):
            claim = caller.claims.get(key.removeprefix(_CLAIM))
            return claim if isinstance(claim, str) and claim else None
        name = message.params.get("name") if message.method == "tools/call" else None
        return name if isinstance(name, str) and name in self._tools else None

    def _bucket(self, bucket: Bucket, seconds: int, now: float) -> deque[float]:
        """When requests were let pass within the last `seconds`."""
        if len(self._passed) > _SWEEP and bucket not in self._passed:
            self._passed = {
                name: held for name, held in self._passed.items() if held[0] and held[0][-1] > now - held[1]
            }
        passed, _ = self._passed.setdefault(bucket, (deque(), seconds))
        while passed and passed[0] <= now - seconds:
            passed.popleft()
        return passed


def _order(applying: tuple[RateLimit, RateLimitEntry, tuple[str, ...]]) -> tuple[int, float]:
    limit, entry, _ = applying
    return -len(limit.keys), entry.rate / entry.seconds
