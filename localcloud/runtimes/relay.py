"""One request to a container: streamed through as it comes, and ended with whoever waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Mapping

import httpx
from starlette.types import Receive, Send

from localcloud.identity.errors import CoreError

FINISHED, CUT, LEFT = "finished", "cut", "left"
"""How an exchange ends: whole, broken off by the container, or left by the caller."""


async def exchange(
    client: httpx.AsyncClient,
    outgoing: httpx.Request,
    receive: Receive,
    send: Send,
    *,
    runtime: str,
    headers: Mapping[str, str],
    accepted: Container[int] = (200,),
) -> str:
    """Sends a request to a container and its answer to the caller, byte by byte as it comes.

    The request's body must have been read. `headers` go with the answer, whose status must be `accepted`. A
    caller that goes away, before the answer or in the middle of it, ends the container's request at once. An
    answer that breaks off is left incomplete, so that nobody takes it for a whole one.

    Raises:
        CoreError: RuntimeClientError, where the container gave no answer or one that is no success. Nothing
            has been sent to the caller then.
    """
    work = asyncio.create_task(_forward(client, outgoing, send, runtime, headers, accepted))
    gone = asyncio.create_task(_gone(receive))
    try:
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        return work.result() if work.done() else LEFT
    finally:
        for task in (work, gone):
            task.cancel()
        await asyncio.gather(work, gone, return_exceptions=True)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _forward(
    client: httpx.AsyncClient,
    outgoing: httpx.Request,
    send: Send,
    runtime: str,
    headers: Mapping[str, str],
    accepted: Container[int],
) -> str:
    try:
        incoming = await client.send(outgoing, stream=True)
    except httpx.HTTPError as error:
        raise CoreError(
            "RuntimeClientError", f"{runtime} does not answer ({type(error).__name__}). See its log."
        ) from None
    try:
        if incoming.status_code not in accepted:
            raise CoreError("RuntimeClientError", f"{runtime} answered {incoming.status_code}. See its log.")
        kind = incoming.headers.get("content-type", "application/octet-stream")
        await send(
            {
                "type": "http.response.start",
                "status": incoming.status_code,
                "headers": [
                    (name.lower().encode(), value.encode("latin-1", "replace"))
                    for name, value in {**headers, "content-type": kind}.items()
                ],
            }
        )
        try:
            async for chunk in incoming.aiter_raw():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except httpx.HTTPError:
            return CUT
    finally:
        await incoming.aclose()
    # Last of all and without a pause after it, so that the caller's going away now is not taken for leaving.
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    return FINISHED
