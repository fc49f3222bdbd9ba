"""Roles may do what their statements say: denials win, conditions and boundaries are never taken for granted."""

from __future__ import annotations

from pathlib import Path

import pytest

from review.collect import collect
from review.effect import Effect
from review.iam.arns import arns
from review.iam.evaluate import Evaluator
from review.identity import Names
from review.model import AccessModel, Role, Statement
from review.reader import read_stage

FN = "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:f"
READ = Statement(effect="Allow", actions=("s3:Get*",), resources=("arn:aws:s3:::a/*",))


def _evaluator(
    *statements: Statement, managed: tuple[str, ...] = (), boundary: str | None = None
) -> Evaluator:
    role = Role("r", (), (), statements, managed, boundary)
    empty = AccessModel("s", None, None, None, *[()] * 11)
    model = AccessModel(**{**empty.__dict__, "roles": (role,)})
    return Evaluator(model, {"${function:x.Arn}": FN})


def test_nothing_is_allowed_that_no_statement_allows() -> None:
    evaluator = _evaluator(READ)
    assert evaluator.can("r", "s3:GetObject", "arn:aws:s3:::a/b") is Effect.ALLOW
    assert evaluator.can("r", "s3:PutObject", "arn:aws:s3:::a/b") is Effect.DENY
    assert evaluator.can("r", "s3:GetObject", "arn:aws:s3:::b/b") is Effect.DENY
    assert evaluator.can("nobody", "s3:GetObject", "arn:aws:s3:::a/b") is Effect.DENY


def test_a_denial_wins_and_a_conditional_one_makes_conditional() -> None:
    deny = Statement(effect="Deny", actions=("*",), resources=("arn:aws:s3:::a/secret/*",))
    evaluator = _evaluator(READ, deny)
    assert evaluator.can("r", "s3:GetObject", "arn:aws:s3:::a/secret/b") is Effect.DENY
    assert evaluator.can("r", "s3:GetObject", "arn:aws:s3:::a/b") is Effect.ALLOW
    sometimes = Statement(effect="Deny", actions=("*",), resources=("*",), conditions=("Bool:x=false",))
    assert _evaluator(READ, sometimes).can("r", "s3:GetObject", "arn:aws:s3:::a/b") is Effect.CONDITIONAL


def test_a_condition_makes_conditional() -> None:
    statement = Statement(
        effect="Allow", actions=("s3:GetObject",), resources=("*",), conditions=("StringEquals:a=b",)
    )
    assert _evaluator(statement).can("r", "s3:GetObject", "arn:aws:s3:::a/b") is Effect.CONDITIONAL
    assert _evaluator(statement, READ).can("r", "s3:GetObject", "arn:aws:s3:::a/b") is Effect.ALLOW


def test_not_action_allows_everything_else() -> None:
    evaluator = _evaluator(Statement(effect="Allow", not_actions=("iam:*",), resources=("*",)))
    assert evaluator.can("r", "iam:PassRole", "*") is Effect.DENY
    assert evaluator.can("r", "lambda:InvokeFunction", FN) is Effect.ALLOW


def test_not_resource_allows_every_other_resource() -> None:
    evaluator = _evaluator(Statement(effect="Allow", actions=("s3:*",), not_resources=("arn:aws:s3:::a/*",)))
    assert evaluator.can("r", "s3:GetObject", "arn:aws:s3:::a/b") is Effect.DENY
    assert evaluator.can("r", "s3:GetObject", "arn:aws:s3:::b/b") is Effect.ALLOW
    assert evaluator.can("r", "s3:GetObject", "arn:aws:s3:::${T}/b") is Effect.CONDITIONAL


def test_a_not_action_denial_spares_what_it_names() -> None:
    evaluator = _evaluator(READ, Statement(effect="Deny", not_actions=("s3:GetObject",), resources=("*",)))
    assert evaluator.can("r", "s3:GetObject", "arn:aws:s3:::a/b") is Effect.ALLOW
    assert evaluator.can("r", "s3:GetObjectAcl", "arn:aws:s3:::a/b") is Effect.DENY


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("*", Effect.ALLOW),
        ("${function:x.Arn}", Effect.ALLOW),
        (FN, Effect.ALLOW),
        (FN[:-1] + "*", Effect.ALLOW),
        (FN[:-1] + "g", Effect.DENY),
        ("${function:y.Arn}", Effect.CONDITIONAL),
        ("arn:aws:dynamodb:*:*:table/*", Effect.DENY),
    ],
)
def test_a_reference_is_known_by_its_arn(resource: str, expected: Effect) -> None:
    evaluator = _evaluator(
        Statement(effect="Allow", actions=("lambda:InvokeFunction",), resources=(resource,))
    )
    assert evaluator.can("r", "lambda:InvokeFunction", "${function:x.Arn}") is expected


def test_a_boundary_and_an_unknown_managed_policy_are_not_taken_for_granted() -> None:
    bounded = _evaluator(READ, boundary="arn:aws:iam::1:policy/b")
    assert bounded.can("r", "s3:GetObject", "arn:aws:s3:::a/b") is Effect.CONDITIONAL
    assert bounded.can("r", "s3:PutObject", "arn:aws:s3:::a/b") is Effect.DENY
    hidden = _evaluator(READ, managed=("arn:aws:iam::aws:policy/SomethingElse",))
    assert hidden.can("r", "s3:PutObject", "arn:aws:s3:::a/b") is Effect.UNKNOWN
    assert hidden.can("r", "s3:GetObject", "arn:aws:s3:::a/b") is Effect.ALLOW
    admin = _evaluator(managed=("arn:aws:iam::aws:policy/AdministratorAccess",))
    assert admin.can("r", "iam:PassRole", "*") is Effect.ALLOW


def test_agents_of_the_main_project_reach_no_function_and_no_table(assembly: Path) -> None:
    stage = read_stage(assembly, "airline-prod")
    model, names = collect(stage), Names(stage)
    evaluator = Evaluator(model, arns(stage, names))
    functions = ["${" + names.of(each) + ".Arn}" for each in stage.of_type("AWS::Lambda::Function")]
    tables = ["${" + names.of(each) + ".Arn}" for each in stage.of_type("AWS::DynamoDB::Table")]
    agents = [runtime.role for runtime in model.runtimes if runtime.role]
    assert functions
    assert tables
    assert len(agents) == 4
    for agent in agents:
        assert {evaluator.can(agent, "lambda:InvokeFunction", each) for each in functions} == {Effect.DENY}
        assert {evaluator.can(agent, "dynamodb:GetItem", each) for each in tables} == {Effect.DENY}
    callers = {role for each in functions for role, _ in evaluator.who_can("lambda:InvokeFunction", each)}
    assert callers == {model.gateways[0].role}
