"""`explain` shows a tool's argument rules, each with the line that states it."""

from __future__ import annotations

import json

import pytest

from cli.__main__ import main
from governance.load import AIRSIDE_ROOT


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
        "cedar": "allow",
    }


def test_a_rule_does_not_make_an_ungranted_tool_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "loyalty", "flights-api___search_flights", "--json"]) == 1
    layers = {layer["layer"]: layer["effect"] for layer in json.loads(capsys.readouterr().out)["layers"]}
    assert (layers["interceptor"], layers["cedar"]) == ("deny", "deny")


def test_a_tool_without_rules_shows_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "policy", "policy-mcp___get_baggage_policy"]) == 0
    assert "arguments:" not in capsys.readouterr().out
