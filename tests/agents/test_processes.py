"""Each agent as the platform starts it: a process, its environment, a port, SIGTERM."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from agent_common.users import FORWARDED
from tests.agents.support.users import user_token
from tests.agents.test_orchestrator import ENVIRONMENT
from tests.agents.test_settings import COMPLETE

AGENT_SRC = Path(__file__).resolve().parents[2] / "agent_src"
AGENTS = ("orchestrator", "booking", "loyalty", "policy")


def environment(agent: str, port: int, **changes: str) -> dict[str, str]:
    delegates = ENVIRONMENT if agent == "orchestrator" else {}
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        **COMPLETE,
        **delegates,
        "AGENT_NAME": agent,
        "PORT": str(port),
        # Nobody listens on port 9 of the loopback.
        "GATEWAY_URL": "http://127.0.0.1:9/mcp",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "LOCAL.test",
        "AWS_SECRET_ACCESS_KEY": "canary-secret",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "NO_PROXY": "*",
        **changes,
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def started(agent: str, **changes: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", agent],
        cwd=AGENT_SRC,
        env=environment(agent, port, **changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            try:
                answer = httpx.get(f"{url}/ping", timeout=5, trust_env=False)
            except httpx.TransportError:
                time.sleep(0.02)
                continue
            assert answer.json()["status"] == "Healthy"
            break
        yield process, url
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


@pytest.mark.parametrize("agent", AGENTS)
def test_an_agent_starts_answers_and_ends_when_told_to(agent: str) -> None:
    header = "Authorization" if agent == "orchestrator" else FORWARDED
    scheme = "Bearer " if agent == "orchestrator" else ""
    token = user_token("canary-user", "canary-signature", exp=4_102_444_800)
    with started(agent, USER_CLAIM="username") as (process, url):
        response = httpx.post(
            f"{url}/invocations",
            json={"prompt": "canary-prompt"},
            headers={"WorkloadAccessToken": "canary-wat", header: f"{scheme}{token}"},
            timeout=60,
            trust_env=False,
        )
        events = [json.loads(line[6:]) for line in response.text.splitlines() if line]
        # Model, identity and gateway are out of reach here, and the process says which it missed.
        missed = "model_unavailable" if agent == "orchestrator" else "gateway_unavailable"
        assert [(event["type"], event["code"]) for event in events] == [("error", missed)]
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out == ""
    assert "canary" not in err
    assert all(json.loads(line)["event"] for line in err.splitlines())


@pytest.mark.parametrize("agent", AGENTS)
def test_an_agent_without_its_gateway_does_not_start_and_says_so(agent: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", agent],
        cwd=AGENT_SRC,
        env=environment(agent, 0, GATEWAY_URL="", GATEWAY_TOKEN_SCOPE=""),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "GATEWAY_URL is not set; " in ended.stderr
    assert "GATEWAY_TOKEN_SCOPE is not set" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_orchestrator_without_a_specialist_does_not_start() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "orchestrator"],
        cwd=AGENT_SRC,
        env=environment("orchestrator", 0, DELEGATE_POLICY_ARN=""),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "DELEGATE_POLICY_ARN is not set" in ended.stderr


def test_a_read_that_nobody_waits_for_any_more_does_not_hold_up_the_end() -> None:
    body = b'{"prompt": "x"}'
    request = b"POST /invocations HTTP/1.1\r\nHost: agent\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with socket.socket() as silent, contextlib.ExitStack() as connections:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent.settimeout(60)
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with started("orchestrator", AWS_ENDPOINT_URL=endpoint, LIMIT_SECONDS="600") as (process, url):
            with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as client:
                client.sendall(request)
                # The agent has asked its model, which took the connection and says nothing.
                connections.enter_context(silent.accept()[0])
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
        assert process.returncode == 0


def test_a_port_that_is_taken_is_a_failure_and_not_a_clean_end() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = subprocess.run(
            [sys.executable, "-m", "policy"],
            cwd=AGENT_SRC,
            env=environment("policy", taken.getsockname()[1]),
            capture_output=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode not in (0, 2)


def test_an_agent_that_cannot_load_its_parts_ends_instead_of_serving_errors(tmp_path: Path) -> None:
    (tmp_path / "strands").mkdir()
    (tmp_path / "strands" / "__init__.py").write_text("raise ImportError('broken install')\n")
    process = subprocess.run(
        [sys.executable, "-m", "booking"],
        cwd=AGENT_SRC,
        env=environment("booking", 0, PYTHONPATH=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == 1
    assert "loading_failed" in process.stderr
