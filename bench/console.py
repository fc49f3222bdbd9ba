"""How long the console's page takes to its first paint, and what it weighs, beside a page of one line.

Both are served by the platform's own code for the page over loopback and opened in the machine's Chromium, in
alternating rounds of one run, each with an empty cache. First contentful paint as the browser reports it (W3C Paint
Timing), from the beginning of the navigation; bytes as they travel, headers included. Goal: below a second.

    ./airside bench console [--json]     or     python bench/console.py [--json] [--rounds 9]
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from bench._timing import dump, figure, show, show_ratios  # noqa: E402

GOAL_MS = 1000.0
CONFIG = {
    "version": 1,
    "system": "bench",
    "title": "Bench",
    "environment": "dev",
    "region": "us-east-1",
    "local": True,
    "languages": ["en", "ko"],
    "entry": {"agent": "clerk", "invocations": "/none"},
    "users": None,
    "guests": True,
    "examples": {"en": ["Which shoes do you have?"]},
    "cards": {},
    "control": "/_airside/",
}
LINE = b"<!doctype html><html lang=en><title>One line</title><p>One line"
PAINT = """() => new Promise(done => new PerformanceObserver(list => {
    const [paint] = list.getEntriesByName('first-contentful-paint');
    if (paint) done(paint.startTime);
}).observe({type: 'paint', buffered: true}))"""
BYTES = """() => ['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind))
    .reduce((sum, entry) => sum + entry.transferSize, 0)"""


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The application on a free port, in a thread of its own."""
    from localcloud.server.serving import Serving

    bound = socket.create_server(("127.0.0.1", 0))
    loop = asyncio.new_event_loop()
    serving = Serving()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    asyncio.run_coroutine_threadsafe(serving.start(app, bound), loop).result()
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(serving.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)


def measure(rounds: int) -> Mapping[str, tuple[list[float], list[float]]]:
    """Case → milliseconds to the first paint, and bytes, of each round."""
    from playwright.sync_api import sync_playwright

    from localcloud.console.files import REVALIDATE, built, read
    from localcloud.console.page import Page

    found = shutil.which("chromium")
    if found is None:
        raise SystemExit("no browser: install Debian's package chromium")
    line = built(LINE, "text/html; charset=utf-8", REVALIDATE)
    pages = {
        "the console": Page(read(ROOT / "console" / "dist"), lambda _: CONFIG, None),
        "a page of one line": Page({"/": line}, lambda _: {}, None),
    }
    seen: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in pages}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(rounds):
            for name, app in pages.items():
                with served(app) as url:
                    context = browser.new_context()
                    page = context.new_page()
                    page.goto(url, wait_until="networkidle")
                    seen[name][0].append(page.evaluate(PAINT))
                    seen[name][1].append(page.evaluate(BYTES) / 1000)
                    context.close()
        browser.close()
    return seen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="write the result as JSON")
    parser.add_argument("--rounds", type=int, default=9, metavar="N", help="rounds of each case (default: 9)")
    arguments = parser.parse_args()
    seen = measure(max(1, arguments.rounds))
    paints = {f"first paint of {name}": figure(times, "ms") for name, (times, _) in seen.items()}
    weights = {f"weight of {name}": figure(sizes, "kB") for name, (_, sizes) in seen.items()}
    console, line = paints.values()
    ratios = {"the console to a page of one line": console.median / line.median}
    met = console.median < GOAL_MS
    if arguments.json:
        dump(paints=paints, weights=weights, ratios=ratios, goal={"ms": GOAL_MS, "met": met})
    else:
        show("First contentful paint", paints)
        show("Compressed weight", weights)
        show_ratios(ratios)
        print(f"goal: below {GOAL_MS:.0f} ms: {'met' if met else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
