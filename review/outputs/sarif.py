"""For code scanning: SARIF 2.1.0, at the line of the declaration where that is known.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) 2.1.0.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from review import checks
from review.compare import Change, Direction
from review.findings import Check, Finding, Severity
from review.outputs.result import Result
from review.stage import Place

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_CHANGES = {
    Direction.WIDENING: ("ACCESS-WIDER", "error"),
    Direction.UNKNOWN: ("ACCESS-UNKNOWN", "error"),
    Direction.NARROWING: ("ACCESS-NARROWER", "note"),
    Direction.NEUTRAL: ("ACCESS-OTHER", "note"),
}
_TITLES = {
    "ACCESS-WIDER": "Access is wider than approved",
    "ACCESS-UNKNOWN": "Access changed in a way nobody can call narrower",
    "ACCESS-NARROWER": "Access is narrower than approved",
    "ACCESS-OTHER": "Something changed beside access",
}


def render(result: Result) -> str:
    """One run. Waived findings are there as accepted suppressions."""
    results = [
        _finding(part.stage, each) for part in result.parts if part.report for each in part.report.findings
    ]
    results += [_change(part.stage, change) for part in result.parts for change in part.changes or ()]
    rules = [*map(_rule, checks.load().all()), *map(_change_rule, _CHANGES.values())]
    document = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "airside review", "rules": rules}},
                "columnKind": "unicodeCodePoints",
                "results": results,
                "invocations": [{"executionSuccessful": result.exit_code != 2, "exitCode": result.exit_code}],
            }
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _rule(check: Check) -> dict[str, Any]:
    explained = " ".join((check.look.__doc__ or check.title).split())
    return {
        "id": check.id,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": explained},
        "help": {"text": f"{check.fix} Source: {check.source}."},
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
    }


def _change_rule(rule: tuple[str, str]) -> dict[str, Any]:
    id_, level = rule
    return {"id": id_, "shortDescription": {"text": _TITLES[id_]}, "defaultConfiguration": {"level": level}}


def _finding(stage: str, finding: Finding) -> dict[str, Any]:
    found = _result(
        stage, finding.check, _LEVELS[finding.severity], finding.subject, finding.message, finding.place
    )
    if finding.waiver:
        reason = f"{finding.waiver.reason} ({finding.waiver.owner}, until {finding.waiver.expires})"
        found["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return found


def _change(stage: str, change: Change) -> dict[str, Any]:
    id_, level = _CHANGES[change.direction]
    return _result(stage, id_, level, f"{change.kind} {change.subject}", change.sentence, change.place)


def _result(stage: str, rule: str, level: str, subject: str, message: str, place: Place) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ruleId": rule,
        "level": level,
        "message": {"text": f"{stage}: {message}"},
        # Neither lines nor logical ids: the same finding stays the same when code moves.
        "partialFingerprints": {
            "access/v1": hashlib.sha256(f"{stage}\0{rule}\0{subject}".encode()).hexdigest()[:32]
        },
    }
    location = _location(place)
    if location:
        found["locations"] = [location]
    return found


def _location(place: Place) -> dict[str, Any] | None:
    file, _, line = place.declared.rpartition(":")
    if file and line.isdecimal():
        region = {"startLine": max(1, int(line))}
        return {"physicalLocation": {"artifactLocation": {"uri": _uri(file)}, "region": region}}
    if not place.file:
        return None
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": _uri(place.file)}}}
    if place.path:
        location["logicalLocations"] = [{"fullyQualifiedName": place.path}]
    return location


def _uri(file: str) -> str:
    from urllib.parse import quote

    return quote(file.lstrip("/"))
