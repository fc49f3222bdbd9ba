"""The page in a browser, as its readers see it. The airline's own assembly, so that it is as large as it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from review.collect import collect
from review.outputs import html
from review.outputs.result import Part, Result
from review.reader import read_stage
from review.run import review
from tests.browser import browser
from tests.review.outputs import results


@pytest.fixture(scope="module")
def page_file(assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    stage = read_stage(assembly, "airline-prod")
    assert collect(stage).matrix
    report = review(stage, today="2026-11-21")
    file = tmp_path_factory.mktemp("page") / "review.html"
    file.write_text(html.render(Result("cdk.out", (Part(stage.name, report),))), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def opened(page_file: Path) -> Iterator[tuple[Page, list[str], list[str]]]:
    """The page, what the console said, and what was requested."""
    with browser() as driven:
        page = driven.new_page(viewport={"width": 1280, "height": 900})
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(page_file.as_uri())
        yield page, said, asked


def test_the_page_asks_for_nothing_but_itself_and_says_nothing_to_the_console(
    opened: tuple[Page, list[str], list[str]], page_file: Path
) -> None:
    page, said, asked = opened
    assert page.title() == "Access review: cdk.out"
    assert asked == [page_file.as_uri()]
    assert said == []


def test_opening_a_cell_shows_its_three_layers(opened: tuple[Page, list[str], list[str]]) -> None:
    page = opened[0]
    assert page.locator("table").first.is_visible()
    cell = page.locator("td.cell details").first
    words = cell.locator("dl")
    assert not words.is_visible()
    cell.locator("summary").click()
    assert words.is_visible()
    layers = [text.partition(":")[0] for text in words.locator("dt").all_inner_texts()]
    assert layers == ["authorizer", "interceptor", "policy engine"]
    assert all(text.strip() for text in words.locator("dd").all_inner_texts())
    cell.locator("summary").press("Enter")
    assert not words.is_visible()


def test_the_graph_is_drawn(opened: tuple[Page, list[str], list[str]]) -> None:
    page = opened[0]
    drawn = page.locator("svg[role=img]")
    assert drawn.is_visible()
    assert drawn.get_attribute("aria-label")
    assert page.locator("svg rect.agent").count() >= 2
    assert page.locator("svg path.delegate").count() >= 1


def test_who_cannot_see_the_page_can_read_it(opened: tuple[Page, list[str], list[str]]) -> None:
    page = opened[0]
    assert page.locator("html").get_attribute("lang") == "en"
    for summary in page.locator("summary").all():
        assert (summary.get_attribute("aria-label") or summary.inner_text()).strip()
    assert page.locator("table th").count() > 0
    assert page.locator("table th:not([scope])").count() == 0
    assert page.locator("h1").count() == 1
    scrolled = page.locator(".scroll")
    assert scrolled.count() == page.locator(".scroll[tabindex='0'][role=region][aria-label]").count() > 0
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(ids) == len(set(ids))
    # Only the tables scroll sideways, never the page.
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_long_name_is_wider_than_a_telephone(
    opened: tuple[Page, list[str], list[str]], tmp_path: Path
) -> None:
    name = "EnvironmentVariables." + "GATEWAY" * 12
    file = tmp_path / "long.html"
    told = results.result(changes=(results.change(words=f"runtime x has another {name}"),))
    file.write_text(html.render(told), encoding="utf-8")
    browser_of = opened[0].context.browser
    assert browser_of is not None
    page = browser_of.new_page(viewport={"width": 360, "height": 800})
    page.goto(file.as_uri())
    assert page.get_by_text(name).is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.close()
