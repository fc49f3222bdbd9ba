"""The console's declaration: whole in every language, shown by declaration only, and to nobody too many."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from governance.console import document, shown_results
from governance.load import load_project
from governance.model import System
from tests.governance.conftest import Shop

FILE = "systems/shop/system.yaml"
CONSOLE = """\
console:
  title: {de: Laden, en: Shop}
  examples:
    de: [Was gibt es]
    en: ["What is there?", "And else?"]
  cards:
    stock___find:
      items: /goods
      only: {/kind: own}
      most: 5
      title: {de: "{/name} {/#}", en: "{/name} {/#}"}
      lines:
        - {de: "{/parts/0/size} cm", en: "{/parts/0/size} cm"}
      price: {amount: /price/sum, currency: /price/unit}
      action:
        label: {de: Kaufen, en: Buy}
        prompt: {de: "Kaufe {/sku}", en: "Buy {/sku}"}
"""


def declared(shop: Shop, old: str = "", new: str = "") -> System:
    shop.change(FILE, "tables:", CONSOLE.replace(old, new, 1) + "tables:")
    return load_project(shop.root).system("shop")


def test_the_page_is_told_another_thing_than_was_declared(shop: Shop) -> None:
    told = document(declared(shop))
    assert told["title"] == {"de": "Laden", "en": "Shop"}
    assert told["languages"] == ["de", "en"]
    assert told["examples"] == {"de": ["Was gibt es"], "en": ["What is there?", "And else?"]}
    assert told["cards"] == {
        "stock___find": {
            "items": "/goods",
            "title": {"de": "{/name} {/#}", "en": "{/name} {/#}"},
            "lines": [{"de": "{/parts/0/size} cm", "en": "{/parts/0/size} cm"}],
            "price": {"amount": "/price/sum", "currency": "/price/unit"},
            "action": {
                "label": {"de": "Kaufen", "en": "Buy"},
                "prompt": {"de": "Kaufe {/sku}", "en": "Buy {/sku}"},
            },
        }
    }
    assert json.loads(json.dumps(told)) == told


def test_a_system_that_declares_nothing_shows_something(shop: Shop) -> None:
    system = load_project(shop.root).system("shop")
    assert document(system) == {"title": "Shop", "languages": ["de", "en"], "examples": {}, "cards": {}}
    assert {shown_results(system, agent.name) for agent in system.agents} == {None}


def test_agents_let_through_more_or_less_than_the_page_needs(shop: Shop) -> None:
    text = shown_results(declared(shop), "auditor")
    assert text is not None
    assert json.loads(text) == {
        "stock___find": {
            "items": "/goods",
            "members": ["/kind", "/name", "/parts/0/size", "/price/sum", "/price/unit", "/sku"],
            "most": 5,
            "only": {"/kind": "own"},
        }
    }


def test_an_agent_shows_what_neither_it_nor_its_delegates_may_call(shop: Shop) -> None:
    shop.change("systems/shop/agents/clerk.yaml", "  stock: [find, sell]\n", "")
    system = declared(shop)
    assert shown_results(system, "clerk") == shown_results(system, "auditor"), "by delegation"
    shop.change("systems/shop/agents/clerk.yaml", "may_delegate_to: [auditor]", "may_delegate_to: []")
    system = load_project(shop.root).system("shop")
    assert shown_results(system, "clerk") is None
    assert shown_results(system, "auditor") is not None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{de: Laden, en: Shop}", "{de: Laden}", "console.title: is given in de."),
        (
            "{de: Laden, en: Shop}",
            "{de: Laden, en: Shop, ko: 가게}",
            "console.title: is given in de, en, ko.",
        ),
        ("    de: [Was gibt es]\n", "", "console.examples: is given in en."),
        ("{de: Kaufen, en: Buy}", "{en: Buy}", "action.label: is given in en."),
        ("stock___find:", "stock___lose:", "console.cards.stock___lose: is no tool."),
        ("stock___find:", "stock___sell:", "returns internal data"),
        ('en: "Buy {/sku}"', 'en: "Buy {sku}"', "has a brace that belongs to no {/pointer}."),
        ('en: "Buy {/sku}"', 'en: "Buy {/sku"', "has a brace that belongs to no {/pointer}."),
        ('en: "Buy {/sku}"', 'en: "Buy {/a b}"', "has {/a b}, which is no JSON pointer."),
        ('en: "Buy {/sku}"', 'en: "Buy {/~2}"', "has {/~2}, which is no JSON pointer."),
    ],
)
def test_a_text_or_tool_that_is_not_there_is_found_by_users(
    shop: Shop, only_problem: Callable[[], str], old: str, new: str, said: str
) -> None:
    shop.change(FILE, "tables:", CONSOLE.replace(old, new, 1) + "tables:")
    assert old in CONSOLE
    assert said in only_problem()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("console:\n", "console:\n  colour: red\n"),
        ("      most: 5\n", ""),
        ("most: 5", "most: 51"),
        ("items: /goods", "items: goods"),
        ("items: /goods", 'items: "/go ods"'),
        ("{/kind: own}", "{}"),
        ("{/kind: own}", "{kind: own}"),
        ("amount: /price/sum, ", ""),
        ("stock___find:", "stock__find:"),
        ("[Was gibt es]", "[]"),
        ("[Was gibt es]", f"[{', '.join(f'x{n}' for n in range(9))}]"),
        ("[Was gibt es]", f"[{'x' * 201}]"),
        ("        prompt:", "        url: http://evil.example\n        prompt:"),
    ],
)
def test_a_wrong_form_is_taken(shop: Shop, old: str, new: str) -> None:
    assert old in CONSOLE
    shop.change(FILE, "tables:", CONSOLE.replace(old, new, 1) + "tables:")
    assert shop.problems(), (old, new)


def test_a_card_says_where_it_was_declared(shop: Shop) -> None:
    (card,) = declared(shop).console.cards
    lines: list[Any] = (shop.root / FILE).read_text(encoding="utf-8").splitlines()
    assert "stock___find" in lines[card.source.line - 1]
