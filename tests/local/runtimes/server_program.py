"""A tiny MCP server: answers the handshake, and shows a request as it came. Not imported by tests."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import uvicorn

JSON = [(b"content-type", b"application/json"), (b"mcp-session-id", b"the-servers-own")]
NOTES = Path(os.environ["NOTES"])


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    if (scope["method"], scope["path"]) != ("POST", "/mcp"):
        await answer(send, 404, b"")
        return
    asked = json.loads(body)
    if asked["method"] == "initialize":
        (NOTES / "looked").touch()
        await answer(send, 200, b"{}")
    elif "id" not in asked:
        await answer(send, 202, b"")
    elif asked["method"] == "fail":
        await answer(send, 404, b"inner detail")
    else:
        headers = [(name.decode(), value.decode("latin-1")) for name, value in scope["headers"]]
        await answer(send, 200, json.dumps({"headers": headers, "asked": asked}).encode())


async def answer(send: Any, status: int, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": JSON})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    if "MUTE" in os.environ:
        sys.exit(7)
    uvicorn.Server(
        uvicorn.Config(
            app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="critical", lifespan="off"
        )
    ).run()
