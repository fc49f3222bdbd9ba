"""Explaining any assembly: each layer by its line, ways over delegation, and names nobody knows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.__main__ import main
from review.collect import collect
from review.effect import Effect
from review.explain import Unknown, explain, paths, what_can, who_can
from review.model import AccessModel
from review.reader import read_stage
from review.stage import Stage
from tests.review.kit import noted
from tests.review.plant_kit import GATEWAY, RUNTIME, drop, granting, on, put

FLIGHTS = "flights-api___search_flights"
CREATE = "customer-mcp___create_booking"
BALANCE = "loyalty-mcp___get_points_balance"
STAGE = "airline-prod"


@pytest.fixture(scope="module")
def stage(assembly: Path) -> Stage:
    return read_stage(assembly, STAGE)


@pytest.fixture(scope="module")
def model(stage: Stage) -> AccessModel:
    return collect(stage)


def test_every_layer_of_a_call_is_told_with_its_place(model: AccessModel) -> None:
    found = explain(model, "booking", FLIGHTS)
    assert found.effect is Effect.CONDITIONAL
    assert [line.layer for line in found.lines] == ["authorizer", "interceptor", "policy engine"]
    assert all(str(line.place) for line in found.lines)
    assert "adults ≤ 9" in found.lines[1].conditions
    assert found.lines[1].place.declared.startswith("systems/airline/agents/booking.yaml:")


def test_a_refused_call_has_no_layer_that_refuses(model: AccessModel) -> None:
    found = explain(model, "loyalty", FLIGHTS)
    effects = {line.layer: line.effect for line in found.lines}
    assert found.effect is Effect.DENY
    assert effects == {
        "authorizer": Effect.ALLOW,
        "interceptor": Effect.DENY,
        "policy engine": Effect.DENY,
    }


def test_foreign_code_is_believed_to_refuse(stage: Stage) -> None:
    function = next(
        each for each in stage.of_type("AWS::Lambda::Function") if noted("tool_customer", "Function")(each)
    )
    foreign = on(
        GATEWAY, put("InterceptorConfigurations.0.Interceptor.Lambda.Arn", function.attribute("Arn"))
    )
    found = explain(collect(foreign(stage)), "loyalty", FLIGHTS)
    assert {line.layer: line.effect for line in found.lines}["interceptor"] is Effect.UNKNOWN
    assert found.effect is Effect.DENY


def test_a_layer_that_is_not_there_is_told_of(stage: Stage) -> None:
    bare = on(GATEWAY, drop("InterceptorConfigurations"))(stage)
    found = explain(collect(bare), "loyalty", FLIGHTS)
    assert "interceptor" not in {line.layer for line in found.lines}


def test_who_can_and_what_can_are_the_matrix(model: AccessModel) -> None:
    assert {cell.subject for cell in who_can(model, CREATE)} == {"booking", "orchestrator"}
    assert {cell.tool.partition("___")[0] for cell in what_can(model, "policy")} == {"policy-mcp"}


def test_a_way_over_delegation_is_overlooked(model: AccessModel, stage: Stage) -> None:
    assert paths(model, "loyalty", CREATE) == ()
    direct, through = paths(model, "orchestrator", BALANCE)
    assert direct == ()
    assert [(hop.caller, hop.callee) for hop in through] == [("orchestrator", "loyalty")]
    assert "AccessRole" in through[0].place
    more = granting(
        "agent-loyalty", "bedrock-agentcore:InvokeAgentRuntime", RUNTIME, "orchestrator", "AgentRuntimeArn"
    )
    found = paths(collect(more(stage)), "loyalty", CREATE)
    assert [[hop.callee for hop in way] for way in found] == [["orchestrator"], ["orchestrator", "booking"]]


def test_agents_that_invoke_each_other_are_followed_for_ever(stage: Stage) -> None:
    more = granting(
        "agent-loyalty", "bedrock-agentcore:InvokeAgentRuntime", RUNTIME, "orchestrator", "AgentRuntimeArn"
    )
    assert len(paths(collect(more(stage)), "orchestrator", BALANCE)) == 2


@pytest.mark.parametrize(("subject", "tool"), [("nobody", FLIGHTS), ("booking", "nothing")])
def test_a_name_that_nobody_has_is_refused_like_a_call(model: AccessModel, subject: str, tool: str) -> None:
    with pytest.raises(Unknown, match=r"Known: .*(booking|search_flights)"):
        explain(model, subject, tool)
    with pytest.raises(Unknown):
        paths(model, subject, tool)


ASKED = (
    (["booking", FLIGHTS], 0, "allowed under conditions"),
    (["loyalty", FLIGHTS], 1, "refused"),
    (["--who-can", CREATE], 0, "orchestrator"),
    (["--what-can", "policy"], 0, "policy-mcp___get_change_policy"),
    (["--path", "orchestrator", BALANCE], 0, "orchestrator may invoke loyalty"),
    (["--path", "loyalty", CREATE], 1, "in no way"),
    (["--what-can", "nobody"], 2, "Known"),
    (["--stage", "no-such-stage", "booking", FLIGHTS], 2, "no-such-stage"),
)


@pytest.mark.parametrize(("words", "code", "said"), ASKED, ids=lambda each: str(each)[:40])
def test_the_command_answers_with_its_exit_code(
    assembly: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    assert main(["explain", "--assembly", str(assembly), "--stage", STAGE, *words]) == code
    printed = capsys.readouterr()
    assert said in printed.out + printed.err
    assert "Traceback" not in printed.err


def test_a_template_is_named_without_its_line(assembly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["explain", "--assembly", str(assembly), "--stage", STAGE, "--json", "booking", FLIGHTS])
    (source,) = [
        layer["source"]
        for layer in json.loads(capsys.readouterr().out)["layers"]
        if layer["layer"] == "policy engine"
    ]
    place, _, path = source.partition(" ")
    file, _, line = place.rpartition(":")
    logical_id = path.split(".")[1]
    text = (assembly / file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
    assert text.strip() == f'"{logical_id}": {{'


def test_several_stages_are_taken_for_one(assembly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--assembly", str(assembly), "--what-can", "policy"]) == 2
    assert "--stage" in capsys.readouterr().err


def test_a_declared_way_names_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--path", "orchestrator", BALANCE]) == 0
    assert "systems/airline/agents/orchestrator.yaml:" in capsys.readouterr().out
