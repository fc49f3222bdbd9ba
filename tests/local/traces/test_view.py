"""Traces as they are put together and shown: the list, the waterfall, what counts as complete, and the bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from cli.trace import lines
from localcloud.traces import Begun, Recorder, Span, TraceStore
from localcloud.traces.span import Scalar
from localcloud.traces.view import PATIENCE, View

TRACE = "0af7651916cd43dd8448eb211c80319c"
T0 = 1_795_000_000_000_000_000
MS = 1_000_000


class Hand:
    """A recorder with a clock of its own, and the store behind it."""

    def __init__(self, **bounds: Any) -> None:
        self.time = T0
        self.recorder = Recorder(now=lambda: self.time)
        self.store = TraceStore(self.recorder, **bounds)

    def view(self, trace: str = TRACE) -> View:
        found = self.store.get(trace)
        assert found is not None
        return View(found, self.time)


def span(
    key: str,
    parent: str | None = None,
    kind: str = "gateway",
    *,
    at: float = 0,
    ms: float = 1,
    trace: str = TRACE,
    status: str = "ok",
    name: str = "",
    attributes: Mapping[str, Scalar] | None = None,
) -> Span:
    begun = T0 + round(at * MS)
    ident = key.encode().hex().rjust(16, "0")
    up = parent.encode().hex().rjust(16, "0") if parent else None
    return Span(
        trace,
        ident,
        up,
        name or f"{kind} {key}",
        kind,
        "x",
        begun,
        begun + round(ms * MS),
        status,
        attributes or {},
    )


def decision(layer: str, key: str | None = None, effect: str = "allow", **more: Any) -> dict[str, Any]:
    event = {
        "event": "decision",
        "layer": layer,
        "agent": "booking",
        "tool": "a___b",
        "method": "tools/call",
        "effect": effect,
        "reason": "r",
        "source": "systems/x.yaml:3" if layer == "interceptor" else None,
        "request_id": 1,
        "trace_id": TRACE,
        **more,
    }
    return event | ({"span_id": key.encode().hex().rjust(16, "0")} if key else {})


def invoked(key: str = "inv", parent: str | None = None, **more: Any) -> Span:
    return span(key, parent, "invocation", attributes={"gen_ai.agent.name": "booking"}, **more)


def test_a_trace_is_a_tree_in_the_order_things_began() -> None:
    hand = Hand()
    for each in (
        span("pol", "gw", "policy", at=3),
        span("gw", "inv", at=2, ms=5),
        invoked(parent="page", ms=10),
    ):
        hand.recorder.add(each)
    document = hand.view().document()
    assert [each["kind"] for each in document["spans"]] == ["invocation", "gateway", "policy"]
    root, request, policy = document["spans"]
    # The page's own span is nobody's here, so that the tree has its root in it.
    assert (root["parent_id"], request["parent_id"]) == (None, root["span_id"])
    assert (policy["parent_id"], policy["start_us"], policy["ms"]) == (request["span_id"], 3000, 1.0)
    assert (document["name"], document["ms"], document["started"][:4]) == ("invocation inv", 10.0, "2026")
    assert "arguments" not in request
    assert "decision" not in request


def test_a_request_shows_what_every_layer_decided_and_the_line_that_grants_it() -> None:
    hand = Hand()
    hand.recorder.add(span("gw"))
    for event in (decision("policy", "gw"), decision("interceptor"), decision("authorizer", "gw")):
        hand.recorder.event(event)
    (request,) = hand.view().document()["spans"]
    told = request["decision"]
    assert list(told["layers"]) == ["authorizer", "interceptor", "policy"]
    assert (told["effect"], told["source"], told["agent"]) == ("allow", "systems/x.yaml:3", "booking")
    assert hand.view().summary() | {"started": 0} == {
        "trace_id": TRACE,
        "started": 0,
        "ms": 1.0,
        "name": "gateway gw",
        "agents": ["booking"],
        "allowed": 1,
        "refused": 0,
        "status": "ok",
    }


@pytest.mark.parametrize("layer", ["authorizer", "rate_limit", "policy", "interceptor"])
def test_one_refusing_layer_makes_the_trace_refused(layer: str) -> None:
    hand = Hand()
    hand.recorder.add(span("tool", None, "tool", ms=9))
    hand.recorder.add(span("mcp", "tool", "other", ms=8))
    hand.recorder.add(span("gw", "mcp", at=1, ms=5))
    hand.recorder.add(span("far", None, "target", status="error"))
    hand.recorder.event(decision("authorizer", "gw"))
    hand.recorder.event(decision(layer, None if layer == "interceptor" else "gw", "deny", tool="a___b"))
    if layer == "authorizer":
        hand = Hand()
        hand.recorder.add(span("gw"))
        hand.recorder.event(decision(layer, "gw", "deny"))
    view = hand.view()
    assert (view.status, view.summary()["refused"], view.summary()["allowed"]) == ("refused", 1, 0)
    statuses = {each["kind"]: each["status"] for each in view.document()["spans"]}
    assert statuses["gateway"] == "refused"
    assert statuses.get("tool", "refused") == "refused"


def test_a_policy_engine_that_only_logs_refuses_nothing() -> None:
    hand = Hand()
    hand.recorder.add(span("gw"))
    hand.recorder.event(decision("policy", "gw", "deny", enforced=False))
    assert (hand.view().status, hand.view().summary()["allowed"]) == ("ok", 1)


def test_an_error_is_one_only_where_nothing_was_refused() -> None:
    hand = Hand()
    hand.recorder.add(span("target", None, "target", status="error"))
    assert hand.view().status == "error"


def test_lines_of_the_interceptor_go_to_their_requests_in_order() -> None:
    hand = Hand()
    for key, at in (("one", 0), ("two", 5)):
        hand.recorder.add(span(key, at=at))
        hand.recorder.event(decision("authorizer", key))
    hand.recorder.event(decision("interceptor", reason="first"))
    hand.recorder.event(decision("interceptor", effect="deny", reason="second"))
    hand.recorder.event(decision("interceptor", request_id=7, effect="deny", reason="of no request here"))
    told = [each["decision"]["reason"] for each in hand.view().document()["spans"]]
    assert told == ["first", "second"]


def test_a_trace_is_running_until_its_invocations_end() -> None:
    hand = Hand()
    begun = invoked()
    hand.recorder.add(Begun(TRACE, begun.span_id, "invoke", T0))
    hand.time += 40 * MS
    view = hand.view()
    assert (view.status, view.complete, view.summary()["ms"], view.summary()["name"]) == (
        "running",
        False,
        40.0,
        "invoke",
    )
    hand.recorder.add(begun)
    assert hand.view().status == "ok"


def test_a_trace_is_complete_once_its_agents_have_told_or_never_will() -> None:
    hand = Hand()
    hand.recorder.add(invoked(parent="page"))
    assert not hand.view().complete
    # A tool's span comes after those below it: until then its children hang in the air.
    hand.store.take([span("agent", "inv", "agent"), span("model", "tool", "model")])
    assert not hand.view().complete
    hand.store.take([span("tool", "agent", "tool")])
    assert hand.view().complete
    silent = Hand()
    silent.recorder.add(invoked())
    assert not silent.view().complete
    silent.time += PATIENCE + 1
    assert silent.view().complete


def test_a_trace_is_complete_once_the_interceptors_line_is_there() -> None:
    hand = Hand()
    hand.recorder.add(span("gw", "page", ms=3))
    hand.recorder.add(span("guard", "gw", "interceptor", at=1))
    hand.recorder.event(decision("authorizer", "gw"))
    assert not hand.view().complete
    hand.recorder.event(decision("interceptor"))
    assert hand.view().complete


def test_an_agent_cannot_speak_in_the_place_of_the_platform() -> None:
    hand = Hand()
    forged = invoked()._replace(name="forged")
    hand.store.take([forged, forged])
    hand.recorder.add(invoked())
    hand.store.take([forged])
    assert [each["name"] for each in hand.view().document()["spans"]] == ["invocation inv"]


def test_agents_that_name_each_other_as_parents_are_shown_all_the_same() -> None:
    hand = Hand()
    hand.recorder.add(span("gw", "a", status="refused"))
    hand.store.take([span("a", "b", "other"), span("b", "a", "other"), span("c", "c", "tool")])
    document = hand.view().document()
    assert {each["name"] for each in document["spans"]} == {"gateway gw", "other a", "other b", "tool c"}
    roots = {each["name"] for each in document["spans"] if each["parent_id"] is None}
    assert roots == {"other a", "tool c"} or roots == {"other b", "tool c"}
    assert {line.split()[-1] for line in lines(document)} >= {"a", "b", "c"}


def test_every_bound_holds_and_says_what_it_dropped() -> None:
    hand = Hand(traces=3, per_trace=4, total=8)
    for number in range(6):
        hand.recorder.add(span(f"s{number}"))
    assert hand.view().document()["dropped"] == 2
    for number in range(1, 6):
        hand.recorder.add(span("x", trace=f"{number:032x}"))
    assert len(hand.store.latest(100)) == 3
    assert hand.store.get(TRACE) is None
    assert [trace.trace_id[-1] for trace in hand.store.latest(2)] == ["5", "4"]
    many = Hand(traces=100, per_trace=100, total=10)
    for number in range(1, 31):
        many.store.take([span("x", trace=f"{number:032x}")])
    assert sum(len(trace.spans) for trace in many.store.latest(100)) <= 10


def test_what_nobody_reads_does_not_pile_up() -> None:
    recorder = Recorder(capacity=3)
    for number in range(9):
        recorder.add(span(f"s{number}"))
    recorder.event({"event": "invocation", "trace_id": TRACE})
    recorder.event(decision("policy") | {"trace_id": None})
    assert [item.name for item in recorder.drain() if isinstance(item, Span)] == [
        "gateway s6",
        "gateway s7",
        "gateway s8",
    ]
    assert recorder.drain() == []
