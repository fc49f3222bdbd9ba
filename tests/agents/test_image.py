"""The container: pinned and hashed requirements, one agent, not root, the signal reaches the process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AGENT_SRC = ROOT / "agent_src"
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.MULTILINE)


def pins(path: Path) -> dict[str, str]:
    return dict(PIN.findall(path.read_text(encoding="utf-8")))


def test_agents_run_on_the_versions_they_are_tested_with() -> None:
    ours, theirs = pins(ROOT / "requirements.txt"), pins(AGENT_SRC / "requirements.txt")
    differing = {name for name in ours.keys() & theirs.keys() if ours[name] != theirs[name]}
    # The OpenTelemetry distribution for AWS pins its own, and the code uses the stable API only. Protobuf's major comes
    # with the exporter's release; nothing but the exporter imports it.
    others = {name for name in differing if not name.startswith("opentelemetry-")} - {"protobuf"}
    assert others == set()
    sources = [path.read_text(encoding="utf-8") for path in AGENT_SRC.rglob("*.py")]
    assert sources
    assert not [text for text in sources if "google.protobuf" in text]
    assert {"strands-agents", "bedrock-agentcore", "mcp", "boto3", "uvicorn", "starlette"} <= theirs.keys()
    assert "aws-opentelemetry-distro" in theirs


def test_what_is_asked_for_is_what_is_pinned() -> None:
    asked, pinned = pins(AGENT_SRC / "requirements.in"), pins(AGENT_SRC / "requirements.txt")
    assert asked
    assert {name: pinned.get(name) for name in asked} == asked


def test_every_requirement_has_a_hash_and_no_index_is_named() -> None:
    text = (AGENT_SRC / "requirements.txt").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert len(entries) > 50
    assert [entry.split("==")[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert "--index" not in text


def test_the_image_is_arm64_pinned_hashed_unprivileged_and_holds_one_agent() -> None:
    text = (AGENT_SRC / "Dockerfile").read_text(encoding="utf-8")
    instructions = [line for line in text.splitlines() if line and not line.startswith(("#", " "))]
    (base,) = [line for line in instructions if line.startswith("FROM ")]
    assert re.fullmatch(r"FROM --platform=linux/arm64 python:3\.13\.\d+-slim-\w+", base)
    assert "--require-hashes" in text
    assert [line for line in instructions if line.startswith("COPY ")] == [
        "COPY requirements.txt ./",
        "COPY agent_common/ agent_common/",
        "COPY ${AGENT}/ ${AGENT}/",
    ]
    user = instructions.index("USER 10001")
    (command,) = [line for line in instructions if line.startswith("CMD ")]
    assert user < instructions.index(command)
    assert "exec opentelemetry-instrument python -m" in command
    assert "DOCKER_CONTAINER=1" in text
    assert "EXPOSE 8080" in instructions


def test_an_edit_to_what_the_image_does_not_hold_does_not_change_it() -> None:
    ignored = (AGENT_SRC / ".dockerignore").read_text(encoding="utf-8").split()
    assert {"**/__pycache__", "requirements.in", ".dockerignore"} <= set(ignored)


def spans(environment: dict[str, str]) -> list[str]:
    script = [sys.executable, "-m", "tests.agents.support.record_spans"]
    search = os.pathsep.join([str(ROOT), str(AGENT_SRC)])
    ended = subprocess.run(
        script,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": search, "LANG": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return ended.stdout.splitlines()


def test_spans_of_the_image_hold_no_prompt_answer_or_argument() -> None:
    text = (AGENT_SRC / "Dockerfile").read_text(encoding="utf-8")
    found = re.search(r'(OTEL_SEMCONV_STABILITY_OPT_IN)="([^"]*)"', text)
    assert found is not None
    recorded = spans({found.group(1): found.group(2)})
    assert len(recorded) >= 5
    assert not any("canary" in span for span in recorded)
    unredacted = spans({})
    assert any("canary" in span for span in unredacted), "the variable is what redacts them"
    assert not any("canary-token" in span for span in [*recorded, *unredacted])
