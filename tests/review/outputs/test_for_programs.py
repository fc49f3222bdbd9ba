"""What programs read: JSON, SARIF and JUnit.

The standard's own schema file is not part of this project, so SARIF is held against a stricter schema written here
from the standard's text (OASIS SARIF 2.1.0, sections 3.13 to 3.58) for the objects that are used: what it requires
is required, values are its enumerations, and no member beside those that are meant may appear.
"""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from review import checks
from review.compare import Direction
from review.document import from_document
from review.findings import Severity
from review.outputs import json as as_json
from review.outputs import junit, sarif
from review.outputs.result import Result
from review.stage import Place
from tests.review.outputs.results import DECLARED, HOSTILE, change, finding, model, result, waived


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "additionalProperties": False,
    }


def _list(items: Any, at_least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": at_least}


_TEXT = {"type": "string", "minLength": 1}
_MESSAGE = _object("text", text=_TEXT)
_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_RULE = _object(
    "id",
    id=_TEXT,
    shortDescription=_MESSAGE,
    fullDescription=_MESSAGE,
    help=_MESSAGE,
    defaultConfiguration=_object("level", level=_LEVEL),
)
_URI = {"type": "string", "pattern": r"^(?![/\\])[A-Za-z0-9._~!$&'()*+,;=:@/%-]+$"}
_LOCATION = _object(
    "physicalLocation",
    physicalLocation=_object(
        "artifactLocation",
        artifactLocation=_object("uri", uri=_URI),
        region=_object("startLine", startLine={"type": "integer", "minimum": 1}),
    ),
    logicalLocations=_list(_object("fullyQualifiedName", fullyQualifiedName=_TEXT), 1),
)
_SUPPRESSION = _object(
    "kind",
    kind={"enum": ["inSource", "external"]},
    status={"enum": ["accepted", "underReview", "rejected"]},
    justification=_TEXT,
)
_RESULT = _object(
    "message ruleId level",
    ruleId=_TEXT,
    level=_LEVEL,
    message=_MESSAGE,
    partialFingerprints={"type": "object", "additionalProperties": _TEXT, "minProperties": 1},
    locations=_list(_LOCATION, 1),
    suppressions=_list(_SUPPRESSION, 1),
)
_RUN = _object(
    "tool",
    tool=_object("driver", driver=_object("name", name=_TEXT, rules=_list(_RULE, 1))),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results=_list(_RESULT),
    invocations=_list(
        _object("executionSuccessful", executionSuccessful={"type": "boolean"}, exitCode={"type": "integer"}),
        1,
    ),
)
SARIF = _object("version runs", **{"$schema": _TEXT}, version={"const": "2.1.0"}, runs=_list(_RUN, 1))
SHOWN = result(finding(message=HOSTILE), waived(1), changes=tuple(map(change, Direction)))


def _sarif(shown: Result) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(sarif.render(shown))
    jsonschema.Draft202012Validator(SARIF).validate(document)
    run: dict[str, Any] = document["runs"][0]
    return run


def test_sarif_keeps_the_rules_of_the_standard() -> None:
    run = _sarif(SHOWN)
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    assert {each.id for each in checks.load().all()} < set(rules)
    assert {each["ruleId"] for each in run["results"]} <= set(rules)


def test_sarif_points_at_the_line_of_the_declaration() -> None:
    first = _sarif(SHOWN)["results"][0]
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "systems/library.yaml"},
                "region": {"startLine": 12},
            }
        }
    ]


@pytest.mark.parametrize(
    ("place", "uri"),
    [
        (Place("a b/ü.template.json", "Resources.X"), "a%20b/%C3%BC.template.json"),
        (Place("/rooted.json", "Resources.X"), "rooted.json"),
        (Place("t.json", "Resources.X", declared="no line here"), "t.json"),
    ],
)
def test_sarif_addresses_are_relative_and_encoded(place: Place, uri: str) -> None:
    location = _sarif(result(finding(place=place)))["results"][0]["locations"][0]
    assert location["physicalLocation"] == {"artifactLocation": {"uri": uri}}
    assert location["logicalLocations"] == [{"fullyQualifiedName": "Resources.X"}]


def test_sarif_leaves_out_a_place_that_nobody_knows() -> None:
    assert "locations" not in _sarif(result(finding(place=Place(""))))["results"][0]


