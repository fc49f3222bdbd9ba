"""Pages for a test: each in a context of its own, held to what every page must keep to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect

Open = Callable[..., Page]

# A busy machine is no reason to fail: what is waited for comes, or the page is wrong.
expect.set_options(timeout=20_000)


@dataclass
class Opened:
    """What the pages of one test said and asked for."""

    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    contexts: list[Any] = field(default_factory=list)

    def problems(self, *origins: str) -> list[str]:
        """Requests to others than these, and what errors or refusals by the policy the console was told."""
        strange = [url for url in self.asked if not url.startswith("data:") and _origin(url) not in origins]
        # That a request was refused is the browser's line, not the page's; tests look at what the page says of it.
        return strange + [line for line in self.said if "Failed to load resource" not in line]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@contextmanager
def pages(browser: Browser) -> Iterator[tuple[Open, Opened]]:
    """Opens pages: `open(url, locale=…, width=…, scheme=…)`. Closed at the end."""
    opened = Opened()

    def open_page(
        url: str, *, locale: str = "en-US", width: int = 1280, height: int = 860, scheme: Any = "light"
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale=locale,
            color_scheme=scheme,
            reduced_motion="reduce",
            timezone_id="Asia/Seoul",
        )
        context.set_default_timeout(20_000)
        opened.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: opened.said.append(f"{message.text} {message.location}"))
        page.on("pageerror", lambda error: opened.said.append(str(error)))
        page.on("request", lambda request: opened.asked.append(request.url))
        page.goto(url)
        page.locator("main").wait_for()
        return page

    try:
        yield open_page, opened
    finally:
        for context in opened.contexts:
            context.close()


def ask(page: Page, prompt: str) -> Any:
    """Sends a message and waits for the end of its answer, which it gives back."""
    before = page.locator(".answer").count()
    page.get_by_role("textbox").fill(prompt)
    page.keyboard.press("Enter")
    answer = page.locator(".answer").nth(before)
    page.locator(".answer[aria-busy=false]").nth(before).wait_for()
    return answer
