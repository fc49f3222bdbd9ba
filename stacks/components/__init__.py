"""Constructs that hold resources; the stacks only compose them."""
