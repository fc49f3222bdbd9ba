"""The loyalty agent."""
