"""The page holds everything by itself, runs nothing, and takes every name for text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from review.compare import Direction
from review.outputs import html
from tests.review.outputs.results import HOSTILE, change, finding, model, result, waived

_VOID = frozenset({"meta", "br"})


class _Page(HTMLParser):
    """Its elements with their attributes, its text, and whether every element is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID and not (self.get_starttag_text() or "").endswith("/>"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def _page() -> _Page:
    shown = result(
        finding(message=HOSTILE),
        waived(1),
        changes=tuple(change(way, HOSTILE) for way in Direction),
        model=model(HOSTILE),
        stage=f'"{HOSTILE}',
        against=HOSTILE,
    )
    return _Page(html.render(shown))


def test_nothing_runs_and_nothing_comes_from_elsewhere() -> None:
    text = html.render(result(finding(), changes=(change(),)))
    page = _Page(text)
    assert {tag for tag, _ in page.elements}.isdisjoint(
        {"script", "link", "img", "iframe", "object", "embed", "base", "form", "video", "audio"}
    )
    assert not re.search(r"url\(|@import|https?:", text)
    assert "default-src 'none'; style-src 'unsafe-inline'" in text


def test_a_hostile_name_or_description_is_text_and_nothing_else() -> None:
    page, plain = (
        _page(),
        _Page(
            html.render(result(finding(), waived(1), changes=tuple(map(change, Direction)), model=model("x")))
        ),
    )
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    for tag, attributes in page.elements:
        assert not any(name.startswith("on") for name in attributes), tag
        assert {name for name in ("src", "srcset", "action") if name in attributes} == set()
        assert str(attributes.get("href", "#")).startswith("#")
    assert "<script>alert(1)</script>" in page.text


def test_a_cell_says_what_its_layers_say_and_a_denied_one_says_so_too() -> None:
    page = _Page(html.render(result()))
    names = [attributes.get("aria-label") for tag, attributes in page.elements if tag == "summary"]
    assert names == ["reader may, on conditions, call shelf___find"]
    for words in ("authorizer: allow", "interceptor: conditional", "policy engine: allow", "limit at most 5"):
        assert words in page.text
    titles = [attributes.get("title") for _, attributes in page.elements]
    assert "reader may not call shelf___lend" in titles
    assert "systems/library.yaml:12" in page.text


def test_a_page_of_something_unread_does_not_look_fine() -> None:
    page = _Page(html.render(result(model=model(unknowns=("a policy",)))))
    verdicts = [
        attributes["class"] for _, attributes in page.elements if "verdict" in str(attributes.get("class"))
    ]
    assert verdicts == ["verdict bad"]
    assert "Some of it could not be read." in page.text


def test_a_large_matrix_leaves_out_what_nobody_may_call_and_says_so() -> None:
    from dataclasses import replace

    known = model()
    tools = tuple(replace(known.tools[1], name=f"shelf___tool{each:05}") for each in range(40_001))
    page = _Page(html.render(result(model=replace(known, tools=(known.tools[0], *tools)))))
    assert "40001 tools that nobody may call are left out." in page.text
    assert sum(tag == "tr" for tag, _ in page.elements) == 2
