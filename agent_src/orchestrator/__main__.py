"""`python -m orchestrator`: serve the orchestrator agent."""

from agent_common.server import serve
from orchestrator.agent import AGENT

if __name__ == "__main__":
    serve(AGENT)
