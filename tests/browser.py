"""The machine's own Chromium, driven by Playwright, which brings none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser without windows. Fails the test where there is none, and says what to install.

    While it is open this thread's event loop is the driver's: hold it no longer than the tests that use it.
    """
    found = shutil.which("chromium")
    if found is None:
        pytest.fail("no browser: install Debian's packages chromium and fonts-noto-cjk (`.ci/run` does it)")
    with sync_playwright() as playwright:
        # Letters without coloured edges, so that a picture of a page is light and looks the same scaled down.
        # Its own sandbox needs rights that a container seldom has; the pages are ours, from this machine.
        opened = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu", "--disable-lcd-text"]
        )
        yield opened
        opened.close()
