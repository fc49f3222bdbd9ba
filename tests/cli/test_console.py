"""The console as commands put it together: from the assembly that runs, late, and with words for what is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.console import Known, console, link
from cli.outcome import Failure
from cli.switch import checked_reason, named
from localcloud.client import PlatformClient
from localcloud.console.parts import NotTold
from tests.assembly_fixture import library_assembly as library_assembly

CLIENT = PlatformClient(
    1, "a-dev", "http://127.0.0.1:43111", "http://127.0.0.1:1", "http://127.0.0.1:2", "the-key"
)
STAGE = "library-dev"


def test_the_link_sends_the_key_or_leads_elsewhere(tmp_path: Path) -> None:
    assert link(CLIENT, tmp_path) is None, "a link to a page that is not there"
    (tmp_path / "index.html").touch()
    assert link(CLIENT, tmp_path) == "http://localhost:43111/#key=the-key"


def test_a_platform_reads_its_assembly_before_anybody_asks(tmp_path: Path) -> None:
    made = console(tmp_path / "nowhere", STAGE, "library", "dev")
    for asked in (made.access, made.topology):
        with pytest.raises(NotTold, match=STAGE):
            asked()
    with pytest.raises(NotTold, match=STAGE):
        made.explain("a", "b___c")


def test_a_refused_switch_ends_the_platform_or_says_nothing(tmp_path: Path) -> None:
    made = console(tmp_path, STAGE, "library", "dev")
    gone = replace(CLIENT, front="http://127.0.0.1:9")
    for client, kind, reason, said in (
        (CLIENT, "everything", None, "no kind of switch"),
        (CLIENT, "agent", "x" * 999, "--reason"),
        (gone, "agent", None, "127.0.0.1:9"),
    ):
        with pytest.raises(NotTold, match=said):
            made.switch(client, kind, "librarian", True, reason)


def test_a_reason_goes_with_a_switch_that_is_on() -> None:
    assert checked_reason(" two\nlines ", off=True) == "two lines"
    assert checked_reason(None, off=False) is None
    for reason, off in (("x", False), ("", True), ("\x00", True)):
        with pytest.raises(Failure):
            checked_reason(reason, off=off)
    assert str(named("tool", "a___b")) == "tool a___b"


@pytest.fixture(scope="module")
def known(library_assembly: Path) -> Known:
    return Known(library_assembly, STAGE)


def test_a_small_system_without_users_is_told_wrongly(known: Known) -> None:
    access = known.access()
    assert [(agent["name"], agent["owner"]) for agent in access["agents"]] == [("librarian", "reading-room")]
    tools = {tool["name"]: tool for tool in access["tools"]}
    assert tools["catalog___withdraw_book"]["effect"] == "irreversible"
    assert "title" in tools["catalog___find_book"]["description"]
    cells = {cell["tool"]: cell for cell in access["cells"]}
    granted, refused = cells["catalog___find_book"], cells["catalog___withdraw_book"]
    assert (granted["effect"], refused["effect"]) == ("allow", "deny")
    assert granted["source"] == "systems/library/agents/librarian.yaml:7"
    assert refused["source"] is None
    assert {key: layer["effect"] for key, layer in refused["layers"].items()} == {
        "authorizer": "allow",
        "interceptor": "deny",
        "policy": "deny",
    }


def test_a_picture_shows_users_or_stores_that_are_not_there(known: Known) -> None:
    drawn = known.topology()
    nodes: dict[str, Any] = {node["id"]: node for node in drawn["nodes"]}
    assert not [node for node in nodes if node.startswith(("user", "provider:", "memory:"))]
    assert nodes["agent:librarian"]["note"] == "entry agent"
    edges = {(edge["from"], edge["to"]): edge["kind"] for edge in drawn["edges"]}
    assert edges[("target:catalog", "function:tool_catalog")] == "routes"
    assert edges[("function:tool_catalog", "table:books")] == "reads_writes"
    assert not [pair for pair in edges if "user" in pair]


def test_an_explanation_is_made_up_for_names_nobody_has(known: Known) -> None:
    told = known.explain("librarian", "catalog___find_book")
    assert told is not None
    assert told["sentences"][0] == "allowed: librarian catalog___find_book through library-dev"
    assert len(told["sentences"]) == 1 + len(told["layers"]) == 4
    assert told["gateway"] == "library-dev"
    assert [layer["why"]["because"]["code"] for layer in told["layers"]] == [
        "client_with_scope",
        "granted",
        "permitted_by",
    ]
    assert told["layers"][2]["why"]["because"]["values"] == {"policies": "library_dev_librarian"}
    assert known.explain("librarian", "catalog___lose") is None
    assert known.explain("reader", "catalog___find_book") is None
