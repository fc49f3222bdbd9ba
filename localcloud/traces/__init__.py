"""Traces: spans of the stand-ins and of the agents, kept in memory, shown, and sent on where the user says."""

from localcloud.traces.recorder import Arguments, Recorder
from localcloud.traces.span import Begun, Span
from localcloud.traces.store import Trace, TraceStore

__all__ = ["Arguments", "Begun", "Recorder", "Span", "Trace", "TraceStore"]
