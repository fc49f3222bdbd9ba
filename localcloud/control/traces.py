"""`/_airside/traces…`: the latest requests, each as a waterfall, and what a tool call said for who asks for it."""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localcloud.control.wire import refused
from localcloud.traces import TraceStore
from localcloud.traces.span import SPAN_ID, TRACE_ID
from localcloud.traces.view import View

MOST = 200
"""Traces that are told of at once."""


def routes(store: TraceStore) -> tuple[Route, ...]:
    """The routes; the key is asked for around them."""

    async def latest(request: Request) -> Response:
        limit = request.query_params.get("limit", "50")
        if not re.fullmatch(r"[0-9]{1,4}", limit) or not 1 <= int(limit) <= MOST:
            raise refused(400, f"limit takes a number from 1 to {MOST}.")
        views = (View(trace, store.now()) for trace in store.newest())
        shown = islice((view for view in views if not view.upkeep), int(limit))
        found = sorted((view.summary() for view in shown), key=lambda each: each["started"], reverse=True)
        return JSONResponse({"traces": found})

    async def one(request: Request) -> Response:
        trace_id = _id(request, "trace_id", TRACE_ID)
        trace = store.get(trace_id)
        if trace is None:
            raise refused(404, f"The trace {trace_id} is not known here, or no longer.")
        return JSONResponse(View(trace, store.now()).document(store.arguments.spans(trace_id)))

    async def arguments(request: Request) -> Response:
        trace_id, span_id = _id(request, "trace_id", TRACE_ID), _id(request, "span_id", SPAN_ID)
        if not store.arguments.keeping:
            raise refused(
                404, "This platform keeps no arguments. ./airside up keeps them unless told not to."
            )
        kept = store.arguments.of(trace_id, span_id)
        if kept is None:
            raise refused(404, f"No arguments are kept of the span {span_id}.")
        body, size = kept
        said = {"arguments": None, "arguments_bytes": size, "too_long": True} if body is None else _said(body)
        return JSONResponse({**said, "result_bytes": _result_bytes(store, trace_id, span_id)})

    return (
        Route("/_airside/traces", latest, methods=["GET"]),
        Route("/_airside/traces/{trace_id}", one, methods=["GET"]),
        Route("/_airside/traces/{trace_id}/arguments/{span_id}", arguments, methods=["GET"]),
    )


def _id(request: Request, name: str, form: re.Pattern[str]) -> str:
    value = str(request.path_params[name])
    if not form.fullmatch(value):
        raise refused(400, "A trace id is 32, a span id 16 lower-case hexadecimal digits, not all zero.")
    return value


def _said(body: bytes) -> dict[str, Any]:
    """The arguments in a request that the gateway has read, so it is one."""
    params = json.loads(body).get("params") or {}
    arguments = params.get("arguments")
    size = len(json.dumps(arguments, ensure_ascii=False, separators=(",", ":")).encode())
    return {"arguments": arguments, "arguments_bytes": size, "too_long": False}


def _result_bytes(store: TraceStore, trace_id: str, span_id: str) -> int | None:
    """How long the target's answer was; None where the call reached no target."""
    trace = store.get(trace_id)
    for span in trace.spans.values() if trace else ():
        if span.kind == "target" and span.parent_id == span_id:
            size = span.attributes.get("airside.result_bytes")
            return size if isinstance(size, int) else None
    return None
