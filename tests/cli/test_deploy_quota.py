"""A new account's quota of concurrent functions stops a deployment half-way: it is looked at before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.deploying import quota
from cli.deploying.target import Stack, Target
from tests.cli.aws_account import WHERE, Fake, refused

RESERVED = {"shop-dev-gateway-interceptor": 50, "shop-dev-site-publisher": 1}


def stage(**reserved: int) -> Target:
    functions: dict[str, Any] = {
        f"F{number}": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"FunctionName": name, "ReservedConcurrentExecutions": runs},
        }
        for number, (name, runs) in enumerate(reserved.items())
    }
    functions["Free"] = {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "shop-dev-free"}}
    stack = Stack("shop-dev/Tools", "shop-dev-tools", "1", "r", False, {"Resources": functions})
    return Target(Path(), "shop-dev", (stack,), 0, None, 0)


def asked(unreserved: int, **already: int) -> list[str]:
    fake = Fake()
    fake.functions.unreserved = unreserved
    fake.functions.reserved = already
    return quota.refusals(fake.account, stage(**RESERVED))


def test_a_new_account_is_told_at_its_first_function() -> None:
    (line,) = asked(10)
    assert line == (
        f"shop-dev reserves 51 more concurrent runs of functions; {WHERE} has 10 unreserved, and Lambda keeps 100. "
        "Ask AWS for a higher quota of concurrent executions (docs/runbook.md, Preparing an account)."
    )


@pytest.mark.parametrize(("unreserved", "noted"), [(1000, False), (151, False), (150, True), (61, True)])
def test_an_account_that_may_suffice_is_refused(
    unreserved: int, noted: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(unreserved) == []
    assert ("note: shop-dev reserves 51 more" in capsys.readouterr().err) is noted
    assert len(asked(60)) == 1


def test_what_is_reserved_already_is_counted_twice(capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(10, **RESERVED) == []
    (line,) = asked(10, **{"shop-dev-gateway-interceptor": 30})
    assert "reserves 21 more" in line
    assert capsys.readouterr().err == ""


def test_a_stage_without_reservations_asks_for_rights_it_does_not_need() -> None:
    fake = Fake()
    fake.functions.fault = refused("AccessDenied", "no")
    assert quota.refusals(fake.account, stage()) == []


def test_who_may_not_look_may_not_deploy(capsys: pytest.CaptureFixture[str]) -> None:
    fake = Fake()
    fake.functions.fault = refused(
        "AccessDeniedException", "not authorized to perform: lambda:GetAccountSettings"
    )
    assert quota.refusals(fake.account, stage(**RESERVED)) == []
    said = capsys.readouterr().err
    assert "note: whether Lambda's quota suffices was not looked at: " in said
    assert "get_account_settings (AccessDeniedException)" in said