def test_sarif_shows_accepted_findings_as_suppressed_and_others_not() -> None:
    open_one, accepted = _sarif(SHOWN)["results"][:2]
    assert "suppressions" not in open_one
    assert accepted["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "known until March (desk, until 2027-03-31)",
        }
    ]


def test_sarif_tells_a_widening_as_an_error_and_knows_a_finding_again_that_moved() -> None:
    results = _sarif(SHOWN)["results"]
    levels = {each["ruleId"]: each["level"] for each in results if each["ruleId"].startswith("ACCESS")}
    assert levels == {
        "ACCESS-WIDER": "error",
        "ACCESS-UNKNOWN": "error",
        "ACCESS-NARROWER": "note",
        "ACCESS-OTHER": "note",
    }
    moved = _sarif(result(finding(message=HOSTILE, place=Place("other.json"))))["results"][0]
    assert moved["partialFingerprints"] == results[0]["partialFingerprints"]


def test_sarif_says_that_not_everything_could_be_read() -> None:
    unread = _sarif(result(model=model(unknowns=("something",))))
    assert unread["invocations"] == [{"executionSuccessful": False, "exitCode": 2}]


def test_json_has_its_shape_and_a_model_that_can_be_read_again() -> None:
    document = json.loads(as_json.render(SHOWN))
    assert list(document) == ["format", "version", "title", "exit_code", "stages"]
    assert (document["format"], document["version"], document["exit_code"]) == ("airside.review", 1, 1)
    stage = document["stages"][0]
    assert list(stage) == ["stage", "exit_code", "against", "changes", "findings", "model"]
    assert list(stage["changes"][0]) == ["kind", "subject", "direction", "sentence", "detail", "place"]
    assert list(stage["findings"][0]) == [
        "check",
        "severity",
        "subject",
        "message",
        "fix",
        "source",
        "place",
        "waiver",
    ]
    assert stage["findings"][0]["message"] == HOSTILE
    assert stage["findings"][0]["place"]["declared"] == DECLARED.declared
    assert stage["findings"][1]["waiver"]["owner"] == "desk"
    assert from_document(stage["model"]).tools == model().tools


def test_json_says_whether_it_is_as_approved_only_where_that_was_asked() -> None:
    assert "as_approved" not in json.loads(as_json.render(SHOWN))["stages"][0]
    frozen = json.loads(as_json.render(result(changes=(), frozen=True)))["stages"][0]
    assert (frozen["as_approved"], frozen["changes"]) == (True, [])


def _suite(shown: Result) -> ET.Element:
    suite = ET.fromstring(junit.render(shown)).find("testsuite")  # noqa: S314 - our own text
    assert suite is not None
    cases = suite.findall("testcase")
    assert suite.get("tests") == str(len(cases))
    assert suite.get("failures") == str(sum(case.find("failure") is not None for case in cases))
    assert suite.get("errors") == str(sum(case.find("error") is not None for case in cases))
    return suite


def test_junit_has_a_case_for_each_check_and_counts_what_failed() -> None:
    suite = _suite(SHOWN)
    assert suite.get("tests") == str(len(checks.load().all()) + 1)
    assert suite.get("failures") == "2"
    assert _suite(result()).get("failures") == "0"


def test_junit_fails_no_case_for_notes_and_accepted_findings() -> None:
    suite = _suite(result(waived(), finding(1, severity=Severity.NOTE)))
    assert suite.get("failures") == "0"
    assert "the gateway asks nobody" in str(suite.findtext("testcase/system-out"))


def test_junit_counts_what_could_not_be_read_as_an_error() -> None:
    assert _suite(result(model=model(unknowns=("no idea",)))).get("errors") == "1"


def test_junit_stays_well_formed_whatever_a_name_holds() -> None:
    hostile = HOSTILE + "\x00\ud800\ufffe]]>"
    suite = _suite(
        result(finding(message=hostile), changes=(change(words=hostile),), stage="s\x00", against=hostile)
    )
    assert suite.get("name") == "s\ufffd"
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "<script>alert(1)</script>" in str(failure.text)


def test_junit_fails_the_lock_where_anything_differs_and_a_comparison_only_where_it_widens() -> None:
    narrower = (change(Direction.NARROWING),)
    assert _suite(result(changes=narrower, frozen=False)).get("failures") == "1"
    assert _suite(result(changes=narrower)).get("failures") == "0"
    assert _suite(result(changes=(), frozen=False)).get("failures") == "1"
