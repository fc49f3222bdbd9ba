"""Mutation testing of the decision code: one small change at a time, each of which some test must notice."""
