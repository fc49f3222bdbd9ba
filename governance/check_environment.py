"""Rules about an environment file that its form cannot state, and its joins with the systems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from governance.document import Document, KeyPath
from governance.errors import Problem
from governance.front_end import REGION as CLOUDFRONT

Agents = Mapping[str, Sequence[str]]
"""Declared systems, each with its agents (or its hosted tool servers)."""


def problems_of(document: Document) -> list[Problem]:
    """Every problem of one environment by itself."""
    return [*_network(document), *_sessions(document), *_web_acl(document), *_front_end(document)]


def _network(document: Document) -> Iterator[Problem]:
    network = document.value["runtime"]["network"]
    if network["mode"] != "public":
        return
    for key in ("subnets", "security_groups"):
        if key in network:
            yield document.problem(
                ("runtime", "network", key), "is set, but the mode is public.", "Set mode: vpc or remove it."
            )


def _sessions(document: Document) -> Iterator[Problem]:
    runtime = document.value["runtime"]
    default = runtime["sessions"]
    yield from _order(document, ("runtime", "sessions"), default)
    for key in ("agents", "servers"):
        for system, each in runtime.get(key, {}).items():
            for name, own in each.items():
                if "idle_seconds" in own or "lifetime_seconds" in own:
                    yield from _order(document, ("runtime", key, system, name), {**default, **own})


def _web_acl(document: Document) -> Iterator[Problem]:
    """A web ACL guards a gateway of its own Region and account only (AgentCore Developer Guide, "AWS WAF")."""
    arn = document.value["web_acl_arn"]
    if arn is None:
        return
    _, _, _, region, account, _ = arn.split(":", 5)
    for key, found in (("region", region), ("account", account)):
        wanted = document.value[key]
        if found != wanted:
            yield document.problem(
                ("web_acl_arn",),
                f"is of the {key} {found}, and the environment's is {wanted}.",
                "Name a web ACL there.",
            )


def _front_end(document: Document) -> Iterator[Problem]:
    """A certificate or web ACL of another account or region is refused by CloudFront in the middle of a deployment."""
    value = document.value.get("front_end") or {}
    for key in ("certificate_arn", "web_acl_arn"):
        arn = value.get(key)
        if arn is None:
            continue
        _, _, _, region, account, _ = arn.split(":", 5)
        if region != CLOUDFRONT:
            yield document.problem(
                ("front_end", key),
                f"is of the region {region}; CloudFront takes it from {CLOUDFRONT} only.",
                "Name one there.",
            )
        if account != document.value["account"]:
            yield document.problem(
                ("front_end", key),
                f"is of the account {account}, and the environment's is {document.value['account']}.",
                "Name one there.",
            )


def _order(document: Document, path: KeyPath, times: Mapping[str, Any]) -> Iterator[Problem]:
    idle, lifetime = times["idle_seconds"], times["lifetime_seconds"]
    if idle > lifetime:
        yield document.problem(
            path, f"lets a session idle for {idle} s and live for {lifetime} s.", "Let it live longer."
        )


def unknown(document: Document, agents: Agents, servers: Agents) -> Iterator[Problem]:
    """Settings for agents that do not exist: a misspelt pin would pin nothing. Only with all systems sound."""
    for key, what, declared in (("agents", "agent", agents), ("servers", "hosted tool server", servers)):
        for system, named in document.value["runtime"].get(key, {}).items():
            if system not in declared:
                yield document.problem(("runtime", key, system), "is no system.", _listed(declared))
                continue
            for name in named:
                if name not in declared[system]:
                    path = ("runtime", key, system, name)
                    yield document.problem(path, f"is no {what} of {system}.", _listed(declared[system]))


def _listed(names: Mapping[str, Any] | Sequence[str]) -> str:
    return "Known: " + ", ".join(sorted(names)) + "." if names else "None is declared."
