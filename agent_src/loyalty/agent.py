"""The loyalty agent: its prompt, and the tools the gateway grants it."""

from __future__ import annotations

from agent_common.definition import AgentDefinition
from loyalty.prompt import prompt

AGENT = AgentDefinition(prompt=prompt)
