"""Each stage of the project resolves, with nothing unresolved, nothing shared, and nothing outside of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from localcloud.assembly import list_stages, load_stage
from localcloud.spec import LocalSystem
from tests.local.assembly.build import ADDRESSES

STAGES = ("airline-dev", "airline-staging", "airline-prod")


@pytest.fixture(scope="module")
def systems(assembly: Path) -> dict[str, LocalSystem]:
    return {stage: load_stage(assembly, stage, ADDRESSES) for stage in STAGES}


def texts(node: Any) -> Iterator[str]:
    if is_dataclass(node):
        for part in fields(node):
            yield from texts(getattr(node, part.name))
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from (*texts(key), *texts(value))
    elif isinstance(node, list | tuple):
        for item in node:
            yield from texts(item)
    elif isinstance(node, str | Path):
        yield str(node)


def test_the_stages_tested_here_are_the_projects(assembly: Path) -> None:
    assert set(list_stages(assembly)) >= set(STAGES)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_resolves_completely(systems: dict[str, LocalSystem], stage: str) -> None:
    system = systems[stage]
    assert (f"{system.system}-{system.environment}", system.stage) == (stage, stage)
    found = list(texts(system))
    assert len(found) > 100
    assert not [text for text in found if re.search(r"\$\{|Fn::|\{\{resolve|AWS::NoValue|^None$", text)]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_reaches_nothing_but_the_stand_ins(systems: dict[str, LocalSystem], stage: str) -> None:
    system = systems[stage]
    urls = [provider.token_url for provider in system.oauth_providers]
    urls += [system.gateway.url, system.gateway.authorizer.discovery_url, system.pool.issuer]
    parts: list[Any] = [*system.functions, *system.runtimes]
    urls += [url for part in parts for url in texts(part.environment)]
    local = ("http://127.0.0.1:", "https://127.0.0.1:")
    assert not [url for url in urls if "://" in url and not url.startswith(local)]


def test_stages_share_no_name_no_id_and_no_secret(systems: dict[str, LocalSystem]) -> None:
    def own(system: LocalSystem) -> set[str]:
        found = {system.pool.pool_id, system.gateway.arn, system.stage}
        for client in system.pool.clients:
            found |= {client.client_id, client.client_secret}
        parts: list[Any] = [*system.functions, *system.runtimes]
        for part in parts:
            found |= {part.name, part.arn}
        return found | {table.name for table in system.tables}

    dev, staging, prod = (own(systems[stage]) for stage in STAGES)
    assert not (dev & staging) | (dev & prod) | (staging & prod)
