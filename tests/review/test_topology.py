"""The picture of a stage: what reaches what, whatever kind of target it is behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from review.collect import collect
from review.reader import read_stage
from review.topology import Topology, topology
from tests.assembly_fixture import kinds_assembly as kinds_assembly

Edges = set[tuple[str, str, str]]


def drawn(assembly: Path, stage: str) -> tuple[Topology, Edges]:
    found = topology(collect(read_stage(assembly, stage)), {"gardener": "a-model", "nobody": "other"})
    return found, {(edge.source, edge.to, edge.kind) for edge in found.edges}


@pytest.fixture(scope="module")
def garden(kinds_assembly: Path) -> tuple[Topology, Edges]:
    return drawn(kinds_assembly, "garden-dev")


def test_a_hosted_server_is_drawn_as_somebody_elses(garden: tuple[Topology, Edges]) -> None:
    found, edges = garden
    (server,) = (node for node in found.nodes if node.note == "hosted tool server")
    assert server.kind == "function"
    assert ("target:almanac", server.id, "routes") in edges
    assert (server.id, "table:sowing", "reads_writes") in edges
    assert [edge for edge in edges if edge[1] == "table:sowing"] == [
        (server.id, "table:sowing", "reads_writes")
    ]


def test_what_leaves_the_account_is_drawn_as_staying(garden: tuple[Topology, Edges]) -> None:
    _, edges = garden
    leaving = {source for source, _, kind in edges if kind == "egress"}
    assert {"target:moon-api", "target:nursery", "target:weather-api"} <= leaving
    assert not leaving & {"target:almanac", "target:beds"}


def test_a_line_ends_nowhere(garden: tuple[Topology, Edges]) -> None:
    found, edges = garden
    ids = [node.id for node in found.nodes]
    assert len(ids) == len(set(ids))
    assert {end for edge in edges for end in edge[:2]} <= set(ids)
    assert ("agent:gardener", "model:a-model", "uses") in edges
    assert "model:other" not in ids, "nobody uses it"
    assert not [edge for edge in edges if edge[0] == "user"], "the garden has no users"
