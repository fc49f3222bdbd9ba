"""A project with one system of any number of agents, as a team would declare it. No benchmark itself.

One entry agent, a lead for every 25 agents, and the specialists behind the leads; targets of as many tools each, of
which the last has a rule, with a function and a table. Every agent may call a few tools of one target, every fifth the
one with the rule too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

SYSTEM, ENTRY = "works", "front"
TARGETS, TOOLS = 10, 20
GRANTS = 4
"""Tools that a specialist may call. A lead and the entry agent may call two: with none their code would have to offer
them those they delegate to."""
SPAN = 24
"""Specialists of a lead at most, and leads of the entry agent."""

_CODE = {
    "__init__.py": '"""{title}."""\n',
    "__main__.py": (
        '"""`python -m {package}`: serve {title}."""\n\n'
        "from agent_common.server import serve\n"
        "from {package}.agent import AGENT\n\n"
        'if __name__ == "__main__":\n'
        "    serve(AGENT)\n"
    ),
    "agent.py": (
        '"""{title}."""\n\n'
        "from __future__ import annotations\n\n"
        "from datetime import datetime\n\n"
        "from agent_common.definition import AgentDefinition\n"
        "from agent_common.facts import facts, identity\n"
        "from agent_common.invocation import Invocation\n\n\n"
        "def prompt(agent: str, invocation: Invocation, now: datetime) -> str:\n"
        '    """The system prompt of one request."""\n'
        '    return "\\n".join([identity(agent, "Works"), facts(invocation, now)])\n\n\n'
        "AGENT = AgentDefinition(prompt=prompt)\n"
    ),
}

_HANDLER = (
    "from lambda_common.tool import tool_handler\nfrom {package}.tools import build\n\n"
    "handler = tool_handler(build)\n"
)

_TOOLS = """\
import os
import re
from collections.abc import Mapping
from typing import Any

from lambda_common.arguments import Arguments
from lambda_common.dynamodb import Database, new_client
from lambda_common.errors import Refusal
from lambda_common.settings import table_name
from lambda_common.tool import Tool

JOB = re.compile("J[0-9]+")
NAMES = {names}


class Desk:
    def __init__(self, database: Database, table: str) -> None:
        self._database = database
        self._table = table

    def tool(self, name: str) -> Tool:
        def read(event: object) -> dict[str, Any]:
            job = Arguments(event, required=("job", "place")).text("job", JOB, "a letter and a number")
            row = self._database.get(self._table, {{"job": job}})
            if row is None:
                raise Refusal("unknown_job", "There is no such job.")
            return {{"tool": name, "job": row["job"], "state": row["state"]}}

        return read


def build() -> Mapping[str, Tool]:
    desk = Desk(Database(new_client()), table_name(os.environ, "{table}"))
    return {{name: desk.tool(name) for name in NAMES}}
"""

_ENVIRONMENT = """\
environment: dev
account: "111122223333"
region: eu-west-1
models:
  small: {model_id: anthropic.claude-3-haiku-20240307-v1:0}
policy_mode: ENFORCE
debug_exceptions: false
log_retention_days: 7
token_minutes: 10
alarms:
  error_rate_percent: 5
  latency_p95_ms: 5000
  refusals: 5
  notify: [works@example.com]
  runbook_url: https://example.com/runbook.md
kms: true
budget_usd: 500
retain_data: false
runtime:
  platform_version: V1
  endpoint: main
  sessions: {idle_seconds: 300, lifetime_seconds: 3600}
  network: {mode: public}
  agents: {}
