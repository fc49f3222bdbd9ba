"""Where the user wants spans and decisions sent: the OpenTelemetry environment variables, as every SDK reads them.

Source: OpenTelemetry specification, "OpenTelemetry Protocol Exporter" and "Environment Variable Specification".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cli.outcome import Failure

if TYPE_CHECKING:
    from localcloud.traces.export import Destination, ExportSettings

_PREFIX = "OTEL_EXPORTER_OTLP_"
_PROTOCOL = "http/protobuf"


def settings(environment: Mapping[str, str]) -> ExportSettings | None:
    """What the variables say; None where they name no endpoint, or the SDK is switched off. Raises Failure."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    traces = _destination(environment, "TRACES", "v1/traces")
    logs = _destination(environment, "LOGS", "v1/logs")
    if traces is None and logs is None:
        return None
    from localcloud.traces.export import ExportSettings

    return ExportSettings(traces=traces, logs=logs)


def _destination(environment: Mapping[str, str], signal: str, path: str) -> Destination | None:
    def found(name: str) -> tuple[str, str]:
        """A variable's name and value: the signal's own counts before the one for all."""
        for key in (f"{_PREFIX}{signal}_{name}", f"{_PREFIX}{name}"):
            if value := environment.get(key, "").strip():
                return key, value
        return f"{_PREFIX}{name}", ""

    if environment.get(f"OTEL_{signal}_EXPORTER", "otlp").strip().lower() == "none":
        return None
    key, url = found("ENDPOINT")
    if not url:
        return None
    _check_protocol(*found("PROTOCOL"))
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Failure(f"{key}: must be a URL that starts with http:// or https://.")
    if key == f"{_PREFIX}ENDPOINT":
        # The one for all is a base that each signal has its path below; a signal's own is used as it is.
        url = f"{url.rstrip('/')}/{path}"
    from localcloud.traces.export import Destination

    return Destination(url, _headers(*found("HEADERS")), _seconds(*found("TIMEOUT")))


def _check_protocol(key: str, value: str) -> None:
    if value and value != _PROTOCOL:
        raise Failure(f"{key}={value}: only {_PROTOCOL} is spoken here. Set that, or leave it out.")


def _headers(key: str, value: str) -> dict[str, str]:
    """`name=value` pairs, separated by commas, values percent-encoded. A failure shows none of them."""
    if not value:
        return {}
    from opentelemetry.util.re import parse_env_headers

    pairs = [pair for pair in value.split(",") if pair.strip()]
    if not all("=" in pair for pair in pairs):
        raise Failure(f"{key}: write name=value, several separated by commas.")
    return dict(parse_env_headers(value, liberal=True))


def _seconds(key: str, value: str) -> float:
    """The SDK for Python takes seconds here, the specification says milliseconds; it is the SDK that sends."""
    try:
        seconds = float(value or "10")
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 600:
        raise Failure(f"{key}={value}: must be a number of seconds, more than 0 and at most 600.")
    return seconds
