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
_ELSEWHERE = (
    (
        "CI-01",
        "The pipeline's role trusts one repository and environment",
        "[IAM-08](IAM-08.md), where that role is in the assembly; the role is usually made before it",
    ),
    (
        "CI-02",
        "No `pull_request_target` with a checkout of the head; every action pinned by SHA",
        "a linter of workflow files, such as zizmor: they are not in an assembly",
    ),
    (
        "CI-03",
        "The CDK's command line is pinned, and reads the manifest",
        "the lock file in `cli/deploying/toolchain`; a manifest that this reader does not understand is exit code 2",
    ),
    (
        "CI-04",
        "Jobs of pull requests hold no `id-token: write`",
        "a linter of workflow files, such as zizmor",
    ),
    (
        "CI-05",
        "What is deployed is what was reviewed",
        "running `./airside review --frozen --assembly` on the very folder that is deployed (docs/review.md)",
    ),
)
"""Rows of the catalogue that cannot be decided from an assembly, each with what decides it."""
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
    rows = [f"| {id_} | {title} | {why} |" for id_, title, why in _ELSEWHERE]
    parts += [
        "## What no assembly can show",
        "These concern the pipeline that makes and deploys the assembly; no check of the review decides them.",
        "\n".join(["| id | in order | decided by |", "|---|---|---|", *rows]),
    ]
    return "\n\n".join(parts) + "\n"
