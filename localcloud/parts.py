"""What an agent has of AgentCore beside its runtime, resolved to local values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Memory:
    """An AgentCore Memory. `strategies` maps a strategy's id to its namespace templates."""

    memory_id: str
    arn: str
    name: str
    expiry_days: int
    strategies: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class CodeInterpreter:
    """An AgentCore code interpreter without a network (`SANDBOX`)."""

    interpreter_id: str
    arn: str
    name: str


@dataclass(frozen=True)
class Browser:
    """An AgentCore browser; nothing here is one."""

    browser_id: str
    arn: str
    name: str
