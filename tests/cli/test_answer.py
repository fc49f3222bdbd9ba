"""What the person is told of a question: every tool and decision, refusals first among equals."""

from __future__ import annotations

from typing import Any

from cli.answer import Answer, decided, lines


def decision(layer: str, effect: str = "allow", **more: Any) -> dict[str, Any]:
    base = {
        "event": "decision",
        "layer": layer,
        "effect": effect,
        "agent": "a",
        "tool": "t___x",
        "method": "tools/call",
    }
    return {**base, "request_id": 1, "reason": "granted", "source": None, **more}


def test_text_is_collected_as_it_streams() -> None:
    answer = Answer()
    shown = [answer.take({"type": "text", "text": part}) for part in ("안", "녕")]
    assert (shown, answer.text) == (["안", "녕"], "안녕")


def test_a_tool_counts_once_when_it_ends() -> None:
    answer = Answer()
    answer.take({"type": "tool", "agent": "a", "tool": "t___x", "status": "started"})
    answer.take({"type": "tool", "agent": "a", "tool": "t___x", "status": "ok", "ms": 12})
    assert [(use.tool, use.status) for use in answer.tools] == [("t___x", "ok")]


def test_what_is_meant_for_a_page_is_printed_to_a_terminal() -> None:
    answer = Answer()
    event = {"type": "result", "agent": "a", "tool": "t___x", "data": {"list": []}, "more": 1}
    assert answer.take(event) == ""
    assert answer.results == [{"agent": "a", "tool": "t___x", "data": {"list": []}}]
    assert "list" not in "".join(lines(answer, []))


def test_an_error_event_is_not_a_finished_answer() -> None:
    answer = Answer()
    answer.take({"type": "error", "code": "timeout", "message": "too long"})
    assert answer.error is not None
    assert not answer.finished


def test_the_layers_of_one_request_become_one_decision_in_passing_order() -> None:
    [joined] = decided(
        [decision("authorizer"), decision("policy"), decision("interceptor", source="a.yaml:9")]
    )
    assert joined.effect == "allow"
    assert [layer for layer, _ in joined.layers] == ["authorizer", "interceptor", "policy"]
    assert joined.source == "a.yaml:9"


def test_one_refusing_layer_refuses_the_request() -> None:
    [joined] = decided([decision("authorizer"), decision("interceptor", "deny", reason="not_granted")])
    assert (joined.effect, joined.reason) == ("deny", "not_granted")


def test_the_same_call_twice_is_two_decisions() -> None:
    layers = [decision("authorizer"), decision("interceptor"), decision("policy")]
    assert len(decided([*layers, *layers])) == 2


def test_other_events_are_no_decisions() -> None:
    assert decided([{"event": "target", "layer": "target"}]) == []


def test_a_refused_call_is_shown_as_refused() -> None:
    shown = "\n".join(
        lines(Answer(), decided([decision("authorizer", "deny", agent=None, reason="bad_token")]))
    )
    assert "refused  (unknown)" in shown
    assert "bad_token" in shown


def test_no_tool_and_no_call_is_said() -> None:
    shown = lines(Answer(), [])
    assert any("no tool was used" in line for line in shown)
    assert any("no call reached the gateway" in line for line in shown)


def test_a_switch_is_told_with_how_it_is_undone() -> None:
    refused = decision("policy", "deny", reason="switched_off", source="off_a", switched_off=["agent a"])
    [joined] = decided([decision("interceptor", source="a.yaml:9"), refused])
    assert (joined.reason, joined.source, joined.switched_off) == ("switched_off", "off_a", ("agent a",))
    listed = decided([decision("policy", method="tools/list", tool=None, switched_off=["tool t___x"])])
    shown = lines(Answer(), [joined, *listed])
    assert "policy=deny  switched_off off_a" in "\n".join(shown)
    assert shown[-2:] == [
        "  switched off: agent a (./airside switch on --agent a)",
        "  switched off: tool t___x (./airside switch on --tool t___x)",
    ]


def test_a_call_that_is_about_to_be_refused_says_so() -> None:
    shadow = {"shadow": "arguments", "would_refuse": "argument_not_allowed", "detail": "adults"}
    [joined] = decided([decision("authorizer"), decision("interceptor", **shadow), decision("policy")])
    assert joined.as_json()["would_refuse"] == "argument_not_allowed adults"
    assert "would be refused: argument_not_allowed adults" in "\n".join(lines(Answer(), [joined]))


def test_a_call_in_shadow_mode_that_stays_allowed_is_told_as_any_other() -> None:
    [joined] = decided([decision("interceptor", shadow="arguments", would_refuse=None, detail=None)])
    assert joined.would_refuse is None
    assert "would be refused" not in "\n".join(lines(Answer(), [joined]))


def test_a_refused_call_is_not_told_as_one_that_would_be() -> None:
    shadow = {"shadow": "calls", "would_refuse": "not_granted"}
    [joined] = decided([decision("interceptor", **shadow), decision("policy", "deny", reason="no permit")])
    assert (joined.effect, joined.would_refuse) == ("deny", None)
