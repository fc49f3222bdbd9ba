"""The interceptor: warm decision, first sight of a token or user, list filter, import in a new process.

Absolute figures are this machine's; the ratios compare with work done in the same run (one JSON round trip
of the same event, one bare RSA operation, functions that only import) and carry over to other machines.
Nothing is asserted.

    ./airside bench interceptor [--json]     or     python bench/interceptor.py [--json]
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from bench import _events as events  # noqa: E402
from bench._timing import Figure, dump, figure, micros, show, show_ratios  # noqa: E402

FIRST_SIGHTS = 600
JSON_ONLY = "python -c 'import json'"
MINIMAL = "a standard-library handler (json, hashlib)"
INTERCEPTOR = "the interceptor's handler"
WITHOUT_BYTECODE = "the same without bytecode files"


def decisions() -> dict[str, Figure]:
    """Microseconds of processor time by kind of decision, and of the two yardsticks."""
    pool, users = events.Pool(), events.Pool()
    # Agent 1 is granted the tools 7 to 11.
    document = events.policy(agents=4, tools=20, granted=5, bound=(8,))
    agent = events.agent_name(1)
    granted, bound, shadowed = events.granted_tools(document, agent)[:3]
    source = document["grants"][agent][shadowed]
    document["grants"][agent][shadowed] = {"source": source, "shadow": "calls"}
    refused = next(name for name in document["tools"] if name not in document["grants"][agent])
    intercept = events.interceptor(document, pool, users)
    token = pool.token(agent)
    call, denied = events.call(token, granted), events.call(token, refused)
    listed = events.listing(token, document["tools"])
    own = events.call(token, bound, users.user_token())
    others = events.call(token, bound, users.user_token(), customer_id="C1002")
    open_still = events.call(token, shadowed)
    events.must_pass(intercept, call)
    events.must_pass(intercept, own)
    events.must_pass(intercept, open_still)
    events.must_not_pass(intercept, events.call(token, bound))
    events.must_not_pass(intercept, others)
    fresh = iter([events.call(pool.token(agent, number), granted) for number in range(1, FIRST_SIGHTS + 1)])
    unseen = iter(
        [events.call(token, bound, users.user_token(number)) for number in range(1, FIRST_SIGHTS + 1)]
    )
    signature, numbers, text = 3**1290, pool.numbers, json.dumps(call)
    return {
        "warm allow": micros(lambda: intercept(call), 200),
        "warm deny": micros(lambda: intercept(denied), 200),
        "warm allow, bound to the user": micros(lambda: intercept(own), 200),
        "warm allow, in shadow mode": micros(lambda: intercept(open_still), 200),
        "warm deny, another user's": micros(lambda: intercept(others), 200),
        "filter a list of 20 tools": micros(lambda: intercept(listed), 100),
        "first sight of a token": micros(lambda: intercept(next(fresh)), FIRST_SIGHTS // 60),
        "first sight of a user": micros(lambda: intercept(next(unseen)), FIRST_SIGHTS // 60),
        "yardstick: JSON round trip of the event": micros(lambda: json.dumps(json.loads(text)), 200),
        "yardstick: bare RSA-2048 public operation": micros(lambda: pow(signature, 65537, numbers.n), 20),
    }


def imports(rounds: int = 25) -> dict[str, Figure]:
    """Milliseconds of processor time of a new Python process; interleaved, so that all meet the same machine.

    Lambda runs the asset as it was staged, from a read-only folder: without bytecode files the package is
    compiled at each cold start, so that is measured too.
    """
    package = ROOT / "lambda" / "gateway_interceptor"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "minimal.py").write_text(
            "import hashlib\nimport json\n\n\ndef handler(event, context):\n"
            "    return json.loads(hashlib.sha256(event).hexdigest())\n"
        )
        for copy in ("compiled", "bare"):
            shutil.copytree(
                package,
                Path(folder, copy, "gateway_interceptor"),
                ignore=shutil.ignore_patterns("__pycache__"),
            )
        handler = "import gateway_interceptor.handler"
        runs = {
            JSON_ONLY: (["-c", "import json"], folder),
            MINIMAL: (["-c", "import minimal"], folder),
            INTERCEPTOR: (["-c", handler], f"{folder}/compiled"),
            WITHOUT_BYTECODE: (["-B", "-c", handler], f"{folder}/bare"),
        }
        times: dict[str, list[float]] = {name: [] for name in runs}
        for turn in range(rounds + 1):
            for name, (words, path) in runs.items():
                before = _children()
                subprocess.run([sys.executable, *words], env={"PYTHONPATH": path}, check=True)
                if turn:  # The first turn compiles.
                    times[name].append((_children() - before) * 1000)
    return {name: figure(values, "ms") for name, values in times.items()}


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ratios(decided: dict[str, Figure], imported: dict[str, Figure]) -> dict[str, float]:
    """Each figure beside its yardstick."""
    allow, first = decided["warm allow"].median, decided["first sight of a token"].median
    bound, user = decided["warm allow, bound to the user"].median, decided["first sight of a user"].median
    round_trip = decided["yardstick: JSON round trip of the event"].median
    bare_rsa = decided["yardstick: bare RSA-2048 public operation"].median
    cold, bare = imported[INTERCEPTOR].median, imported[WITHOUT_BYTECODE].median
    return {
        "warm allow / JSON round trip": allow / round_trip,
        "warm allow, bound to the user / JSON round trip": bound / round_trip,
        "first sight / bare RSA": first / bare_rsa,
        "first sight of a user / bare RSA": user / bare_rsa,
        "import / standard-library handler": cold / imported[MINIMAL].median,
        "import / import json": cold / imported[JSON_ONLY].median,
        "import without bytecode / import json": bare / imported[JSON_ONLY].median,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json = parser.parse_args().json
    decided, imported = decisions(), imports()
    found = ratios(decided, imported)
    if as_json:
        dump(decisions=decided, imports=imported, ratios=found)
        return
    show("Decisions, processor time", decided)
    show("New process, processor time", imported)
    show_ratios(found)


if __name__ == "__main__":
    main()
