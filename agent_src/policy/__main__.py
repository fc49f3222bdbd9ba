"""`python -m policy`: serve the policy agent."""

from agent_common.server import serve
from policy.agent import AGENT

if __name__ == "__main__":
    serve(AGENT)
