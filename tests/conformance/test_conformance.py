"""The gateway and the agents' MCP client under the protocol's own conformance suite."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.conformance import agent_client, gateway, suite
from tests.conformance.expectations import Expected, Group, expected

PAGE = suite.ROOT / "docs" / "conformance.md"


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of the user's: no proxy, no setting of Node's."""
    return {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LANG": "C.UTF-8"}


def test_the_gateway_does_in_every_scenario_what_is_expected(tmp_path: Path) -> None:
    with gateway.served(tmp_path) as url:
        words = ["server", "--url", url, "--suite", "all"]
        verdicts = suite.run(words, tmp_path / "results", _environment(tmp_path))
    found = {name.removeprefix("server-"): failed for name, failed in verdicts.items()}
    assert expected("server").differences(found) == []


def test_the_agents_client_does_in_every_scenario_what_is_expected(tmp_path: Path) -> None:
    with agent_client.command() as command:
        words = ["client", "--command", command, "--suite", "all", "--timeout", "120000"]
        verdicts = suite.run(words, tmp_path / "results", _environment(tmp_path))
    assert expected("client").differences(verdicts) == []


def test_any_difference_from_the_list_is_told_in_either_direction() -> None:
    listed = Expected(("ping",), (Group("no prompts", {"prompts": ["a", "b"]}),), {"timing": "busy"})
    as_listed: suite.Verdicts = {"ping": ["timing"], "prompts": ["a", "b"]}
    assert listed.differences(as_listed) == []
    changes: list[suite.Verdicts] = [
        {**as_listed, "ping": ["ping"]},  # broke
        {**as_listed, "prompts": []},  # applies after all
        {**as_listed, "prompts": ["a"]},  # fails otherwise than known
        {**as_listed, "new": []},  # a scenario nobody has looked at
        {"ping": []},  # a scenario that did not run
    ]
    for changed in changes:
        assert len(listed.differences(changed)) == 1, changed


def test_a_scenario_in_which_nothing_was_checked_is_no_pass(tmp_path: Path) -> None:
    cases = {
        "server-quiet-2026-11-21T12-00-00-123Z": [{"id": "incoming-request", "status": "INFO"}],
        "auth/good-2026-11-21T12-00-00-123Z": [{"id": "it", "status": "SUCCESS"}],
        "odd-2026-11-21T12-00-00-123Z": [{"id": "it", "status": "SKIPPED"}, {"id": "x", "status": "SUCCESS"}],
    }
    for name, checks in cases.items():
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "checks.json").write_text(json.dumps(checks))
    assert suite.read(tmp_path) == {
        "server-quiet": ["nothing-was-checked"],
        "auth/good": [],
        "odd": ["it"],
    }


def test_a_suite_that_cannot_be_installed_says_what_to_do(tmp_path: Path) -> None:
    unreachable = {
        "npm_config_registry": "http://127.0.0.1:9/",
        "npm_config_fetch_retries": "0",
        "npm_config_cache": str(tmp_path / "cache"),
    }
    with pytest.raises(suite.SuiteUnavailable, match="reach the npm registry"):
        suite.install(tmp_path / "conformance", unreachable)
    assert not (tmp_path / "conformance" / "installed").exists()


def test_the_lock_names_no_registry_and_pins_every_package_by_hash() -> None:
    lock = json.loads(suite.PINS[1].read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if not entry["integrity"].startswith("sha512-")] == []
    pinned = json.loads(suite.PINS[0].read_text(encoding="utf-8"))["dependencies"]
    for name, version in pinned.items():
        assert packages[f"node_modules/{name}"]["version"] == version


@pytest.mark.parametrize("side", ["server", "client"])
def test_the_page_tells_every_scenario_and_reason(side: str) -> None:
    page, listed = PAGE.read_text(encoding="utf-8"), expected(side)
    for group in listed.fails:
        assert f"{', '.join(f'`{name}`' for name in group.scenarios)} | {group.reason} |" in page
    assert f"Passes: {', '.join(f'`{name}`' for name in listed.passes)}." in page
    assert [check for check, reason in listed.not_judged.items() if f"`{check}`" not in page] == []
