"""Settings about operation: all stated, none doubtful, an account's own in one place."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from governance.load import load_project
from governance.names import Names
from tests.governance.conftest import Shop

DEV = "environments/dev.yaml"
SETTINGS = "account_settings: {transaction_search: true, span_percent: 5}\n"

DEFECTS = [
    # old, new, what the one problem must say
    ("budget_usd: 50\n", "", "budget_usd: is missing. Add it."),
    ("budget_usd: 50", "budget_usd: 0", "budget_usd: 0 is less than the minimum of 1"),
    ("budget_usd: 50", 'budget_usd: "50"', "budget_usd: is '50'. It must be of type integer."),
    ("kms: false\n", "", "kms: is missing. Add it."),
    ("kms: false", "kms: maybe", "kms: is 'maybe'. It must be of type boolean."),
    ("  error_rate_percent: 5\n", "", "alarms.error_rate_percent: is missing. Add it."),
    ("error_rate_percent: 5", "error_rate_percent: 101", "alarms.error_rate_percent: 101 is greater"),
    ("error_rate_percent: 5", "errors: 5\n  error_rate_percent: 5", "alarms.errors: is not a known key"),
    ("  notify: [shop@example.com]\n", "", "alarms.notify: is missing. Add it."),
    # An alarm nobody hears is none.
    ("[shop@example.com]", "[]", "alarms.notify: [] should be non-empty"),
    ("[shop@example.com]", "[shop]", "alarms.notify[0]: is 'shop'. It must match"),
    ("[shop@example.com]", "[a@b.example, a@b.example]", "alarms.notify: "),
    ("[shop@example.com]", '["a@b.example, c@d.example"]', "alarms.notify[0]: "),
    ("https://example.com/runbook.md", "docs/runbook.md", "alarms.runbook_url: is 'docs/runbook.md'"),
    ("https://example.com/runbook.md", "http://example.com/runbook.md", "alarms.runbook_url: "),
    # It stands inside a message, and an anchor is appended.
    ("https://example.com/runbook.md", "'https://example.com/run\"book'", "alarms.runbook_url: "),
    ("https://example.com/runbook.md", "'https://example.com/runbook#x'", "alarms.runbook_url: "),
]


@pytest.mark.parametrize(("old", "new", "says"), DEFECTS)
def test_a_doubtful_setting_is_refused_with_its_key(
    shop: Shop, only_problem: Callable[[], str], old: str, new: str, says: str
) -> None:
    shop.change(DEV, old, new)
    assert says in only_problem()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("{transaction_search: true}", "account_settings.span_percent: is missing"),
        ("{transaction_search: true, span_percent: 101}", "101 is greater than the maximum of 100"),
        ("{transaction_search: 1, span_percent: 5}", "account_settings.transaction_search: is 1"),
        ("{}", "account_settings.transaction_search: is missing"),
    ],
)
def test_an_accounts_settings_are_whole(shop: Shop, settings: str, says: str) -> None:
    shop.change(DEV, "token_minutes", f"account_settings: {settings}\ntoken_minutes")
    assert [problem for problem in shop.problems() if says in str(problem)]


def second_environment(shop: Shop, *, account: str, region: str = "eu-west-1") -> None:
    text = (shop.root / DEV).read_text(encoding="utf-8")
    text = text.replace("environment: dev", "environment: prod")
    text = text.replace('"444455556666"', f'"{account}"').replace("eu-west-1", region)
    shop.write("environments/prod.yaml", text)


def test_two_environments_cannot_both_own_one_account(shop: Shop, only_problem: Callable[[], str]) -> None:
    """Their two stages would fight over one setting."""
    shop.change(DEV, "token_minutes", f"{SETTINGS}token_minutes")
    second_environment(shop, account="444455556666")
    said = only_problem()
    assert said.startswith("environments/prod.yaml:")
    assert "account_settings: is for the account 444455556666 in eu-west-1" in said
    assert "environments/dev.yaml already holds. Keep them in one of the two." in said


@pytest.mark.parametrize(
    ("account", "region"), [("777788889999", "eu-west-1"), ("444455556666", "us-east-1")]
)
def test_another_account_or_region_has_settings_of_its_own(shop: Shop, account: str, region: str) -> None:
    shop.change(DEV, "token_minutes", f"{SETTINGS}token_minutes")
    second_environment(shop, account=account, region=region)
    settings = [item.account_settings for item in load_project(shop.root).environments]
    assert [setting and setting.span_percent for setting in settings] == [5, 5]


def test_an_environment_that_shares_an_account_leaves_the_settings_to_the_other(shop: Shop) -> None:
    second_environment(shop, account="444455556666")
    shop.change(DEV, "token_minutes", f"{SETTINGS}token_minutes")
    dev, prod = load_project(shop.root).environments
    assert (dev.account_settings is not None, prod.account_settings) == (True, None)


def test_no_system_takes_the_name_of_the_accounts_stage(shop: Shop, only_problem: Callable[[], str]) -> None:
    (shop.root / "systems" / "shop").rename(shop.root / "systems" / "account")
    shop.change("systems/account/system.yaml", "system: shop", "system: account")
    assert "system: is the name of the stage with an account's own settings." in only_problem()


def test_the_keys_patterns_cover_the_systems_log_groups_and_no_other_systems() -> None:
    from fnmatch import fnmatchcase

    names, other = Names("shop", "dev"), Names("shop-two", "dev")
    for named in (names, other):
        groups = [
            named.function_log_group("tool_stock"),
            named.vended_log_group("gateway", "gateway"),
            named.runtime_log_group(f"{named.runtime('clerk')}-abcdefghij", "DEFAULT"),
        ]
        hits = [
            any(fnmatchcase(group, pattern) for pattern in names.log_group_patterns()) for group in groups
        ]
        assert hits == [named is names] * 3
