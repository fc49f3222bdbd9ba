"""Rules about arguments and users at load: each defect is told with its line, and none is let through."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from governance.binding import ArgumentRule, RuleKind
from governance.load import load_project
from governance.model import Source
from tests.governance.conftest import CALLBACKS, Shop

STOCK = "systems/shop/targets/stock.yaml"
PARCELS = "systems/shop/targets/parcels.yaml"
SYSTEM = "systems/shop/system.yaml"
ENVIRONMENT = "environments/dev.yaml"
GOODS = "systems/shop/data/goods.json"
FIND = "    required: [sku]\n    effect: read\n"

RULES = [
    # the rules of find, what the one problem must say
    ("size: {equals: a}", "stock.yaml:14: tools.find.arguments.size: is no input of the tool. Known: most, sku"),
    ("most: {max: 3}", "stock.yaml:14: tools.find.arguments.most: is not required, so a call could leave it"),
    ("sku: {max: 3}", "arguments.sku.max: is of type string, and max is for integer"),
    ("sku: {min: 3}", "arguments.sku.min: is of type string, and min is for integer"),
    ("sku: {equals: 3}", "arguments.sku.equals: is of type string, and equals is for integer"),
    ("sku: {equals: true}", "arguments.sku.equals: is of type string, and equals is for boolean"),
    ("sku: {one_of: [a, 1]}", "arguments.sku.one_of: is of type string, and one_of is for integer and string"),
    ("sku: {one_of: []}", "arguments.sku.one_of: [] should be non-empty"),
    ("sku: {one_of: [a, a]}", "arguments.sku.one_of: ['a', 'a'] has non-unique elements"),
    ("sku: {one_of: a}", "arguments.sku.one_of: is 'a'. It must be of type array."),
    ("sku: {equals: ''}", "arguments.sku.equals: '' should be non-empty"),
    ('sku: {equals: "a\\u200b"}', "holds the invisible character U+200B"),
    ("sku: {equals: 1.5}", "has the type 'float'"),
    ("sku: {equals: null}", "arguments.sku.equals: is None."),
    ("sku: {equals: [a]}", "arguments.sku.equals: is ['a']."),
    ("sku: {bind: user.shopper, equals: a}", "arguments.sku: states bind and equals. State exactly one of"),
    ("sku: {equals: a, one_of: [a]}", "arguments.sku: states equals and one_of."),
    ("sku: {equals: a, max: 3}", "arguments.sku: states equals and max."),
    ("sku: {}", "arguments.sku: {} should be non-empty"),
    ("sku: {is: a}", "arguments.sku.is: is not a known key"),
    ("sku: user.shopper", "arguments.sku: is 'user.shopper'. It must be of type object."),
    ("sku: {bind: user.name}", "arguments.sku.bind: is 'user.name', which is no attribute of the users. Known: "),
    ("sku: {bind: agent.shopper}", "arguments.sku.bind: is 'agent.shopper'. It must match"),
    ("sku: {bind: shopper}", "arguments.sku.bind: is 'shopper'. It must match"),
    ('"sku ": {equals: a}', "is not a valid name"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "said"), RULES)
def test_a_rule_that_cannot_hold_is_refused_with_its_line(
    shop: Shop, only_problem: Callable[[], str], rule: str, said: str
) -> None:
    shop.with_users()
    shop.change(STOCK, FIND, FIND.replace("    effect", f"    arguments:\n      {rule}\n    effect"))
    problem = only_problem()
    assert problem.startswith(f"{STOCK}:14:"), problem
    assert said in problem


def test_bounds_that_exclude_everything_are_refused(shop: Shop, only_problem: Callable[[], str]) -> None:
    shop.change(PARCELS, "external}", "external, arguments: {grams: {min: 5, max: 4}}}")
    assert "parcels.yaml:7: tools.quote.arguments.grams.min: is 5, above max 4" in only_problem()


@pytest.mark.parametrize("bound", [2**63, -(2**63) - 1])
def test_bounds_that_cedar_cannot_hold_are_refused(
    shop: Shop, only_problem: Callable[[], str], bound: int
) -> None:
    shop.change(PARCELS, "external}", f"external, arguments: {{grams: {{max: {bound}}}}}}}")
    assert "arguments.grams.max" in only_problem()


def test_an_input_of_an_openapi_document_is_held_to_the_same_rules(
    shop: Shop, only_problem: Callable[[], str]
) -> None:
    shop.with_users()
    shop.change(PARCELS, "external}", "external, arguments: {grams: {bind: user.shopper}}}")
    assert "arguments.grams.bind: is of type integer, and bind is for string" in only_problem()


def test_binding_to_a_user_needs_users(shop: Shop, only_problem: Callable[[], str]) -> None:
    shop.change(
        STOCK, FIND, FIND.replace("    effect", "    arguments:\n      sku: {bind: user.shopper}\n    effect")
    )
    assert f"stock.yaml:14: tools.find.arguments.sku.bind: is 'user.shopper', and {SYSTEM} declares no" in (
        only_problem()
    )


DEFECTS = [
    (SYSTEM, "shopper: username", "shopper: client_id", "system.yaml:9: users.claims.shopper: is 'client_id'. One"),
    (SYSTEM, "shopper: username", "shopper: email", "users.claims.shopper: is 'email'. One of: username, sub."),
    (SYSTEM, "{shopper: username}", "{}", "system.yaml:9: users.claims: {} should be non-empty"),
    (SYSTEM, "shopper: username", "Shopper: username", "is not a valid name"),
    (SYSTEM, "table: goods, attribute", "table: bads, attribute", "users.seed.table: is 'bads', which is no table. K"),
    (SYSTEM, "attribute: sku", "attribute: name", "users.seed.attribute: is 'name', which is no text in row 0 of"),
    (SYSTEM, ", seed: goods.json", "", "users.seed.table: is 'goods', which has no seed."),
    (SYSTEM, "  title: Shoppers\n", "", "users.title: is missing"),
    (GOODS, '"A2"', '"A1"', "users.seed.attribute: is 'sku', which two rows of data/goods.json share"),
    (GOODS, '"A2"', "2", "users.seed.attribute: is 'sku', which is no text in row 1 of data/goods.json"),
    (GOODS, '"A2"', '"A2', "users.seed.table: has the seed data/goods.json, which is not JSON"),
    (ENVIRONMENT, CALLBACKS, "", "system.yaml:7: users: needs users_callback_urls in environments/dev.yaml"),
    (ENVIRONMENT, "https://shop", "http://shop", "users_callback_urls[0]: is 'http://shop.example/'. It must match"),
    (ENVIRONMENT, "https://shop.example/", "http://localhost.evil.example/", "users_callback_urls[0]: is"),
    (ENVIRONMENT, "https://shop.example/", "https://*.example/", "users_callback_urls[0]: is"),
    (ENVIRONMENT, "https://shop.example/", "https://shop.example/#x", "users_callback_urls[0]: is"),
    (ENVIRONMENT, "https://shop.example/", "https://a@shop.example/", "users_callback_urls[0]: is"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "said"), DEFECTS)
def test_users_that_cannot_be_told_apart_or_signed_in_are_refused(
    shop: Shop, only_problem: Callable[[], str], file: str, old: str, new: str, said: str
) -> None:
    shop.with_users()
    shop.change(file, old, new)
    assert said in only_problem()


def test_nobody_delegates_to_an_agent_that_takes_only_users_tokens(
    shop: Shop, only_problem: Callable[[], str]
) -> None:
    shop.with_users()
    shop.change(SYSTEM, "entry_agent: clerk", "entry_agent: auditor")
    assert "clerk.yaml:9: may_delegate_to[0]: names the entry agent 'auditor'" in only_problem()


def test_a_policys_name_that_aws_refuses_is_found_at_load(shop: Shop) -> None:
    (shop.root / "systems/shop").rename(shop.root / "systems/emporium")
    agent, here = "clerk-of-many-things", "systems/emporium"
    shop.change(f"{here}/system.yaml", "system: shop", "system: emporium")
    shop.change(f"{here}/system.yaml", "entry_agent: clerk", f"entry_agent: {agent}")
    shop.change(f"{here}/agents/clerk.yaml", "agent: clerk", f"agent: {agent}")
    (shop.root / here / "agents/clerk.yaml").rename(shop.root / here / f"agents/{agent}.yaml")
    shop.write("agent_src/clerk_of_many_things/__main__.py", "")
    shop.change(ENVIRONMENT, "environment: dev", "environment: integration")
    (shop.root / ENVIRONMENT).rename(shop.root / "environments/integration.yaml")
    assert shop.problems() == ()
    shop.change(f"{here}/targets/parcels.yaml", "external}", "external, arguments: {grams: {min: 1}}}")
    (problem,) = shop.problems()
    assert str(problem).startswith(
        f"{here}/agents/{agent}.yaml:1: agent: makes the name 'emporium_integration_"
    )
    assert problem.message.endswith("of 50 characters; AWS takes 48.")


def test_rules_are_loaded_with_kind_values_and_line(shop: Shop) -> None:
    shop.with_users()
    shop.change(
        STOCK, FIND, FIND.replace("    effect", "    arguments:\n      sku: {bind: user.shopper}\n    effect")
    )
    shop.change(PARCELS, "external}", "external, arguments: {grams: {min: 1, max: 9}}}")
    system = load_project(shop.root).system("shop")
    rules = {tool.name: tool.rules for tool in system.tools}
    assert rules == {
        "find": (ArgumentRule("sku", RuleKind.USER, Source(STOCK, 14), ("shopper",)),),
        "sell": (),
        "quote": (ArgumentRule("grams", RuleKind.RANGE, Source(PARCELS, 7), least=1, most=9),),
    }
    assert system.users is not None
    assert (system.users.title, system.users.claims, system.users.claim, str(system.users.source)) == (
        "Shoppers",
        {"shopper": "username"},
        "username",
        f"{SYSTEM}:7",
    )


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"kind": RuleKind.USER, "values": ("shopper",)}, "x = user.shopper"),
        ({"kind": RuleKind.EQUALS, "values": (True,)}, "x = true"),
        ({"kind": RuleKind.ONE_OF, "values": ("A", "B")}, 'x = "A" or "B"'),
        ({"kind": RuleKind.RANGE, "least": 1, "most": 9}, "x = 1…9"),
        ({"kind": RuleKind.RANGE, "most": 9}, "x = …9"),
    ],
)
def test_a_rule_reads_as_it_is_meant(form: dict[str, object], words: str) -> None:
    assert str(ArgumentRule("x", source=Source("f", 1), **form)) == words  # type: ignore[arg-type]
