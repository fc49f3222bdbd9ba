"""One request, one trace: from the command over every agent and layer to the tools, and nothing private in it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from localcloud.client import PlatformClient
from tests.local.e2e.conftest import Command, down, library_copy, up
from tests.local.traces.collector import attributes, collecting

pytestmark = pytest.mark.xdist_group("airline")

MARK = "Zwetschgenknoedel"
QUESTION = f"I want to change my booking, what will it cost? {MARK}"


@pytest.fixture(scope="module")
def asked(airline: Command) -> Mapping[str, Any]:
    """A question that needs three agents, and its trace."""
    answer = airline.json("ask", QUESTION, "--customer", "C1001")
    assert answer["error"] is None
    told: dict[str, Any] = airline.json("trace", answer["trace_id"])
    return told


def test_a_compound_question_is_one_tree_over_agents_and_platform(asked: Mapping[str, Any]) -> None:
    spans = {span["span_id"]: span for span in asked["spans"]}
    roots = [span["name"] for span in spans.values() if span["parent_id"] is None]
    assert (asked["complete"], asked["status"], roots) == (True, "ok", ["invoke orchestrator"])
    kinds = {"invocation", "agent", "model", "tool", "gateway", "authorizer", "rate_limit", "interceptor"}
    # No "identity": a token that an earlier request fetched is still good.
    kinds |= {"policy", "target", "function"}
    assert kinds <= {span["kind"] for span in spans.values()}
    assert {"orchestrator", "booking", "loyalty", "policy", "gateway"} <= {
        span["service"] for span in spans.values()
    }

    def above(span: Mapping[str, Any]) -> list[str]:
        up = spans.get(span["parent_id"])
        return [span["kind"], *(above(up) if up else [])]

    calls = [span for span in spans.values() if span["name"].startswith("tools/call ")]
    assert len(calls) == asked["allowed"] == 3
    for call in calls:
        line = above(call)
        # The gateway's part of the specialist's tool use, of its agent, of the invocation by the orchestrator.
        assert [kind for kind in line if kind in ("gateway", "tool", "agent", "invocation")] == [
            *("gateway", "tool", "agent", "invocation"),
            *("tool", "agent", "invocation"),
        ]


def test_every_call_tells_its_decision_with_the_line_that_grants_it(asked: Mapping[str, Any]) -> None:
    decisions = [span["decision"] for span in asked["spans"] if span["name"].startswith("tools/call ")]
    for decision in decisions:
        assert decision["effect"] == "allow"
        assert list(decision["layers"]) == ["authorizer", "interceptor", "policy"]
        assert re.fullmatch(rf"systems/airline/agents/{decision['agent']}\.yaml:\d+", decision["source"])


def test_no_trace_holds_a_question_an_answer_an_argument_or_a_token(
    asked: Mapping[str, Any], client: PlatformClient
) -> None:
    text = json.dumps([asked, client.traces(200)], ensure_ascii=False)
    for private in (MARK, "C1001", "change my booking", "eyJ", client.key):
        assert private not in text, private


def test_arguments_are_told_to_who_asks_and_stand_in_no_log(
    asked: Mapping[str, Any], client: PlatformClient, airline: Command
) -> None:
    (span, *_) = [each for each in asked["spans"] if each.get("arguments")]
    path = f"{client.front}/_airside/traces/{asked['trace_id']}/arguments/{span['span_id']}"
    assert httpx.get(path, trust_env=False).status_code == 403
    told = httpx.get(path, headers={"X-Airside-Key": client.key}, trust_env=False).json()
    assert "C1001" in json.dumps(told["arguments"])
    assert told["result_bytes"] > 0
    for log in Path(airline.project, ".airside", "logs").glob("*.log"):
        assert MARK not in log.read_text(encoding="utf-8"), log.name


def test_a_refused_call_is_a_refused_trace(airline: Command) -> None:
    refused = airline.json("call", "--as", "loyalty", "customer-mcp___create_booking", "{}")
    shown = airline.run("trace", refused["trace_id"])
    assert shown.returncode == 1
    assert "refused authorizer=allow interceptor=deny  not_granted" in shown.stdout
    assert refused["trace_id"] in airline.run("trace", "--list").stdout


def test_the_id_that_ask_tells_is_the_traces_and_the_latest_is_shown_unasked(airline: Command) -> None:
    told = airline.run("ask", "Which flights leave ICN for NRT tomorrow?", "--customer", "C1001").stdout
    found = re.search(r"^session \S+, trace ([0-9a-f]{32}), ", told, re.MULTILINE)
    assert found is not None
    shown = airline.run("trace")
    assert shown.returncode == 0, shown.stderr
    assert f"trace {found[1]}: 1 allowed, 0 refused" in shown.stdout


def test_a_platform_told_to_keep_no_arguments_keeps_none(library_assembly: Path, tmp_path: Path) -> None:
    library = Command(library_copy(tmp_path, library_assembly))
    process = up(library, "--no-arguments")
    try:
        words = ("--as", "librarian", "catalog___find_book", '{"isbn": "9788937460449"}')
        trace = library.json("trace", library.json("call", *words)["trace_id"])
        assert (trace["status"], trace["allowed"]) == ("ok", 1)
        assert not any("arguments" in span for span in trace["spans"])
    finally:
        down(process)


@pytest.mark.parametrize("wanted", ["x", "0" * 32, "A" * 32, "a" * 32])
def test_a_trace_that_is_none_could_not_be_looked_at(airline: Command, wanted: str) -> None:
    result = airline.run("trace", wanted)
    assert (result.returncode, result.stdout) == (2, "")
    assert wanted in result.stderr


def test_nobody_outside_may_report_spans(client: PlatformClient) -> None:
    kind = {"content-type": "application/x-protobuf"}
    for headers in (kind, {**kind, "x-airside-process": client.key}):
        reply = httpx.post(f"{client.front}/v1/traces", content=b"", headers=headers, trust_env=False)
        assert reply.status_code == 403


def test_a_platform_of_one_command_sends_its_traces_on_before_it_ends(
    airline: Command, assembly: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=t%201")
        words = ("--as", "loyalty", "customer-mcp___create_booking", json.dumps({"customer_id": MARK}))
        refused = airline.json("call", "--assembly", str(assembly), *words)
        trace = refused["trace_id"]
    assert {"gateway", "interceptor"} <= {attributes(span)["airside.kind"] for _, span in collector.spans}
    mine = {attributes(log)["airside.layer"] for _, log in collector.records if log.trace_id.hex() == trace}
    assert mine == {"authorizer", "interceptor"}
    assert {headers["x-tenant"] for headers in collector.headers} == {"t 1"}
    assert MARK.encode() not in collector.raw
