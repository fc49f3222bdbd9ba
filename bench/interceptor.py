"""Measures the interceptor: warm decision (with and without a user), first sight of a token, filtering, cold import.

Run: `.venv/bin/python bench/interceptor.py [--json]`. Absolute figures are this machine's; the ratios
compare with work done in the same run (one JSON round trip of the same event, one bare RSA operation, a
function that only imports json) and carry over to other machines. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "lambda"))

from cryptography.hazmat.primitives import hashes  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: E402

from gateway_interceptor import handler  # noqa: E402

ISSUER = "https://issuer.example/pool"
TOOL = "customer-mcp___create_booking"
BOUND = "customer-mcp___get_customer_info"
TOOLS = [TOOL, BOUND, *(f"target-{n}___tool_{n}" for n in range(18))]
USERS_ISSUER = "https://issuer.example/users"
USERS_CLIENT = "6users0client2id"
POLICY = {
    "version": 2,
    "system": "airline",
    "environment": "dev",
    "badges": {"airline/agent.booking": "booking"},
    "grants": {"booking": dict.fromkeys(TOOLS[:5], "systems/airline/agents/booking.yaml:9")},
    "tools": TOOLS,
    "users": {"claims": {"customer_id": "username"}},
    "arguments": {
        BOUND: {
            "customer_id": {"user": "customer_id", "source": "systems/airline/targets/customer-mcp.yaml:9"},
            "adults": {"min": 1, "max": 9, "source": "systems/airline/targets/customer-mcp.yaml:10"},
        }
    },
}


def url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Pool:
    """One RSA key and the tokens it signs, of agents or of users; `claims` are what tells the two apart."""

    def __init__(self, **claims: str) -> None:
        self._claims = claims
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.numbers = self._key.public_key().public_numbers()

    def jwks(self) -> bytes:
        n = url64(self.numbers.n.to_bytes(256, "big"))
        return json.dumps(
            {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k", "n": n, "e": "AQAB"}]}
        ).encode()

    def token(self, number: int) -> str:
        now = int(time.time())
        claims = {
            "sub": "client",
            "token_use": "access",
            "iat": now,
            "exp": now + 3600,
            "version": 2,
            "jti": f"{number:032}",
            **self._claims,
        }
        head = ".".join(url64(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": "k"}, claims))
        return head + "." + url64(self._key.sign(head.encode(), padding.PKCS1v15(), hashes.SHA256()))


def agents() -> Pool:
    return Pool(iss=ISSUER, client_id="1h57kf5cpq17m0eml12EXAMPLE", scope="airline/agent.booking")


def customers() -> Pool:
    return Pool(iss=USERS_ISSUER, client_id=USERS_CLIENT, scope="openid", username="C1001")


def request(
    token: str, method: str = "tools/call", params: dict[str, Any] | None = None, user: str | None = None
) -> dict[str, Any]:
    body: dict[str, Any] = {"jsonrpc": "2.0", "id": 7, "method": method}
    if params is not None:
        body["params"] = params
    headers = {
        "Accept": "application/json, text/event-stream",
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "User-Agent": "bench",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    if user is not None:
        headers["X-Airside-User-Token"] = user
    return {
        "interceptorInputVersion": "1.0",
        "mcp": {
            "rawGatewayRequest": {"body": json.dumps(body)},
            "gatewayRequest": {"path": "/mcp", "httpMethod": "POST", "headers": headers, "body": body},
        },
    }


def micros(run: Callable[[], object], times: int, repeats: int = 9) -> float:
    """Microseconds of one run: the median of `repeats` means."""
    means = []
    for _ in range(repeats):
        start = time.perf_counter_ns()
        for _ in range(times):
            run()
        means.append((time.perf_counter_ns() - start) / times / 1000)
    return statistics.median(means)


def measure_decisions() -> dict[str, float]:
    pool, users = agents(), customers()
    sink = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open as long as the process

    def write(line: str) -> None:
        sink.write(line + "\n")
        sink.flush()

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "policy.json"
        file.write_text(json.dumps(POLICY))
        environ = {
            "ISSUER": ISSUER,
            "JWKS_URL": f"{ISSUER}/jwks.json",
            "METRIC_NAMESPACE": "Airside/bench",
            "USERS_ISSUER": USERS_ISSUER,
            "USERS_JWKS_URL": f"{USERS_ISSUER}/jwks.json",
            "USERS_CLIENT": USERS_CLIENT,
        }
        intercept = handler.compose(
            environ,
            str(file),
            time.time,
            time.monotonic,
            time.perf_counter_ns,
            fetch=lambda where: (users if where.path.startswith("/users/") else pool).jwks(),
            write=write,
        )
    arguments = {"customer_id": "C1001", "flight_offer": {"id": "1", "price": {"total": "312400"}}}
    call = request(pool.token(0), params={"name": TOOL, "arguments": arguments})
    own, other = ({**arguments, "customer_id": name, "adults": 2} for name in ("C1001", "C1002"))
    token, user = pool.token(0), users.token(0)
    bound = request(token, params={"name": BOUND, "arguments": own}, user=user)
    mismatch = request(token, params={"name": BOUND, "arguments": other}, user=user)
    denied = request(pool.token(0), params={"name": TOOLS[-1], "arguments": {}})
    listed = request(pool.token(0), "tools/list")
    schema = {"type": "object", "properties": {"customer_id": {"type": "string"}}}
    tools = [{"name": name, "description": "A tool.", "inputSchema": schema} for name in TOOLS]
    listed["mcp"]["gatewayResponse"] = {
        "statusCode": 200,
        "body": {"jsonrpc": "2.0", "id": 7, "result": {"tools": tools}},
    }
    if any("transformedGatewayRequest" not in intercept(one)["mcp"] for one in (call, bound)):
        raise SystemExit("a granted call was refused: nothing to measure")
    if "transformedGatewayRequest" in intercept(mismatch)["mcp"]:
        raise SystemExit("a call for another user passed: nothing to measure")
    fresh = [request(pool.token(n), params={"name": TOOL, "arguments": arguments}) for n in range(1, 361)]
    new = [
        request(token, params={"name": BOUND, "arguments": own}, user=users.token(n)) for n in range(1, 361)
    ]
    left, unseen = iter(fresh), iter(new)
    signature, numbers = 3**1290, pool.numbers
    text = json.dumps(call)
    return {
        "warm allow": micros(lambda: intercept(call), 5000),
        "warm deny": micros(lambda: intercept(denied), 5000),
        "warm allow, bound to the user": micros(lambda: intercept(bound), 5000),
        "warm deny, another user's": micros(lambda: intercept(mismatch), 5000),
        "filter a list of 20 tools": micros(lambda: intercept(listed), 2000),
        "first sight of a token": micros(lambda: intercept(next(left)), 40),
        "first sight of a user": micros(lambda: intercept(next(unseen)), 40),
        "reference: JSON round trip of the event": micros(lambda: json.dumps(json.loads(text)), 5000),
        "reference: bare RSA-2048 public operation": micros(lambda: pow(signature, 65537, numbers.n), 200),
    }


def measure_import(rounds: int = 25) -> dict[str, float]:
    """Milliseconds of a new Python process: interleaved, so that a busy machine slows all alike.

    Lambda runs the asset as it was staged, from a read-only folder: without bytecode files the package is
    compiled at each cold start, so that is measured too.
    """
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "minimal.py").write_text(
            "import json\n\n\ndef handler(event, context):\n    return {}\n"
        )
        shutil.copytree(
            ROOT / "lambda" / "gateway_interceptor",
            Path(folder, "bare", "gateway_interceptor"),
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        runs = {
            "import json only": ("import minimal", folder),
            "interceptor": ("import gateway_interceptor.handler", f"{ROOT}/lambda"),
            "interceptor without bytecode files": ("import gateway_interceptor.handler", f"{folder}/bare"),
        }
        times: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(rounds):
            for name, (program, path) in runs.items():
                arguments = ["-B", "-c", program] if path.endswith("bare") else ["-c", program]
                start = time.perf_counter()
                subprocess.run([sys.executable, *arguments], env={"PYTHONPATH": path}, check=True)
                times[name].append((time.perf_counter() - start) * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json = parser.parse_args().json
    decisions, imports = measure_decisions(), measure_import()
    base = imports["import json only"]
    round_trip = decisions["reference: JSON round trip of the event"]
    ratios = {
        "warm allow / JSON round trip": decisions["warm allow"] / round_trip,
        "warm allow, bound to the user / JSON round trip": decisions["warm allow, bound to the user"]
        / round_trip,
        "first sight / bare RSA": decisions["first sight of a token"]
        / decisions["reference: bare RSA-2048 public operation"],
        "cold interceptor / import json only": imports["interceptor"] / base,
        "cold interceptor without bytecode / import json only": imports["interceptor without bytecode files"]
        / base,
    }
    if as_json:
        print(json.dumps({"micros": decisions, "milliseconds": imports, "ratios": ratios}))
        return
    for title, unit, values in (
        ("Decisions", "µs", decisions),
        ("New process", "ms", imports),
        ("Ratios", "×", ratios),
    ):
        print(title)
        for name, value in values.items():
            print(f"  {name:<56}{value:>9.2f} {unit}")


if __name__ == "__main__":
    main()
