"""A wrong environment is told by name and refuses; it never crashes the function or opens it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway_interceptor.settings import Settings, SettingsError, parse_endpoint
from tests.functions.interceptor.tokens import Signer
from tests.functions.interceptor.world import ENVIRONMENT, World, method, refused, request

URLS = [
    ("https://cognito-idp.eu-central-1.amazonaws.com/p_1/.well-known/jwks.json", True, 443),
    ("https://issuer.example:8443/jwks.json", True, 8443),
    ("http://127.0.0.1:8702/p/.well-known/jwks.json", False, 8702),
    ("http://localhost/jwks", False, 80),
    ("http://[::1]:1/jwks", False, 1),
]


@pytest.mark.parametrize(("url", "secure", "port"), URLS)
def test_https_and_this_machine_are_accepted(url: str, secure: bool, port: int) -> None:
    endpoint = parse_endpoint(url)
    assert (endpoint.secure, endpoint.port) == (secure, port)
    assert endpoint.path.startswith("/")
    assert "[" not in endpoint.host


@pytest.mark.parametrize(
    "url",
    [
        "http://issuer.example/jwks",
        "http://127.0.0.1.evil.example/jwks",
        "http://127.0.0.1@evil.example/jwks",
        "http://127.0.0.1:80@evil.example/jwks",
        "http://evil.example#@127.0.0.1/jwks",
        "http://localhost.evil.example/jwks",
        "http://0.0.0.0/jwks",
        "http://[::2]/jwks",
        "https://user@issuer.example/jwks",
        "https://issuer.example/jwks?x=1",
        "https://issuer.example/jwks#x",
        "https://issuer.example",
        "https:///jwks",
        "https://issuer.example:0/jwks",
        "https://issuer.example:65536/jwks",
        "https://issuer.example:/jwks",
        "https://issuer.example:８/jwks",
        "https://issuer.example/a b",
        "https://issuer.example/a\r\nX: y",
        "file:///etc/passwd",
        "ftp://127.0.0.1/jwks",
        "HTTPS://issuer.example/jwks",
        "//issuer.example/jwks",
        "https://issuer.example\\@127.0.0.1/jwks",
    ],
)
def test_keys_are_never_fetched_from_an_ambiguous_or_open_address(url: str) -> None:
    with pytest.raises(SettingsError, match="JWKS_URL"):
        parse_endpoint(url)


@pytest.mark.parametrize("name", ENVIRONMENT)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_variable_refuses_everything_and_is_named(
    name: str, value: str | None, tmp_path: Path, signer: Signer
) -> None:
    environment = {key: item for key, item in ENVIRONMENT.items() if key != name}
    if value is not None:
        environment[name] = value
    world = World(tmp_path, signer, environment=environment)
    for body in (method("tools/list"), method("initialize")):
        assert refused(world.send(request(body, None))) == (500, -32603, 7)
        assert refused(world.send(request(body, world.token()))) == (500, -32603, 7)
    assert name in world.lines[0]["message"]
    assert {line["reason"] for line in world.lines[1:]} == {"misconfigured"}


@pytest.mark.parametrize("namespace", ["a b", "a\n", 'a"', "x" * 256])
def test_a_namespace_cannot_break_a_log_line(namespace: str) -> None:
    with pytest.raises(SettingsError, match="METRIC_NAMESPACE"):
        Settings.read({**ENVIRONMENT, "METRIC_NAMESPACE": namespace})


def test_settings_do_not_change_after_start() -> None:
    settings = Settings.read(ENVIRONMENT)
    with pytest.raises(AttributeError, match="frozen"):
        settings.pool.issuer = "https://evil.example"
    with pytest.raises(AttributeError, match="frozen"):
        settings.pool = settings.pool
