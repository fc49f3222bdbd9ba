"""What CloudFormation takes of one stack (AWS CloudFormation User Guide, "Understand CloudFormation quotas")."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from stacks.gates.finding import Finding
from stacks.gates.templates import StageTemplates, mapping

MAX_BYTES = 1_000_000

_Measure = Callable[[Mapping[str, Any]], int]

_SPLIT = (
    "Declare split: true in the system's system.yaml; if it is, make two systems of agents and targets that have "
    "nothing to do with each other."
)

STACK: tuple[tuple[str, str, str, int, _Measure], ...] = (
    ("stack-resources", "resources", _SPLIT, 500, lambda template: len(mapping(template.get("Resources")))),
    ("stack-outputs", "outputs", _SPLIT, 200, lambda template: len(mapping(template.get("Outputs")))),
    (
        "stack-parameters",
        "parameters",
        _SPLIT,
        200,
        lambda template: len(mapping(template.get("Parameters"))),
    ),
    (
        "stack-size",
        "bytes",
        _SPLIT,
        MAX_BYTES,
        # As the CDK writes it: one blank of indentation per level.
        lambda template: len(json.dumps(template, indent=1, ensure_ascii=False).encode()),
    ),
    (
        "stack-description",
        "bytes of description",
        "Shorten the system's title.",
        1024,
        lambda template: len(str(template.get("Description", "")).encode()),
    ),
)
"""Rule, what is counted, advice, the most, and how it is counted."""


def findings(stage: StageTemplates) -> list[Finding]:
    found = []
    for path, template in stage.templates.items():
        for rule, counted, advice, most, measure in STACK:
            count = measure(template)
            if count > most:
                what = f"The stack has {count} {counted}. CloudFormation takes {most}."
                found.append(Finding(rule, what, advice, template=path))
    return found
