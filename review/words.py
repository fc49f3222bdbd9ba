"""What people read: tokens, ARNs and conditions of the model in plain words.

Models and locks keep the exact texts; only sentences are made of these.
"""

from __future__ import annotations

import re

from review.identity import KIND_WORDS
from review.said import Said

_PLACES = {
    "${AWS::Partition}": "aws",
    "${AWS::Region}": "REGION",
    "${AWS::AccountId}": "ACCOUNT",
    "${AWS::URLSuffix}": "amazonaws.com",
}
_TOKEN = re.compile(
    r"\$\{(?P<kind>[a-z][a-z-]*):(?P<name>[^{}]*?)(?:\.(?P<attribute>[A-Z]\w*(?:\.[A-Z]\w*)*))?\}"
)
_ITSELF = re.compile(r"(\w*Arn|\w*Id|Name)")
"""Attributes that name the resource itself."""
_SERVING = re.compile(rf"\b([a-z][a-z-]*) of-({'|'.join(sorted(KIND_WORDS, key=len, reverse=True))})-")
_SERVICE = re.compile(r"\bService:(?=[a-z])")
_IAM = re.compile(
    r"(?P<set>ForAnyValue:|ForAllValues:)?(?P<operator>[A-Z][A-Za-z]+?)(?P<maybe>IfExists)?"
    r":(?P<key>[A-Za-z][\w.-]*:[^=]+)=(?P<values>.*)",
    re.DOTALL,
)
_OPERATORS = {
    "ArnEquals": "is",
    "ArnLike": "matches",
    "ArnNotEquals": "is not",
    "ArnNotLike": "does not match",
    "Bool": "is",
    "IpAddress": "is in",
    "NotIpAddress": "is not in",
    "NumericEquals": "is",
    "NumericGreaterThan": ">",
    "NumericGreaterThanEquals": "≥",
    "NumericLessThan": "<",
    "NumericLessThanEquals": "≤",
    "StringEquals": "is",
    "StringEqualsIgnoreCase": "is",
    "StringLike": "matches",
    "StringNotEquals": "is not",
    "StringNotLike": "does not match",
}
_CEDAR = re.compile(
    r'principal\.(?P<tag>has|get)Tag\("(?P<claim>[\w:./-]+)"\)'
    r'|(?P<text>"(?:[^"\\]|\\.)*")'
    r"|\[(?P<list>[^\[\]]*)\]\.contains\(context\.input\.(?P<item>[\w.]+)\)"
    r"|context\.input has (?P<given>\w+)"
    r"|context\.input\.(?P<argument>\w+)"
    r"|(?<= )(?P<sign><=|>=|==|!=|&&|\|\|)(?= )"
)
_LIMIT = re.compile(
    r"\(?context\.input\.(?P<argument>\w+) (?P<sign><=|>=|==) (?P<value>-?[0-9]+|\"[^\"\\]*\"|true|false)\)?"
)
_LIMITS = {"<=": "at_most", ">=": "at_least", "==": "is"}
_GIVEN = re.compile(r"\(?context\.input has (?P<argument>\w+)\)?")
_SIGNS = {"<=": "≤", ">=": "≥", "==": "is", "!=": "is not", "&&": "and", "||": "or"}


def told(text: str) -> str:
    """A sentence with what its tokens stand for: `${function:x.Arn}` is `function x`. It keeps its name."""
    if isinstance(text, Said):
        return text.with_values(told)
    for token, word in _PLACES.items():
        text = text.replace(token, word)
    # A name may hold the name of another resource: from the inside out.
    while (plainer := _TOKEN.sub(_named, text)) != text:
        text = plainer
    return _SERVICE.sub("the service ", _SERVING.sub(r"the \1 of \2 ", text))


def _named(match: re.Match[str]) -> str:
    attribute = match["attribute"]
    more = "" if attribute is None or _ITSELF.fullmatch(attribute) else f"{attribute} of "
    return f"{more}{match['kind'].replace('-', ' ')} {match['name']}"


def condition(text: str) -> str:
    """A condition of an IAM statement, of an interceptor's rule or of a Cedar policy."""
    if isinstance(text, Said):
        return told(text)
    if match := _IAM.fullmatch(text):
        return told(_iam(match))
    if match := _LIMIT.fullmatch(text):
        return told(Said(_LIMITS[match["sign"]], argument=match["argument"], value=match["value"]))
    if match := _GIVEN.fullmatch(text):
        return Said("is_given", argument=match["argument"])
    return told(_bare(_CEDAR.sub(_cedar, text)))


def _iam(match: re.Match[str]) -> str:
    values, maybe = match["values"], ", if there" if match["maybe"] else ""
    every = {"ForAnyValue:": "some ", "ForAllValues:": "every "}.get(match["set"] or "", "")
    if match["operator"] == "Null":
        return f"{match['key']} is {'absent' if values == 'true' else 'there'}"
    word = _OPERATORS.get(match["operator"])
    if word is None:
        return match[0]
    return f"{every}{match['key']} {word} {values.replace(',', ' or ')}{maybe}"


def _cedar(match: re.Match[str]) -> str:
    if match["claim"]:
        return f"the token has {match['claim']}" if match["tag"] == "has" else f"the token's {match['claim']}"
    if match["item"]:
        return f"{match['item']} is one of {match['list']}"
    if match["given"]:
        return f"{match['given']} is given"
    return match["argument"] or _SIGNS.get(match["sign"] or "", match[0])


def _bare(text: str) -> str:
    """Without one pair of brackets around all of it."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and place < len(text) - 1:
            return text
    return text[1:-1]


def resource(text: str) -> str:
    """A stable name as the model has it: `key:x` is `key x`; anything else stays as it is told."""
    kind, _, name = text.partition(":")
    return told(f"{kind.replace('-', ' ')} {name}" if kind in KIND_WORDS and name else text)


def principal(text: str) -> str:
    """Whom a statement is about: `Service:x`, `AWS:arn…`, `Federated:…`, `*`."""
    kind, _, name = text.partition(":")
    if text in ("*", "AWS:*"):
        return "everybody"
    if kind == "Federated":
        return f"whom {told(name)} signs in"
    if kind == "AWS":
        return told(name)
    return told(text)


def count(number: int, one: str, many: str = "") -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {one if number == 1 else many or one + 's'}"