web_acl_arn: null
"""


def write(
    folder: Path, agents: int, *, split: bool | None = None, targets: int = TARGETS, tools: int = TOOLS
) -> Path:
    """Writes the project into `folder` and returns it. `split` is declared if given; `tools` are of each target."""
    system = folder / "systems" / SYSTEM
    tables = "".join(
        f"  {_table(each)}: {{partition_key: job, data: internal, seed: jobs.json}}\n"
        for each in range(targets)
    )
    stated = "" if split is None else f"split: {'true' if split else 'false'}\n"
    _file(
        system / "system.yaml",
        f"system: {SYSTEM}\ntitle: Works\ndescription: Answers about jobs and their state.\n"
        f'entry_agent: {ENTRY}\nlanguages: [en]\nutc_offset: "+00:00"\n{stated}'
        f"limits: {{agent_requests_per_minute: 600, tool_calls_per_minute: 1200}}\ntables:\n{tables}",
    )
    _file(system / "data" / "jobs.json", json.dumps([{"job": "J1", "state": "done"}]) + "\n")
    _file(folder / "environments" / "dev.yaml", _ENVIRONMENT)
    for name, text in _agents(agents, targets, tools):
        _file(system / "agents" / f"{name}.yaml", text)
        package = name.replace("-", "_")
        for file, code in _CODE.items():
            _file(
                folder / "agent_src" / package / file, code.format(title=f"The agent {name}", package=package)
            )
    for target in range(targets):
        _file(system / "targets" / f"{_target(target)}.yaml", _declared(target, tools))
        package = f"tool_desk{target}"
        function = folder / "lambda" / package
        _file(function / "__init__.py", "")
        _file(function / "handler.py", _HANDLER.format(package=package))
        names = tuple(tool(target, each) for each in range(tools))
        _file(function / "tools.py", _TOOLS.format(names=names, table=_table(target)))
    return folder


def tool(target: int, number: int) -> str:
    return f"read_{target}_{number:02}"


def delegations(agents: int) -> dict[str, list[str]]:
    """Agent → whom it delegates to, the entry agent first."""
    if agents == 1:
        return {ENTRY: []}
    leads = -(-(agents - 1) // (SPAN + 1))
    specialists = [f"clerk-{number:03}" for number in range(agents - 1 - leads)]
    by_lead = {f"lead-{number:02}": specialists[number::leads] for number in range(leads)}
    return {ENTRY: list(by_lead), **by_lead, **{each: [] for each in specialists}}


def _agents(agents: int, targets: int, tools: int) -> Iterator[tuple[str, str]]:
    for number, (name, delegates) in enumerate(delegations(agents).items()):
        count = 2 if delegates else GRANTS
        target = number % targets
        granted = [tool(target, (number * 3 + step) % (tools - 1)) for step in range(count)]
        if number % 5 == 0:
            granted[-1] = tool(target, tools - 1)
        may_call = f"{{{_target(target)}: [{', '.join(granted)}]}}"
        yield (
            name,
            f"agent: {name}\npurpose: Answers about its part of the works.\nowner: works\nprotocol: http\n"
            f"model: small\nmay_call: {may_call}\nmay_delegate_to: [{', '.join(delegates)}]\n"
            "limits: {turns: 6, seconds: 60}\n",
        )


def _target(number: int) -> str:
    return f"desk-{number}"


def _table(number: int) -> str:
    return f"jobs-{number}"


def _declared(target: int, tools: int) -> str:
    lines = [
        f"target: {_target(target)}\nkind: lambda\ndescription: Jobs of desk {target}.\n"
        f"function: tool_desk{target}\ntables: [{_table(target)}]\ntools:\n"
    ]
    for number in range(tools):
        rule = "    arguments: {place: {one_of: [hall, yard]}}\n" if number == tools - 1 else ""
        lines.append(
            f"  {tool(target, number)}:\n"
            f"    description: Returns part {number} of what desk {target} knows about a job.\n"
            "    input:\n"
            '      job: {type: string, description: "The number of the job."}\n'
            '      place: {type: string, description: "Where the job is done."}\n'
            f"    required: [job, place]\n{rule}"
            "    effect: read\n    data: internal\n    egress: none\n"
        )
    return "".join(lines)


def _file(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
