"""The policy agent."""
