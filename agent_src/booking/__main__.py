"""`python -m booking`: serve the booking agent."""

from agent_common.server import serve
from booking.agent import AGENT

if __name__ == "__main__":
    serve(AGENT)
