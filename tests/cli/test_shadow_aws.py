"""What `shadow --aws` asks of CloudWatch Logs, and that it takes no half answer for a whole one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli import shadow_insights
from cli.__main__ import main
from cli.outcome import Failure
from cli.shadow_report import Evidence, rows
from governance.load import load_project
from governance.names import INTERCEPTOR, Names
from tests.cli.logs_insights import LogsInsights, insights
from tests.cli.shadow_kit import FIND, SELL, START, Counter, by_cell, shadowed_shop, written
from tests.governance.conftest import Shop

GROUP = "/airside/shop/dev/functions/gateway_interceptor"
SINCE, UNTIL = START - timedelta(days=1), START + timedelta(days=1)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return shadowed_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def lines(shop: Shop) -> list[str]:
    return ["START RequestId: 8f5", *Counter(shop).busy()]


Connect = Callable[[LogsInsights], Any]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """A client of the stand-in."""
    with ExitStack() as stack:

        def make(logs: LogsInsights) -> Any:
            client = boto3.client(
                "logs",
                region_name="eu-west-1",
                endpoint_url=stack.enter_context(insights(logs)),
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
            stack.callback(client.close)
            return client

        yield make


def look(
    shop: Shop,
    client: Any,
    since: datetime = SINCE,
    until: datetime = UNTIL,
    waits: list[float] | None = None,
) -> Evidence:
    project = load_project(shop.root)
    slept: list[float] = [] if waits is None else waits
    system, environment = project.system("shop"), project.environment("dev")
    return shadow_insights.evidence(system, environment, since, until, sleep=slept.append, client=client)


def test_the_log_group_is_the_interceptors() -> None:
    assert Names("shop", "dev").function_log_group(INTERCEPTOR) == GROUP


def test_it_tells_the_same_as_the_lines_themselves(
    shop: Shop, lines: list[str], connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["shadow", "--project", str(shop.root), "--from", written(shop.root, lines), "--json"]) == 1
    counted = json.loads(capsys.readouterr().out)
    evidence = look(shop, connect(LogsInsights(GROUP, lines)))
    assert [row.as_json() for row in rows(load_project(shop.root).system("shop"), evidence)] == counted[
        "shadows"
    ]
    assert evidence.decisions == counted["decisions"]


def test_only_the_time_asked_for_is_looked_at(shop: Shop, lines: list[str], connect: Connect) -> None:
    logs = LogsInsights(GROUP, lines)
    evidence = look(shop, connect(logs), START + timedelta(minutes=2), START + timedelta(minutes=3))
    assert {(query["startTime"], query["endTime"]) for query in logs.queries} == {
        (int(START.timestamp()) + 120, int(START.timestamp()) + 180)
    }
    assert evidence.cells["auditor", FIND, "arguments"].calls == 2
    assert ("clerk", SELL, "calls") not in evidence.cells


def test_rows_of_a_query_that_still_runs_are_not_the_answer(
    shop: Shop, lines: list[str], connect: Connect
) -> None:
    waits: list[float] = []
    logs = LogsInsights(GROUP, lines, ("Scheduled", "Running", "Unknown", "Running", "Complete"))
    evidence = look(shop, connect(logs), waits=waits)
    assert evidence.cells.keys() == {("auditor", FIND, "arguments"), ("clerk", SELL, "calls")}
    assert len(waits) == 3 * 4


@pytest.mark.parametrize("status", ["Failed", "Cancelled", "Timeout", "Paused"])
def test_a_query_that_did_not_end_well_is_no_evidence(
    shop: Shop, lines: list[str], connect: Connect, status: str
) -> None:
    with pytest.raises(Failure, match=f"ended as {status}. Ask for less with --since"):
        look(shop, connect(LogsInsights(GROUP, lines, ("Running", status))))


def test_a_query_without_end_is_stopped(shop: Shop, lines: list[str], connect: Connect) -> None:
    logs = LogsInsights(GROUP, lines, ("Running",))
    with pytest.raises(Failure, match="took over 300 s"):
        look(shop, connect(logs))
    assert logs.stopped == ["query-0"]


def test_a_group_that_is_not_there_is_no_evidence(shop: Shop, lines: list[str], connect: Connect) -> None:
    with pytest.raises(Failure, match=f"ResourceNotFoundException about {GROUP}. Is the system deployed"):
        look(shop, connect(LogsInsights("/airside/shop/prod/functions/gateway_interceptor", lines)))


class Answers:
    """A client whose every query has these rows."""

    def __init__(self, *rows: dict[str, str]) -> None:
        self._rows = [[{"field": name, "value": value} for name, value in row.items()] for row in rows]

    def start_query(self, **_: Any) -> Any:
        return {"queryId": "q"}

    def get_query_results(self, **_: Any) -> Any:
        return {"status": "Complete", "results": self._rows}


@pytest.mark.parametrize("row", [{}, {"calls": ""}, {"calls": "many"}, {"calls": "NaN"}, {"calls": "1E999"}])
def test_a_number_that_is_none_is_not_taken_for_nothing(shop: Shop, row: dict[str, str]) -> None:
    with pytest.raises(Failure, match="which is no number"):
        look(shop, Answers(row))


def test_rows_that_may_have_been_cut_off_are_no_evidence(shop: Shop) -> None:
    row = {"calls": "1", "refused": "0", "agent": "auditor", "tool": FIND, "shadow": "arguments"}
    with pytest.raises(Failure, match="answered 10000 rows and may have more"):
        look(shop, Answers(*[row] * shadow_insights.MAX_ROWS))


def test_a_reason_that_is_not_told_is_still_a_refusal(shop: Shop, connect: Connect, lines: list[str]) -> None:
    """Rows are grouped by argument too, and a shadow of calls is about none."""
    (sold,) = [line for line in lines if f'"tool":"{SELL}"' in line and '"effect":"allow"' in line]
    seen = look(shop, connect(LogsInsights(GROUP, [sold]))).cells["clerk", SELL, "calls"]
    assert (seen.refused, dict(seen.reasons)) == (1, {("not_granted", None): 1})

    class Silent(LogsInsights):
        def _rows(self, query: Any) -> Any:
            return [] if "detail" in query["queryString"] else super()._rows(query)

    seen = look(shop, connect(Silent(GROUP, lines))).cells["auditor", FIND, "arguments"]
    assert dict(seen.reasons) == {("argument_not_allowed", None): 2}


def test_a_window_longer_than_the_logs_are_kept_is_told(
    shop: Shop, lines: list[str], connect: Connect
) -> None:
    client = connect(LogsInsights(GROUP, lines))
    assert look(shop, client, START - timedelta(days=6), START).notes == []
    assert look(shop, client, START - timedelta(days=30), START).notes == ["these logs are kept for 7 days"]


def test_the_command_asks_the_environments_account(
    shop: Shop, lines: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    logs = LogsInsights(GROUP, lines)
    words = ["shadow", "--aws", "--project", str(shop.root), "--json"]
    with insights(logs) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        assert main([*words, "--since", "2026-01-15"]) == 1
        report = json.loads(capsys.readouterr().out)
        assert report["source"] == f"CloudWatch Logs {GROUP} in eu-west-1"
        assert by_cell(report)["auditor", FIND]["calls"] == 4
        # The default reaches back two weeks only, and these lines are older.
        assert main(words) == 2
    assert "nothing to judge by" in capsys.readouterr().err


def test_without_credentials_nothing_is_asked(
    shop: Shop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with insights(LogsInsights(GROUP, [])) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        assert main(["shadow", "--aws", "--project", str(shop.root)]) == 2
    assert "could not be asked (NoCredentialsError)" in capsys.readouterr().err
