"""Publishes the console's files, which are part of its own asset, when a stack is created, changed or deleted."""
