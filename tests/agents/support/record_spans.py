"""Run by a test in a process of its own: one request with spans recorded, written out as JSON lines.

The process's environment decides what Strands puts into a span, and it is read once.
"""

from __future__ import annotations

import asyncio
import sys

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.agents.support.agents import events_of, fixed, look_up, service
from tests.agents.support.scripted import ScriptedModel, Use, says, uses

if __name__ == "__main__":
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    model = ScriptedModel(
        uses(Use("look_up", {"key": "canary-argument"}), text="canary-text"), says("canary-answer")
    )
    asyncio.run(events_of(service(model, fixed(look_up)), "canary-prompt", customer_id="canary-customer"))
    for span in exporter.get_finished_spans():
        sys.stdout.write(span.to_json(indent=None) + "\n")
