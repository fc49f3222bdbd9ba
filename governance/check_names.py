"""Names that are made of declared ones, and how long AWS lets each be (contracts §11)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from governance import names
from governance.document import Document
from governance.errors import Problem
from governance.model import Environment
from governance.parts import BrowserNetwork

if TYPE_CHECKING:
    from governance.check import Join

_Made = tuple[Document, str, str, int]
"""The document and the key a name is made of, the name, and the most characters it may have."""


def problems_of(join: Join) -> Iterator[Problem]:
    for environment in join.environments:
        derived = names.Names(str(join.system.value["system"]), environment.name)
        made = (
            *_of_system(join, derived, environment),
            *_of_agents(join, derived, environment),
            *_of_targets(join, derived),
        )
        for document, key, name, most in made:
            if len(name) > most:
                yield document.problem(
                    (key,),
                    f"makes the name {name!r} of {len(name)} characters; AWS takes {most}.",
                    "Shorten it.",
                )


def _of_system(join: Join, derived: names.Names, environment: Environment) -> Iterator[_Made]:
    yield join.system, "system", derived.gateway, 48
    yield join.system, "system", derived.policy_engine, 48
    yield join.system, "system", derived.domain_prefix(environment.account), 63


def _of_agents(join: Join, derived: names.Names, environment: Environment) -> Iterator[_Made]:
    ruled = any("arguments" in tool for target in join.targets for tool in target.value["tools"].values())
    for agent in join.agents:
        name = str(agent.value["agent"])
        # What an agent has of its own is named as its runtime is, but for a browser in a VPC.
        yield agent, "agent", derived.runtime(name), 48
        yield agent, "agent", derived.policy(name, 99), 48
        yield agent, "agent", derived.delivery(names.agent_subject(name), "traces"), names.MAX_DELIVERY_NAME
        if ruled or agent.value.get("may_search"):
            yield agent, "agent", derived.rule_policy(name, ""), 48
        if agent.value.get("memory", "none") != "none":
            delivery = derived.delivery(names.memory_subject(name), "traces")
            yield agent, "agent", delivery, names.MAX_DELIVERY_NAME
        if agent.value.get("browser") == BrowserNetwork.VPC:
            browser = derived.browser(name, environment.runtime.network.subnets)
            yield agent, "agent", browser, names.MAX_PART_NAME


def _of_targets(join: Join, derived: names.Names) -> Iterator[_Made]:
    for target in join.targets:
        if target.value["kind"] == "lambda":
            yield target, "function", derived.function(str(target.value["function"])), 64
        elif "runtime" in target.value:
            package = str(target.value["runtime"])
            delivery = derived.delivery(names.server_subject(package), "traces")
            yield target, "runtime", derived.tool_runtime(package), 48
            yield target, "runtime", derived.server_role(package), 64
            yield target, "runtime", delivery, names.MAX_DELIVERY_NAME
