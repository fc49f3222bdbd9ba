"""The booking agent."""
