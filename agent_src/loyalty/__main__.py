"""`python -m loyalty`: serve the loyalty agent."""

from agent_common.server import serve
from loyalty.agent import AGENT

if __name__ == "__main__":
    serve(AGENT)
