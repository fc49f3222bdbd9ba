"""The orchestrator: its prompt, and the specialists it asks. It uses no tool of the gateway itself."""

from __future__ import annotations

from agent_common.call import Toolbox
from agent_common.definition import AgentDefinition
from agent_common.settings import Settings
from orchestrator.prompt import prompt


def open_toolbox(settings: Settings) -> Toolbox:
    """Imported when it is opened: Strands takes its time to load."""
    from agent_common.delegates import open_delegates
    from orchestrator.tools import SpecialistToolbox

    return SpecialistToolbox(open_delegates(settings))


AGENT = AgentDefinition(prompt=prompt, open_toolbox=open_toolbox, delegates=("booking", "loyalty", "policy"))
