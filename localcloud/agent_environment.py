"""Environment variables that have one value for every agent's process.

What differs from agent to agent, and what the template says, is added where a process is started. Of importance
beyond tidiness: libraries that read one of these while they are imported may be imported before it is known whose
process it will be (localcloud/nursery).
"""

from __future__ import annotations

PROCESS = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONUNBUFFERED": "1",
    # The assembly is what gets deployed: no compiled files may appear in it.
    "PYTHONDONTWRITEBYTECODE": "1",
}
"""What every process gets."""

REPORTING = {
    "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_METRICS_EXPORTER": "none",
    "OTEL_LOGS_EXPORTER": "none",
    "OTEL_PROPAGATORS": "tracecontext",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "1",
    # Half a second, so that a request's spans are there soon after it.
    "OTEL_BSP_SCHEDULE_DELAY": "500",
    # As the image has it: prompts, answers and arguments do not even leave the process.
    "OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_unredacted_attributes=",
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "256",
}
"""What a process that reports its spans gets (OpenTelemetry specification, "Environment Variable Specification")."""
