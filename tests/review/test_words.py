"""Sentences name things; what they are made of keeps its exact text."""

from __future__ import annotations

import pytest

from review.words import condition, count, principal, resource, told

TOLD = {
    "may use ${function:x.Arn}:*": "may use function x:*",
    "${pool:agents.ProviderURL}/.well-known": "ProviderURL of pool agents/.well-known",
    "arn:${AWS::Partition}:s3:::b": "arn:aws:s3:::b",
    "${AWS::Region} of ${AWS::AccountId}": "REGION of ACCOUNT",
    "log group ${log-group:/x/${topic:alarms}}": "log group log group /x/topic alarms",
    "role of-gateway-helpdesk may": "the role of gateway helpdesk may",
    "role of-function-tool-of-mine may": "the role of function tool-of-mine may",
    "taken by Service:lambda.amazonaws.com": "taken by the service lambda.amazonaws.com",
    "${import/other:name} stays": "${import/other:name} stays",
    "plain words": "plain words",
}
CONDITIONS = {
    "StringEquals:aws:SourceAccount=${AWS::AccountId}": "aws:SourceAccount is ACCOUNT",
    "ArnLike:aws:SourceArn=arn:${AWS::Partition}:x:*": "aws:SourceArn matches arn:aws:x:*",
    "StringNotLikeIfExists:aws:x=a,b": "aws:x does not match a or b, if there",
    "ForAnyValue:StringEquals:aws:CalledVia=a": "some aws:CalledVia is a",
    "Null:aws:TokenIssueTime=true": "aws:TokenIssueTime is absent",
    "SomethingNew:aws:x=a": "SomethingNew:aws:x=a",
    "(context.input.adults <= 9)": "adults ≤ 9",
    "context.input has adults": "adults is given",
    '["a", "b"].contains(context.input.cabin)': 'cabin is one of "a", "b"',
    '(principal.getTag("scope") like "*agent*")': 'the token\'s scope like "*agent*"',
    'principal.hasTag("client_id")': "the token has client_id",
    "((context.input.a == 1) || (context.input.b != 2))": "(a is 1) or (b is not 2)",
    '(context.input.text == "x == y && context.input.z")': 'text is "x == y && context.input.z"',
    "customer_id is the user's customer_id": "customer_id is the user's customer_id",
}


@pytest.mark.parametrize("text", TOLD)
def test_a_sentence_shows_a_token(text: str) -> None:
    assert told(text) == TOLD[text]


@pytest.mark.parametrize("text", CONDITIONS)
def test_a_condition_shows_its_operators_or_changes_a_text_in_it(text: str) -> None:
    assert condition(text) == CONDITIONS[text]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("*", "everybody"),
        ("AWS:*", "everybody"),
        ("Service:events.amazonaws.com", "the service events.amazonaws.com"),
        ("AWS:${role:x.Arn}", "role x"),
        ("Federated:arn:aws:iam::1:oidc-provider/y", "whom arn:aws:iam::1:oidc-provider/y signs in"),
    ],
)
def test_somebody_is_told_by_a_key(text: str, words: str) -> None:
    assert principal(text) == words


def test_one_thing_is_told_as_several() -> None:
    assert [count(each, "error") for each in (0, 1, 2)] == ["0 errors", "1 error", "2 errors"]
    assert count(2, "change widens", "changes widen") == "2 changes widen"


def test_a_name_keeps_its_kind() -> None:
    assert resource("key:alias/x") == "key alias/x"
    assert resource("arn:${AWS::Partition}:kms:x") == "arn:aws:kms:x"


def test_a_name_that_holds_itself_is_told_for_ever() -> None:
    assert told("${a:${a:${a:b}}}")
    assert told("${" * 2_000)
