"""The spans of model and identity: in the caller's trace or not at all, and nothing of what was asked in them."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.datastructures import Headers

from localcloud.identity import Identity
from localcloud.model import create_model, load_playbook
from localcloud.runtimes import request
from localcloud.runtimes.invoke import span_of
from localcloud.traces import Recorder, Span
from tests.local.identity.conftest import local_system
from tests.local.model.support import AGENTS, MODEL, Events, write_library

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
W3C = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
XRAY = {"x-amzn-trace-id": f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={PARENT};Sampled=1"}
SECRET = "S3CRET"


def asked(app: Any, recorder: Recorder, path: str, body: Any, headers: dict[str, str]) -> list[Span]:
    """The spans of one POST."""

    async def run() -> None:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            await client.post(path, content=json.dumps(body).encode(), headers=headers)

    asyncio.run(run())
    items = recorder.drain()
    assert SECRET not in repr(items)
    return [item for item in items if isinstance(item, Span)]


@pytest.mark.parametrize("place", [W3C, XRAY], ids=["traceparent", "x-ray"])
@pytest.mark.parametrize("operation", ["converse", "converse-stream"])
def test_a_model_request_is_a_span_of_its_callers_trace(
    tmp_path: Path, place: dict[str, str], operation: str
) -> None:
    recorder = Recorder()
    playbook = load_playbook(write_library(tmp_path))
    app = create_model(playbook, None, Events(), agents=AGENTS, models={MODEL}, recorder=recorder)
    signed = (
        f"AWS4-HMAC-SHA256 Credential=LOCAL.{next(iter(AGENTS))}/20260101/r/bedrock/aws4_request, Signature=0"
    )
    body = {"messages": [{"role": "user", "content": [{"text": SECRET}]}], "system": [{"text": SECRET}]}
    path = f"/model/{MODEL}/{operation}"
    (span,) = asked(app, recorder, path, body, {**place, "authorization": signed})
    assert (span.trace_id, span.parent_id, span.kind) == (TRACE, PARENT, "model")
    (failed,) = asked(app, recorder, path, body, place)
    assert (failed.status, failed.attributes["error.type"]) == (
        "error",
        "MissingAuthenticationTokenException",
    )
    assert asked(app, recorder, path, body, {"authorization": signed}) == []


def test_a_refused_token_request_is_a_refused_span_without_what_was_asked() -> None:
    recorder = Recorder()
    identity = Identity(
        local_system("http://127.0.0.1:1"), clock=lambda: datetime.now(UTC), recorder=recorder
    )
    body = {"workloadIdentityToken": SECRET, "resourceCredentialProviderName": SECRET}
    (span,) = asked(identity, recorder, "/identities/oauth2/token", body, XRAY)
    assert (span.trace_id, span.parent_id, span.kind, span.status) == (TRACE, PARENT, "identity", "refused")
    (unknown,) = asked(identity, recorder, f"/identities/{SECRET}", body, W3C)
    assert unknown.name == "identity request"
    assert asked(identity, recorder, "/identities/oauth2/token", body, {}) == []


@pytest.mark.parametrize(
    ("entry", "status"),
    [
        ({"agent": "booking", "outcome": "finished", "status": 200}, "ok"),
        # A colleague that has the last event closes the stream, sometimes before its end is passed on.
        ({"agent": "booking", "outcome": "left", "status": 200}, "ok"),
        ({"agent": "booking", "outcome": "cut", "status": 200}, "error"),
        ({"agent": "booking", "outcome": "RuntimeClientError", "status": 424}, "error"),
        ({"outcome": "AccessDeniedException", "status": 403}, "refused"),
        ({"agent": "booking", "outcome": "NotLetIn", "status": 401, "reason": "expired"}, "refused"),
        ({"agent": "booking"}, "error"),
    ],
)
def test_an_invocation_is_a_failure_only_where_the_agent_did_not_answer(
    entry: dict[str, Any], status: str
) -> None:
    made = span_of(request.trace(Headers(W3C)), 1, 2, entry)
    assert (made.status, made.trace_id, made.parent_id, made.kind) == (status, TRACE, PARENT, "invocation")
    assert made.name == ("invoke booking" if "agent" in entry else "invoke")
