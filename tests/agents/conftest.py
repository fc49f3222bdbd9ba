"""What the agents' tests share: libraries imported once, throw-away credentials, and what was logged."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator

import pytest

from agent_common import telemetry

with warnings.catch_warnings():
    # bedrock-agentcore 1.25 still declares a model in pydantic's older way, and imports a part of Strands by
    # its older name; imported here once, so that every other warning stays an error.
    warnings.simplefilter("ignore", DeprecationWarning)
    import bedrock_agentcore.memory.integrations.strands.session_manager
    import bedrock_agentcore.runtime  # noqa: F401


@pytest.fixture
def aws_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """What boto3 reads: throw-away credentials, and no configuration of the machine's user."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "LOCAL.test",
        "AWS_SECRET_ACCESS_KEY": "throw-away",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "*",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return monkeypatch


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything the process logs while the test runs, through the formatter the server installs."""
    root, sdk = logging.getLogger(), logging.getLogger("bedrock_agentcore.app")
    before = (list(root.handlers), root.level, list(sdk.handlers), sdk.level)
    stream = io.StringIO()
    telemetry.configure_logging(stream)
    root.setLevel(logging.DEBUG)
    yield stream
    logging.captureWarnings(False)
    root.handlers[:], sdk.handlers[:] = before[0], before[2]
    root.setLevel(before[1])
    sdk.setLevel(before[3])
