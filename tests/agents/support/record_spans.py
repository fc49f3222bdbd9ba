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

from agent_common.gateway_tools import GatewayToolbox
from tests.agents.support.agents import events_of, service
from tests.agents.support.connected import TOOL, connected
from tests.agents.support.gateway import GatewayStub
from tests.agents.support.scripted import ScriptedModel, Use, says, uses
from tests.agents.support.users import signed_in


async def one_request() -> None:
    stub, user = GatewayStub(), signed_in("canary-customer", "canary-token")
    model = ScriptedModel(
        uses(Use(TOOL, {"key": "canary-argument"}), text="canary-text"), says("canary-answer")
    )
    async with connected(stub) as gateway:
        toolbox = GatewayToolbox(gateway, users=True)
        await events_of(service(model, toolbox), "canary-prompt", user=user, workload_token="canary-token")
    assert stub.of("tools/call")[0].users == (user.token,)


if __name__ == "__main__":
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    asyncio.run(one_request())
    for span in exporter.get_finished_spans():
        sys.stdout.write(span.to_json(indent=None) + "\n")
