"""A page for every check of the review, written from its registration."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from review.findings import Check

FOLDER = "docs/checks"
_AREAS = {
    "DAT": "Data",
    "FLW": "Flows between tools and agents",
    "GWY": "Gateways",
    "IAM": "Roles and permissions",
    "IDN": "Identity",
    "INT": "Interceptors",
    "LOG": "Logs",
    "NET": "Network",
    "OPS": "Operations",
    "POL": "Policies",
    "RUN": "Runtimes",
    "SEC": "Secrets",
    "STG": "Stages",
    "TOL": "Tools",
    "WAI": "Waivers",
}
_SEVERITIES = {
    "error": "error: `./airside review` exits 1 while it is open",
    "warning": "warning: somebody should look at it; it does not fail a review",
    "note": "note: for information",
}


def pages() -> Iterator[tuple[str, str]]:
    """Path and content of every page, and of their index."""
    from review import checks

    known = checks.load().all()
    yield f"{FOLDER}/README.md", _index(known)
    for check in known:
        yield check.page, _page(check)


def _page(check: Check) -> str:
    waivable = (
        "yes, in `access/waivers.yaml`, with a reason, an owner and a day on which it ends"
        if check.waivable
        else "no"
    )
    parts = [
        f"# {check.id}: {check.title}",
        "Written by `./airside generate` from the check itself.",
        f"- **Severity**: {_SEVERITIES[check.severity]}\n"
        f"- **Can be waived**: {waivable}\n"
        f"- **Found by**: `{check.look.__module__}`, function `{check.look.__name__}`",
        "## What and why",
        inspect.cleandoc(check.look.__doc__ or ""),
        "## How it is fixed",
        check.fix,
        "## Source",
        check.source,
        "[All checks](README.md)",
    ]
    return "\n\n".join(parts) + "\n"


def _index(known: tuple[Check, ...]) -> str:
    parts = [
        "# Checks of the review",
        f"`./airside review` looks for these {len(known)} things in a synthesized assembly. Written by"
        " `./airside generate`; each page says what a finding means and how it is fixed.",
    ]
    for area, members in groupby(known, key=lambda check: check.id.partition("-")[0]):
        rows = [
            f"| [{check.id}]({check.id}.md) | {check.title} | {check.severity} | {'yes' if check.waivable else 'no'} |"
            for check in members
        ]
        parts += [
            f"## {_AREAS[area]}",
            "\n".join(["| id | in order | severity | waivable |", "|---|---|---|---|", *rows]),
        ]
    return "\n\n".join(parts) + "\n"
