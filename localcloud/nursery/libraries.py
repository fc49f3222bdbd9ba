"""What the warm process imports: the third-party libraries that take an agent most of its time to start.

A matter of speed only: what is missing here an agent imports for itself, and what is not installed is passed over.
Only the outermost modules stand here, each brings what it imports.

Not to be named here is what reads, while it is imported, a variable that differs from agent to agent or from stage
to stage, because it would keep another value than the agent's: `bedrock_agentcore` (AWS_REGION) and
`opentelemetry.sdk._logs`, with what imports it (OTEL_SERVICE_NAME). Should a library begin to, every agent is started
in the ordinary way (`child/launch.py` notes what is read and compares), and tests/local/nursery says so.
"""

from __future__ import annotations

from localcloud import agent_environment

LIBRARIES = (
    # What OpenTelemetry's automatic instrumentation starts with, before the agent's own module is run.
    "opentelemetry.instrumentation.auto_instrumentation",
    "opentelemetry.instrumentation.botocore.extensions.bedrock_utils",
    "opentelemetry.instrumentation.threading",
    "opentelemetry.sdk.trace.export",
    "opentelemetry.sdk.metrics.export",
    "opentelemetry.proto.collector.trace.v1.trace_service_pb2",
    "requests",
    # What BedrockAgentCoreApp serves with.
    "starlette.applications",
    "starlette.middleware",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.httptools_impl",
    "uvicorn.protocols.websockets.websockets_sansio_impl",
    # The agent itself, its model and its tools; the last three are imported with the first request.
    "boto3",
    "strands",
    "mcp.client.client",
    "httpcore2",
    "truststore",
    "h11",
)

ENVIRONMENT = {
    **agent_environment.PROCESS,
    # OpenTelemetry's API reads it when it is imported.
    "OTEL_PROPAGATORS": agent_environment.REPORTING["OTEL_PROPAGATORS"],
    # No folder, like none else, so that what is made of it is found and made of an agent's own instead.
    "HOME": "/nowhere/airside-nursery",
}
"""Of the agents' variables those with one value, so that what reads them on import keeps the right one."""
