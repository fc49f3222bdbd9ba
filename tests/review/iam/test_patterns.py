"""Wildcards cover what IAM says they cover, and tokens are never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.iam.patterns import action_covers, actions_overlap, covers, overlap

HERE = "${AWS::Region}:${AWS::AccountId}"
CASES = [
    ("*", "anything", True),
    ("arn:aws:s3:::a", "arn:${AWS::Partition}:s3:::a", True),
    ("arn:aws:s3:::a", "arn:aws:s3:::b", False),
    ("arn:aws:s3:::a*", "arn:aws:s3:::ab", True),
    ("arn:aws:s3:::a?", "arn:aws:s3:::ab", True),
    ("arn:aws:s3:::a?", "arn:aws:s3:::a", False),
    ("arn:aws:s3:::A", "arn:aws:s3:::a", False),
    ("${function:x.Arn}", "${function:x.Arn}", True),
    ("${function:x.Arn}", "${function:y.Arn}", None),
    ("${function:x.Arn}:*", "${function:x.Arn}:live", True),
    (f"arn:aws:lambda:{HERE}:function:a-*", f"arn:aws:lambda:{HERE}:function:a-b", True),
    (f"arn:aws:lambda:{HERE}:function:a-*", f"arn:aws:lambda:{HERE}:function:b", False),
    (f"arn:aws:lambda:{HERE}:function:a-*", f"arn:aws:lambda:{HERE}:function:${{T}}", None),
    ("arn:aws:lambda:us-east-1:${AWS::AccountId}:function:a", f"arn:aws:lambda:{HERE}:function:a", False),
    ("a.c", "abc", False),
    ("", "a", False),
    # Asked about every name that begins so: only a pattern as wide covers that.
    ("secret-abcdef", "secret-??????", False),
    ("secret-*", "secret-??????", True),
]


@pytest.mark.parametrize(("pattern", "text", "expected"), CASES)
def test_a_pattern_covers_no_more_and_no_less(pattern: str, text: str, expected: bool | None) -> None:
    found = covers(pattern, text)
    if expected is False and "?" in text:
        # It may be one of those: not surely covered, and not surely out of reach.
        assert found is not True
    else:
        assert found is expected


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
    [
        ("s3:Get*", "s3:getobject", True),
        ("S3:GetObject", "s3:GetObject", True),
        ("*", "iam:PassRole", True),
        ("s3:*", "s3express:x", False),
        ("iam:Pass?ole", "iam:PassRole", True),
    ],
)
def test_actions_have_no_case(pattern: str, action: str, expected: bool) -> None:
    assert action_covers(pattern, action) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("lambda:Update*", "lambda:*Code", True),
        ("lambda:Update*", "lambda:Get*", False),
        ("*", "iam:x", True),
        ("a*c", "ab*", True),
        ("a?", "ab", True),
        ("a", "ab", False),
    ],
)
def test_two_patterns_overlap_where_a_text_fits_both(one: str, other: str, expected: bool) -> None:
    assert actions_overlap(one, other) is expected
    assert actions_overlap(other, one) is expected


_TEXT = st.text(alphabet="ab:*?", max_size=7)


@given(_TEXT, st.text(alphabet="ab:", max_size=7))
def test_what_is_covered_overlaps(pattern: str, text: str) -> None:
    assert (covers(pattern, text) is True) == overlap(pattern, text)


@given(st.text(alphabet="ab*?", max_size=40))
def test_long_runs_of_wildcards_do_not_take_long(pattern: str) -> None:
    assert overlap("*a" * 20 + pattern, pattern + "*b" * 20) in (True, False)
