"""For CI servers: JUnit XML, a test case for each check of each stage, and one for the lock."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from review import checks
from review.findings import Severity
from review.outputs.result import Part, Result


def render(result: Result) -> str:
    """Errors and warnings fail a case, accepted ones and notes are in its output."""
    root = ET.Element("testsuites", name="airside review")
    for part in result.parts:
        root.append(_suite(part))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(part: Part) -> ET.Element:
    cases = [*_checks(part), *_lock(part)]
    failures = sum(case.find("failure") is not None for case in cases)
    errors = sum(case.find("error") is not None for case in cases)
    suite = ET.Element(
        "testsuite",
        name=_clean(part.stage),
        tests=str(len(cases)),
        failures=str(failures),
        errors=str(errors),
    )
    suite.extend(cases)
    return suite


def _checks(part: Part) -> list[ET.Element]:
    if part.report is None:
        return []
    cases = []
    for check in checks.load().all():
        case = ET.Element("testcase", classname=_clean(f"{part.stage}.{check.id}"), name=check.title)
        found = [finding for finding in part.report.findings if finding.check == check.id]
        failing = [each for each in found if each.waiver is None and each.severity is not Severity.NOTE]
        if failing:
            failure = ET.SubElement(
                case, "failure", type=check.severity.value, message=_clean(failing[0].message)
            )
            failure.text = _clean(
                "\n".join(f"{each.message}\n  {each.place}\n  fix: {each.fix}" for each in failing)
            )
        others = [each for each in found if each not in failing]
        if others:
            ET.SubElement(case, "system-out").text = _clean("\n".join(each.message for each in others))
        cases.append(case)
    for unknown in part.report.model.unknowns:
        case = ET.Element("testcase", classname=_clean(f"{part.stage}.unread"), name="Everything can be read")
        ET.SubElement(case, "error", message=_clean(unknown))
        cases.append(case)
    return cases


def _lock(part: Part) -> list[ET.Element]:
    if part.changes is None:
        return []
    case = ET.Element("testcase", classname=_clean(f"{part.stage}.lock"), name=_clean(f"As {part.against}"))
    told = part.changes if part.frozen is False else part.widening
    if told or part.frozen is False:
        message = told[0].sentence if told else "the assembly differs from the lock"
        failure = ET.SubElement(case, "failure", type="error", message=_clean(message))
        failure.text = _clean("\n".join(f"{change.direction.value}: {change.sentence}" for change in told))
    return [case]


def _clean(text: str) -> str:
    """XML 1.0 has neither control characters nor halves of characters, escaped or not."""
    return "".join(each if _allowed(each) else "\N{REPLACEMENT CHARACTER}" for each in text)


def _allowed(character: str) -> bool:
    return character in "\t\n" or (
        character >= " " and not "\ud800" <= character <= "\udfff" and character not in "\ufffe\uffff"
    )
