"""The OpenTelemetry variables as the platform reads them, and how wrong ones are told of."""

from __future__ import annotations

import pytest

from cli.otlp import settings
from cli.outcome import Failure

ALL = "OTEL_EXPORTER_OTLP_"
BASE = {f"{ALL}ENDPOINT": "http://127.0.0.1:4318"}
SECRET = "S3CRET"


def test_without_an_endpoint_nothing_is_sent() -> None:
    assert settings({}) is None
    assert settings({f"{ALL}ENDPOINT": " ", f"{ALL}HEADERS": "a=b"}) is None
    assert settings({**BASE, "OTEL_SDK_DISABLED": "true"}) is None
    assert settings({**BASE, "OTEL_TRACES_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"}) is None


@pytest.mark.parametrize("base", ["http://127.0.0.1:4318", "http://127.0.0.1:4318/", "https://host/otlp"])
def test_the_endpoint_for_all_is_a_base(base: str) -> None:
    found = settings({f"{ALL}ENDPOINT": base, f"{ALL}HEADERS": "api-key=x%20y, Other=z"})
    assert found is not None
    assert found.traces is not None
    assert found.logs is not None
    assert found.traces.url == f"{base.rstrip('/')}/v1/traces"
    assert found.logs.url == f"{base.rstrip('/')}/v1/logs"
    assert dict(found.traces.headers) == {"api-key": "x y", "other": "z"}
    assert found.traces.timeout == 10


def test_a_signals_own_variables_count_before_those_for_all() -> None:
    found = settings(
        {
            **BASE,
            f"{ALL}TRACES_ENDPOINT": "https://traces.example/own/path",
            f"{ALL}TRACES_HEADERS": "a=1",
            f"{ALL}HEADERS": "b=2",
            f"{ALL}TRACES_TIMEOUT": "3",
            f"{ALL}PROTOCOL": "grpc",
            f"{ALL}TRACES_PROTOCOL": "http/protobuf",
            "OTEL_LOGS_EXPORTER": "none",
        }
    )
    assert found is not None
    assert found.traces is not None
    assert (found.traces.url, dict(found.traces.headers)) == ("https://traces.example/own/path", {"a": "1"})
    assert (found.traces.timeout, found.logs) == (3, None)


def test_spans_alone_can_be_sent() -> None:
    found = settings({f"{ALL}TRACES_ENDPOINT": "http://127.0.0.1:1/v1/traces"})
    assert found is not None
    assert found.traces is not None
    assert found.logs is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENDPOINT", "127.0.0.1:4318"),
        ("ENDPOINT", "grpc://host:4317"),
        ("ENDPOINT", "http://"),
        ("PROTOCOL", "grpc"),
        ("PROTOCOL", "http/json"),
        ("HEADERS", f"{SECRET}"),
        ("HEADERS", f"a=b,{SECRET}"),
        ("TIMEOUT", "soon"),
        ("TIMEOUT", "0"),
        ("TIMEOUT", "nan"),
    ],
)
def test_a_wrong_variable_is_named_and_no_header_shown(name: str, value: str) -> None:
    with pytest.raises(Failure, match=f"{ALL}{name}") as caught:
        settings({**BASE, f"{ALL}{name}": value})
    assert SECRET not in str(caught.value)
