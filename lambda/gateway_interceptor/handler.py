"""Entry point of the function, for both interception points. No logic: build once, ask, fail closed."""

from __future__ import annotations

import os
import sys
import time
from json import JSONEncoder

from gateway_interceptor import jwks, policy, users
from gateway_interceptor.access_token import TokenVerifier
from gateway_interceptor.decision_log import DecisionLog
from gateway_interceptor.interceptor import Interceptor, RefuseAll
from gateway_interceptor.last_resort import refuse
from gateway_interceptor.refused import MISCONFIGURED, Refused
from gateway_interceptor.settings import Endpoint, Pool, Settings, SettingsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from gateway_interceptor.policy import Policy
    from gateway_interceptor.users import Users

_encode = JSONEncoder(ensure_ascii=False).encode
_intercept: Callable[[Any], dict[str, Any]] | None = None


def handler(event: Any, context: Any) -> dict[str, Any]:  # noqa: ARG001 - the runtime's signature
    """The gateway's answer to one interceptor event. Never raises; what it cannot decide does not pass."""
    global _intercept
    try:
        if _intercept is None:
            _intercept = compose(os.environ, _policy_file(), time.time, time.monotonic, time.perf_counter_ns)
        return _intercept(event)
    except Exception as error:
        return refuse(event, error, _write)


def compose(
    environ: Mapping[str, str],
    policy_file: str,
    clock: Callable[[], float],
    monotonic: Callable[[], float],
    timer: Callable[[], int],
    fetch: Callable[[Endpoint], bytes] | None = None,
    write: Callable[[str], None] | None = None,
) -> Callable[[Any], dict[str, Any]]:
    """The interceptor of this environment and policy; one that refuses everything if either is unusable."""
    write, get = write or _write, fetch or _fetch
    try:
        settings = Settings.read(environ)
    except SettingsError as error:
        _complain(error, write)
        return RefuseAll(Refused(MISCONFIGURED), DecisionLog("Airside", None, write), clock)
    try:
        rules = policy.load(policy_file)
    except Refused as refused:
        return RefuseAll(refused, DecisionLog(settings.metric_namespace, None, write), clock)
    tokens = _verifier(settings.pool, monotonic, get)
    known = _users(rules, environ, monotonic, get, write)
    log = DecisionLog(settings.metric_namespace, rules.digest, write)
    return Interceptor(rules, tokens, known, log, clock, timer)


def _users(
    rules: Policy,
    environ: Mapping[str, str],
    monotonic: Callable[[], float],
    get: Callable[[Endpoint], bytes],
    write: Callable[[str], None],
) -> Users:
    """The users of the policy. Without their settings only what needs a user is refused: it names no user
    wrongly, and the rest of the system does not stop for it."""
    if rules.claims is None:
        return users.none_declared()
    try:
        pool = Pool.of_users(environ)
    except SettingsError as error:
        _complain(error, write)
        return users.misconfigured()
    return users.PoolUsers(_verifier(pool, monotonic, get, frozenset(rules.claims.values())))


def _verifier(
    pool: Pool,
    monotonic: Callable[[], float],
    get: Callable[[Endpoint], bytes],
    claims: frozenset[str] = frozenset(),
) -> TokenVerifier:
    """Verifies the tokens of a pool; of their claims only `claims` are kept."""
    keys = jwks.Keys(lambda: get(pool.keys), monotonic)
    return TokenVerifier(pool.issuer, keys, client=pool.client, claims=claims)


def _complain(error: SettingsError, write: Callable[[str], None]) -> None:
    write(_encode({"event": "log", "layer": "interceptor", "message": str(error)}))


def _fetch(endpoint: Endpoint) -> bytes:
    from gateway_interceptor.fetch import fetch

    return fetch(endpoint, jwks.MAX_BYTES)


def _policy_file() -> str:
    return os.path.join(os.path.dirname(__file__), "policy.json")  # noqa: PTH118, PTH120 - see policy.load


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
