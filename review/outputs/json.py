"""For programs: findings, changes and, for one stage, the whole model."""

from __future__ import annotations

import json
from typing import Any

from review.compare import Change
from review.document import to_document
from review.findings import Finding
from review.outputs.result import Part, Result
from review.stage import Place

FORMAT = "airside.review"
VERSION = 1


def render(result: Result) -> str:
    """`{"format", "version", "title", "exit_code", "stages": [{"stage", "findings", "changes", "model"}]}`."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "title": result.title,
        "exit_code": result.exit_code,
        "stages": [_part(part) for part in result.parts],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _part(part: Part) -> dict[str, Any]:
    found: dict[str, Any] = {"stage": part.stage, "exit_code": part.exit_code}
    if part.frozen is not None:
        found["as_approved"] = part.frozen
    if part.changes is not None:
        found["against"] = part.against
        found["changes"] = [_change(change) for change in part.changes]
    if part.report is not None:
        found["findings"] = [_finding(finding) for finding in part.report.findings]
        found["model"] = to_document(part.report.model, places=True)
    return found


def _change(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "subject": change.subject,
        "direction": change.direction.value,
        "sentence": change.sentence,
        "detail": list(change.detail),
        "place": _place(change.place),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    waiver = finding.waiver
    return {
        "check": finding.check,
        "severity": finding.severity.value,
        "subject": finding.subject,
        "message": finding.message,
        "fix": finding.fix,
        "source": finding.source,
        "place": _place(finding.place),
        "waiver": {"reason": waiver.reason, "owner": waiver.owner, "expires": waiver.expires}
        if waiver
        else None,
    }


def _place(place: Place) -> dict[str, str]:
    return {"file": place.file, "path": place.path, "construct": place.construct, "declared": place.declared}
