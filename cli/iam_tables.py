"""The tables of `docs/generated/iam/`: every IAM statement of the stacks, and why it is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cli.iam_statements import Found, found

FOLDER = "docs/generated/iam"
PARTS = ("identity", "tools", "gateway", "runtime", "observability")
_NOTE = (
    "Made from the synthesized templates by `./airside generate`. ENV, ACCOUNT and REGION stand for an "
    "environment's own; AGENT, FUNCTION and SERVER for the declared thing a role is of; `${…}` for what AWS fills in."
)


@dataclass
class Row:
    """Equal statements of the same kind of owner, and who has them."""

    first: Found
    members: dict[str, None] = field(default_factory=dict)
    environments: dict[str, None] = field(default_factory=dict)


@dataclass
class Section:
    """One role or resource, or all that differ in their member's name only."""

    owner: str
    rows: dict[object, Row] = field(default_factory=dict)

    def members(self) -> dict[str, None]:
        return {member: None for row in self.rows.values() for member in row.members}


def pages(cdk_out: Path) -> dict[str, str]:
    """Path → content of each page."""
    everything = list(found(cdk_out))
    environments = dict.fromkeys(each.environment for each in everything)
    parts = dict.fromkeys((*PARTS, *(each.part for each in everything)))
    sections = {part: _sections(each for each in everything if each.part == part) for part in parts}
    made = {f"{FOLDER}/{part}.md": _page(part, sections[part], environments) for part in parts}
    made[f"{FOLDER}/README.md"] = _index(sections, everything)
    return made


def _sections(statements: Iterable[Found]) -> list[Section]:
    sections: dict[str, Section] = {}
    for each in statements:
        section = sections.setdefault(each.owner, Section(each.owner))
        same = each.statement
        key = (
            each.trust,
            same.sid,
            same.why,
            same.effect,
            same.actions,
            same.resources,
            same.principals,
            same.conditions,
        )
        row = section.rows.setdefault(key, Row(each))
        row.members[each.member] = None
        row.environments[each.environment] = None
    return list(sections.values())


def _page(part: str, sections: list[Section], environments: dict[str, None]) -> str:
    lines = [f"# IAM statements of the {part} stack", "", _NOTE, ""]
    if not sections:
        lines += ["The stack has no role and no policy.", ""]
    for section in sections:
        lines += [f"## `{section.owner}`", ""]
        members = [member for member in section.members() if member]
        if members:
            lines += [f"Of {', '.join(members)}, a role each.", ""]
        lines += ["| statement | may | on | when | why |", "|---|---|---|---|---|"]
        lines += [_row(row, section, environments) for row in section.rows.values()]
        lines.append("")
    return "\n".join(lines)


def _row(row: Row, section: Section, environments: dict[str, None]) -> str:
    statement = row.first.statement
    name = "trust" if row.first.trust else statement.sid
    only = []
    if set(row.members) != set(section.members()):
        only.append(", ".join(row.members))
    if set(row.environments) != set(environments):
        only.append(", ".join(row.environments))
    if only:
        name += f"<br>only {'; '.join(only)}"
    effect = "**denied** " if statement.effect == "Deny" else ""
    actions = (*statement.actions, *(f"not {action}" for action in statement.not_actions))
    resources = (*statement.resources, *(f"not {resource}" for resource in statement.not_resources))
    who = [f"by {principal}" for principal in statement.principals]
    cells = (
        name,
        effect + _code(actions),
        _code(resources) or "this role",
        "<br>".join(filter(None, (_plain(who), _code(statement.conditions)))),
        _plain([statement.why]),
    )
    return "| " + " | ".join(cells) + " |"


def _code(texts: Iterable[str]) -> str:
    return "<br>".join(f"`{_escaped(text)}`" for text in texts)


def _plain(texts: Iterable[str]) -> str:
    return "<br>".join(_escaped(text) for text in texts)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _index(sections: dict[str, list[Section]], everything: list[Found]) -> str:
    lines = [
        "# IAM statements, stack by stack",
        "",
        _NOTE,
        "",
        "| stack | roles and policies | statements |",
        "|---|---|---|",
    ]
    for part, listed in sections.items():
        owners = ", ".join(f"`{section.owner}`" for section in listed) or "none"
        count = sum(len(section.rows) for section in listed)
        lines.append(f"| [{part}]({part}.md) | {owners} | {count} |")
    allowed = {
        action
        for each in everything
        if each.statement.effect == "Allow" and not each.trust and not each.statement.principals
        for action in each.statement.actions
    }
    lines += [
        "",
        "## What a permissions boundary must let through",
        "",
        "An environment's `permissions_boundary` bounds every role. Whatever it leaves out of these, some role needs:",
        "",
        *(f"- `{action}`" for action in sorted(allowed)),
        "",
    ]
    return "\n".join(lines)
