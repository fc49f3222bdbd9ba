"""The policy agent: its prompt, and the tools the gateway grants it."""

from __future__ import annotations

from agent_common.definition import AgentDefinition
from policy.prompt import prompt

AGENT = AgentDefinition(prompt=prompt)
