"""Stand-in for AgentCore Identity."""
