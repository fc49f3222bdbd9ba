"""The command that attacks, on the running airline: nothing gets through, and nothing secret gets out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.client import PlatformClient
from tests.assembly_fixture import ROOT
from tests.local.e2e.conftest import PATIENCE, Command

pytestmark = pytest.mark.xdist_group("airline")

KINDS = {
    "authorization", "claims", "algorithm", "form", "tool", "method", "message", "request", "framing", "grant",
    "user", "user-claims", "user-forged", "user-token", "argument", "argument-twice", "argument-limit",
    "discovery", "cursor", "afterwards",
}  # fmt: skip


def attack(airline: Command, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", "attack", "--project", str(airline.project), *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def address(client: PlatformClient) -> str:
    return f"{client.gateway.removesuffix('/mcp')}/mcp"


def test_an_attack_gets_through_or_breaks_the_gateway(airline: Command, client: PlatformClient) -> None:
    result = attack(airline, "--json")
    assert result.returncode == 0, result.stdout + result.stderr
    found = json.loads(result.stdout)
    counts: dict[str, int] = found["counts"]
    assert (counts["breaches"], counts["server_errors"]) == (0, 0)
    assert counts["sent"] == counts["refused"] >= 540
    assert {each["kind"] for each in found["attacks"]} == KINDS
    left_out = {each["why"] for each in found["attacks"] if each["verdict"] == "skipped"}
    assert left_out == {"needs the issuer's signing key"}
    assert all(
        each["ms"] is not None and each["verdict"] in ("refused", "served")
        for each in found["attacks"]
        if each["verdict"] != "skipped"
    )
    assert_secretless(result, client)


def assert_secretless(result: subprocess.CompletedProcess[str], client: PlatformClient) -> None:
    written = result.stdout + result.stderr
    assert "eyJ" not in written, "a token's beginning is in the output"
    assert "Bearer " not in written
    assert client.key not in written


def test_a_url_is_attacked_without_the_tokens_that_were_given(
    airline: Command, client: PlatformClient, tmp_path: Path
) -> None:
    file = tmp_path / "loyalty.jwt"
    file.write_text(client.token("loyalty") + "\n", encoding="utf-8")
    result = attack(
        airline, address(client), "--token-env", "booking=BOOKING_TOKEN", "--token-file", f"loyalty={file}",
        "--user-token-env", "USER_TOKEN", BOOKING_TOKEN=client.token("booking"), USER_TOKEN=client.user_token("guest"),
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    table = {line.split()[0]: line.split()[1:5] for line in result.stdout.splitlines() if line[:1].isalpha()}
    # sent, refused, breach, skipped: the policy agent's seven calls are left out for want of its token.
    assert table["grant"] == ["13", "13", "0", "7"]
    assert "needs a token of the agent policy" in result.stdout
    assert_secretless(result, client)


def test_a_call_refused_for_want_of_a_user_counts_as_refused(
    airline: Command, client: PlatformClient
) -> None:
    words = [word for agent in ("booking", "loyalty") for word in ("--token-env", f"{agent}={agent.upper()}")]
    tokens = {agent.upper(): client.token(agent) for agent in ("booking", "loyalty")}
    result = attack(airline, address(client), "--kind", "grant", *words, **tokens)
    assert result.returncode == 0, result.stdout + result.stderr
    table = {line.split()[0]: line.split()[1:5] for line in result.stdout.splitlines() if line[:1].isalpha()}
    # Beside the policy agent's seven, five calls of tools that are bound to a user are left out.
    assert table["grant"] == ["8", "8", "0", "12"]
    assert "needs an end user's token" in result.stdout


def test_a_url_without_any_token_counts_as_fully_tried(airline: Command, client: PlatformClient) -> None:
    found = json.loads(attack(airline, address(client), "--json").stdout)
    assert found["counts"]["breaches"] == 0
    assert 0 < found["counts"]["sent"] < 80
    assert {each["why"] for each in found["attacks"] if each["verdict"] == "skipped"} <= {
        f"needs {what}"
        for what in (
            *(f"a token of the agent {agent}" for agent in ("orchestrator", "booking", "loyalty", "policy")),
            "the issuer's signing key",
            "an end user's token",
        )
    }


def test_a_token_of_another_agent_is_taken_for_the_agents_own(
    airline: Command, client: PlatformClient
) -> None:
    result = attack(airline, address(client), "--token-env", "booking=TOKEN", TOKEN=client.token("loyalty"))
    assert (result.returncode, result.stdout) == (2, "")
    assert "booking is granted" in result.stderr
    assert_secretless(result, client)


BAD: dict[str, tuple[list[str], str]] = {
    "plain http to elsewhere": (["http://gateway.example/mcp"], "use https"),
    "no URL": (["gateway"], "is no URL of a gateway"),
    "no MCP address": (["http://127.0.0.1:9/"], "ends in /mcp"),
    "nobody there": (["http://127.0.0.1:9/mcp"], "does not answer"),
    "unknown agent": (["http://127.0.0.1:9/mcp", "--token-env", "pilot=PATH"], "'pilot' is no agent"),
    "no token": (["http://127.0.0.1:9/mcp", "--token-env", "booking=NOT_SET"], "NOT_SET is not set"),
    "a token for a name": (["http://127.0.0.1:9/mcp", "--token-env", "booking=eyJx.y.z"], "what it names is not"),
    "no user's token": (["http://127.0.0.1:9/mcp", "--user-token-env", "NOT_SET"], "--user-token-env: NOT_SET"),
    "no user's file": (["http://127.0.0.1:9/mcp", "--user-token-file", "/nowhere"], "--user-token-file /nowhere"),
    "no user's JWT": (["http://127.0.0.1:9/mcp", "--user-token-env", "PATH"], "user's token is no JWT"),
    "a user's token without URL": (["--user-token-env", "PATH"], "go with URL"),
    "no JWT": (["http://127.0.0.1:9/mcp", "--token-env", "booking=PATH"], "is no JWT"),
    "no file": (["http://127.0.0.1:9/mcp", "--token-file", "booking=/nowhere"], "cannot be read"),
    "no pair": (["http://127.0.0.1:9/mcp", "--token-env", "booking"], "takes AGENT=NAME"),
    "token without URL": (["--token-env", "booking=PATH"], "go with URL"),
    "unknown kind": (["http://127.0.0.1:9/mcp", "--kind", "magic"], "Known: authorization"),
    "too many jobs": (["--jobs", "9"], "takes 1 to 8"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_attacked_counts_as_refused(airline: Command, name: str) -> None:
    words, says = BAD[name]
    result = attack(airline, *words)
    assert (result.returncode, result.stdout) == (2, "")
    assert says in result.stderr
    assert "Traceback" not in result.stderr
    assert "eyJ" not in result.stderr
