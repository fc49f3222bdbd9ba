"""Rules that join environments: what is a whole account's can be one environment's only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from governance.document import Document
from governance.errors import Problem


def problems_of(environments: Iterable[Document]) -> Iterator[Problem]:
    """A second environment that would make the same account's settings, which then have two owners."""
    owners: dict[tuple[str, str], Document] = {}
    for document in environments:
        if "account_settings" not in document.value:
            continue
        place = (document.value["account"], document.value["region"])
        owner = owners.setdefault(place, document)
        if owner is not document:
            yield document.problem(
                ("account_settings",),
                f"is for the account {place[0]} in {place[1]}, whose settings {owner.file} already holds.",
                "Keep them in one of the two.",
            )
