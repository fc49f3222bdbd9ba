"""Writes the actions that exist in IAM to review/iam/actions.txt, from the pinned release of cfn-lint:

python -m tests.review.iam.known_actions
"""

from __future__ import annotations

import json
from importlib.resources import files

from review.iam.actions import FILE, NO_RESOURCE


def text() -> str:
    data = files("cfnlint").joinpath("data", "AdditionalSpecs", "Policies.json").read_text(encoding="utf-8")
    lines = []
    for service, known in sorted(json.loads(data).items()):
        actions = [
            name + ("" if given.get("Resources") else NO_RESOURCE) for name, given in known["Actions"].items()
        ]
        lines.append(" ".join((service, *sorted(actions))))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="ascii")
