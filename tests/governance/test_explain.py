"""`explain` shows a tool's argument rules, each with the line that states it."""

from __future__ import annotations

import json

import pytest

from cli.__main__ import main
from governance.load import AIRSIDE_ROOT
from tests.governance.conftest import Shop


def line_of(file: str, words: str) -> int:
    lines = (AIRSIDE_ROOT / file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if words in line)


def test_a_rule_is_shown_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "booking", "customer-mcp___get_customer_info"]) == 0
    file = "systems/airline/targets/customer-mcp.yaml"
    line = line_of(file, "customer_id: {bind")
    assert f"arguments: customer_id = user.customer_id ({file}:{line})" in capsys.readouterr().out


def test_a_tool_with_conditions_is_not_explained_as_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The question names no arguments; without ones that keep the rules Cedar would refuse every agent."""
    assert main(["explain", "booking", "flights-api___search_flights", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    file = "systems/airline/targets/flights-api.yaml"
    assert told["arguments"] == [
        {
            "argument": "adults",
            "rule": "adults = 1…9",
            "source": f"{file}:{line_of(file, 'adults:')}",
            "enforced": True,
        }
    ]
    assert {layer["layer"]: layer["effect"] for layer in told["layers"]} == {
        "authorizer": "allow",
        "interceptor": "allow",
        "policy": "allow",
    }


def test_a_rule_does_not_make_an_ungranted_tool_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "loyalty", "flights-api___search_flights", "--json"]) == 1
    layers = {layer["layer"]: layer["effect"] for layer in json.loads(capsys.readouterr().out)["layers"]}
    assert (layers["interceptor"], layers["policy"]) == ("deny", "deny")


def test_a_tool_without_rules_shows_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "policy", "policy-mcp___get_baggage_policy"]) == 0
    assert "arguments:" not in capsys.readouterr().out


def test_what_an_agent_can_leaves_out_its_own_parts(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """They do not go through the gateway, so no grant shows them."""
    agent = "systems/shop/agents/clerk.yaml"
    shop.change(agent, "limits:", "memory: short_term\nmemory_days: 9\ncode_interpreter: sandbox\nlimits:")
    here = ["--project", str(shop.root)]
    assert main(["explain", "--what-can", "clerk", *here]) == 0
    told = [row.split(maxsplit=1)[1] for row in capsys.readouterr().out.splitlines() if "its own" in row]
    assert [row.split("  ")[0] for row in told] == ["memory: short_term, 9 days", "code_interpreter: sandbox"]
    assert all(agent in row for row in told)
    assert main(["explain", "--what-can", "clerk", "--json", *here]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [each["part"] for each in listed if "part" in each] == ["memory", "code_interpreter"]
    assert main(["explain", "--what-can", "auditor", *here]) == 0
    assert "its own" not in capsys.readouterr().out


def test_what_is_declared_off_is_explained_and_noted(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    off = "retain_data: false\nswitched_off: {tools: {stock___sell: The till is broken.}}\n"
    shop.change("environments/dev.yaml", "retain_data: false\n", off)
    here = ["--project", str(shop.root)]
    assert main(["explain", "clerk", "stock___sell", *here]) == 1
    told = capsys.readouterr().out
    lines = (shop.root / "environments/dev.yaml").read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, 1) if "The till" in text)
    assert "refused: tool stock___sell is switched off" in told
    assert f"off in environments/dev.yaml:{line}): The till is broken." in told
    assert "  switch        on     agent clerk (shop_dev__off_clerk)" in told

    assert main(["explain", "clerk", "stock___find", *here, "--json"]) == 0
    switches = json.loads(capsys.readouterr().out)["switches"]
    assert [(each["kind"], each["off"], each["running_off"]) for each in switches] == [
        ("agent", False, None),
        ("tool", False, None),
    ]
    assert main(["explain", "--what-can", "clerk", *here]) == 0
    marked = [row for row in capsys.readouterr().out.splitlines() if "switched off: tool stock___sell" in row]
    assert [row.split()[1] for row in marked] == ["stock___sell"]

    assert main(["validate", "--quick", *here]) == 0
    note = (
        f"note: environments/dev.yaml:{line}: tool stock___sell of shop is switched off: The till is broken."
    )
    assert note in capsys.readouterr().out
    assert main(["validate", "--quick", "--json", *here]) == 0
    assert len(json.loads(capsys.readouterr().out)["notes"]) == 1


def test_nothing_is_noted_where_nothing_is_off(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "--quick", "--project", str(shop.root)]) == 0
    assert "note:" not in capsys.readouterr().out
