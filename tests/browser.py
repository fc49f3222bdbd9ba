"""The machine's own Chromium, driven by Playwright, which brings none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser without windows. Fails the test where there is none, and says what to install.

    For `tests/conftest.py` alone: a process has one, since two drivers would want the same event loop. Tests of
    the group `browser` share it.
    """
    found = shutil.which("chromium")
    if found is None:
        pytest.fail("no browser: install Debian's packages chromium and fonts-noto-cjk (`.ci/run` does it)")
    with sync_playwright() as playwright:
        # Its own sandbox needs rights that a container seldom has; the pages are ours, from this machine.
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()
