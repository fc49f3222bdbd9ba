"""What `shadow` tells of decision lines in a file: nothing is safe that was not looked at."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main
from tests.cli.shadow_kit import AUDITOR, CLERK, FIND, SELL, Counter, by_cell, changed, shadowed_shop, written
from tests.governance.conftest import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return shadowed_shop(tmp_path)


@pytest.fixture
def counter(shop: Shop) -> Counter:
    return Counter(shop)


def run(shop: Shop, lines: list[str], *words: str) -> int:
    return main(["shadow", "--project", str(shop.root), "--from", written(shop.root, lines), *words])


def test_calls_are_counted_by_agent_tool_and_reason(
    shop: Shop, counter: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(shop, counter.busy(), "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["system"], report["environment"], report["decisions"]) == ("shop", "dev", 8)
    cells = by_cell(report)
    assert cells.keys() == {("auditor", FIND), ("clerk", SELL)}
    assert cells["auditor", FIND] == {
        "agent": "auditor",
        "tool": FIND,
        "verdict": "would_refuse",
        "shadow": {
            "would_refuse": "arguments",
            "reason": "Two things only from March on.",
            "source": f"{AUDITOR}:8",
        },
        "calls": 4,
        "would_be_refused": 2,
        "by_reason": {"argument_not_allowed": 2},
        "by_argument": {"sku": 2},
        "first_seen": "2026-01-15T12:00:00+00:00",
        "last_seen": "2026-01-15T12:03:00+00:00",
    }
    sold = cells["clerk", SELL]
    assert (sold["calls"], sold["by_reason"], sold["by_argument"]) == (1, {"not_granted": 1}, {})
    assert sold["shadow"]["source"] == f"{CLERK}:7"


def test_the_report_says_what_can_be_enforced(
    shop: Shop, counter: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    counter.call("auditor", FIND, {"sku": "A1"})
    assert run(shop, counter.lines) == 0
    told = capsys.readouterr().out
    assert "would be refused" not in told
    safe = told.partition("safe to enforce")[2]
    assert f"auditor       {FIND}" in safe
    assert "1 call\n" in safe
    assert f"clerk         {SELL}" in safe
    assert "not called" in safe
    assert f"Sold by machine soon. ({CLERK}:7)" in safe


def test_one_refusal_among_many_calls_is_not_lost(
    shop: Shop, counter: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(50):
        counter.call("auditor", FIND, {"sku": "A1"})
    counter.call("auditor", FIND, {"sku": "B1"})
    assert run(shop, counter.lines) == 1
    told = capsys.readouterr().out
    assert "1 of 51 calls" in told
    assert told.index("would be refused") < told.index("safe to enforce")


def test_calls_before_the_shadow_are_no_evidence(
    shop: Shop, counter: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    """They were let through without a look at the new rule, whatever they were."""
    counter.call("auditor", FIND, {"sku": "B1"})
    before = {key: value for key, value in json.loads(counter.lines[0]).items()
              if key not in ("shadow", "would_refuse", "ShadowRefused", "detail")}  # fmt: skip
    assert run(shop, [json.dumps(before)], "--json") == 0
    assert by_cell(json.loads(capsys.readouterr().out))["auditor", FIND]["calls"] == 0


def test_what_is_enforced_by_now_is_told_apart(
    shop: Shop, counter: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = counter.busy()
    shop.change(
        AUDITOR,
        "{tool: find, shadow: {would_refuse: arguments, reason: Two things only from March on.}}",
        "find",
    )
    counted = [line for line in lines if '"agent":"auditor"' in line]
    assert run(shop, counted, "--json") == 0
    cells = by_cell(json.loads(capsys.readouterr().out))
    assert (cells["auditor", FIND]["verdict"], cells["auditor", FIND]["would_be_refused"]) == (
        "not_declared",
        2,
    )
    assert cells["clerk", SELL]["verdict"] == "safe_to_enforce"


def test_a_shadow_of_another_kind_is_no_evidence_for_this_one(
    shop: Shop, counter: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    counter.call("clerk", SELL, {"sku": "A1"})
    assert run(shop, [changed(counter.lines[0], shadow="arguments", would_refuse=None)], "--json") == 0
    rows = json.loads(capsys.readouterr().out)["shadows"]
    assert [(row["agent"], row["calls"], row["verdict"]) for row in rows] == [
        ("auditor", 0, "safe_to_enforce"),
        ("clerk", 0, "safe_to_enforce"),
        ("clerk", 1, "not_declared"),
    ]


def test_a_system_without_shadows_has_nothing_to_refuse(
    tmp_path: Path, counter: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = Shop(tmp_path / "plain")
    counter.call("clerk", FIND, {"sku": "A1"})
    assert run(plain, counter.lines) == 0
    assert "no grant is in shadow mode" in capsys.readouterr().out


NO_EVIDENCE: dict[str, str] = {
    "an empty file": "",
    "text": "nothing\nat all\n",
    "other JSON": '{"a": 1}\n[]\n5\n',
    "another layer's decision": '{"event": "decision", "layer": "policy", "effect": "allow"}\n',
    "another event": '{"event": "log", "layer": "interceptor"}\n',
    "half a line": '{"event": "decision", "layer": "interceptor"',
    "deep nesting": '{"event": ' + "[" * 100_000,
}


@pytest.mark.parametrize("text", NO_EVIDENCE.values(), ids=NO_EVIDENCE.keys())
def test_no_decision_is_no_safety(shop: Shop, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (shop.root / "log").write_text(text)
    assert main(["shadow", "--project", str(shop.root), "--from", str(shop.root / "log")]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "no decision of shop dev" in told.err


def test_decisions_of_another_environment_are_no_evidence(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Counter(shop, "Airside/shop-prod").busy()
    assert run(shop, lines) == 2
    assert run(shop, [*lines, *Counter(shop).busy()], "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert report["decisions"] == 8
    assert report["notes"] == ["8 decisions of another system or environment were left out"]


def test_a_file_that_cannot_be_read_is_said(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    (shop.root / "latin").write_bytes(b"\xff\xfe{}")
    for name, said in (("absent", "No such file"), ("", "Is a directory"), ("latin", "is not UTF-8")):
        assert main(["shadow", "--project", str(shop.root), "--from", f"{shop.root}/{name}"]) == 2
        assert said in capsys.readouterr().err


def test_only_what_was_decided_since_counts(
    shop: Shop, counter: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [*counter.busy(), changed(counter.lines[0], _aws=None)]
    for since, calls in (("2026-01-15", 4), ("2026-01-15T12:02", 2), ("2026-01-15T13:02:30+01:00", 1)):
        run(shop, lines, "--json", "--since", since)
        assert by_cell(json.loads(capsys.readouterr().out))["auditor", FIND]["calls"] == calls
    assert run(shop, lines, "--since", "5m") == 2


@pytest.mark.parametrize(
    "since", ["yesterday", "0d", "5", "5w", "-1d", "2026-13-01", "9999999d", "2999-01-01", ""]
)
def test_a_time_that_is_none_is_refused(shop: Shop, capsys: pytest.CaptureFixture[str], since: str) -> None:
    assert run(shop, [], f"--since={since}") == 2
    assert f"--since {since}: " in capsys.readouterr().err


def test_lines_of_an_export_and_of_a_pipe_are_read(
    shop: Shop, counter: Counter, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    around = ["START RequestId: 8f5 Version: $LATEST", "REPORT RequestId: 8f5 {Duration: 1 ms}"]
    exported = [*around, *(f"2026-01-15T12:00:00.123Z {line}" for line in counter.busy())]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(exported)))
    assert main(["shadow", "--project", str(shop.root), "--from", "-", "--json"]) == 1
    assert by_cell(json.loads(capsys.readouterr().out))["auditor", FIND]["would_be_refused"] == 2


HOSTILE: list[dict[str, Any]] = [
    {"agent": "\x1b[2Jx"},
    {"tool": "a\nb"},
    {"agent": ["auditor"]},
    {"tool": None},
    {"shadow": "users"},
    {"shadow": ["calls"]},
    {"would_refuse": "\x1b[31m"},
    {"would_refuse": {"a": 1}},
    {"detail": "\x1b[31mred"},
    {"detail": {"sku": "B1"}},
    {"detail": "d" * 100_000},
    {"_aws": {"Timestamp": 10**400}},
    {"_aws": {"Timestamp": "soon"}},
    {"_aws": []},
    {"effect": "deny"},
]


@pytest.mark.parametrize("members", HOSTILE, ids=lambda members: str(members)[:40])
def test_a_line_of_somebody_elses_neither_breaks_nor_colours_the_report(
    shop: Shop, counter: Counter, capsys: pytest.CaptureFixture[str], members: dict[str, Any]
) -> None:
    counter.call("auditor", FIND, {"sku": "B1"})
    for words in ([], ["--json"]):
        assert run(shop, [counter.lines[0], changed(counter.lines[0], **members)], *words) == 1
        told = capsys.readouterr().out
        assert "\x1b" not in told
        assert len(told) < 5_000
