"""Attacks on an MCP gateway, as data, and what sends them: see `./airside attack --help`.

Imports nothing else of this project, so that what is attacked cannot lend a hand.
"""
