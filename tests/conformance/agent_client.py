"""The agents' MCP client under the suite: `agent_common.gateway.Gateway` as an agent uses it.

Its token comes from AgentCore Identity there; here from the same exchange, made by the stand-in's vault,
where the suite hands out a client's secret.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from agent_common.errors import GatewayUnavailable
from agent_common.gateway import Gateway
from agent_common.tokens import TokenSource
from localcloud.identity.vault import Vault
from localcloud.spec import OAuthProvider

RELAY = Path(__file__).with_name("relay.py")
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "tools_call": ("add_numbers", {"a": 5, "b": 3}),
    "sse-retry": ("test_reconnection", {}),
    "elicitation-sep1034-client-defaults": ("test_client_elicitation_defaults", {}),
}
ANY_CALL: tuple[str, dict[str, Any]] = ("test-tool", {})


class Identity:
    """AgentCore Identity's one operation, for the client the suite registered; fails where it did not."""

    def __init__(self, url: str, scenario: str, context: dict[str, Any]) -> None:
        self._url = url
        self._guarded = scenario.startswith("auth/")
        self._context = context

    def get_resource_oauth2_token(self, **_: Any) -> dict[str, Any]:
        if not self._guarded:
            return {"accessToken": "no-one-looks-at-it"}
        if "client_secret" not in self._context:
            raise LookupError("no credential provider: the suite handed out no client secret")
        return {"accessToken": asyncio.run(self._token())}

    async def _token(self) -> str:
        address = urlsplit(self._url)
        resource = f"{address.scheme}://{address.netloc}/.well-known/oauth-protected-resource{address.path}"
        async with httpx.AsyncClient(trust_env=False) as client:
            issuer = (await client.get(resource)).raise_for_status().json()["authorization_servers"][0]
            document = f"{issuer.rstrip('/')}/.well-known/oauth-authorization-server"
            endpoints = (await client.get(document)).raise_for_status().json()
        provider = OAuthProvider(
            name="suite",
            arn="arn:aws:bedrock-agentcore:us-east-1:111122223333:token-vault/default/oauth2credentialprovider/s",
            token_url=endpoints["token_endpoint"],
            client_id=self._context["client_id"],
            client_secret=self._context["client_secret"],
        )
        vault = Vault(lambda: datetime.now(UTC))
        try:
            return await vault.token(provider, ())
        finally:
            await vault.aclose()


async def converse(url: str, scenario: str, context: dict[str, Any]) -> int:
    """Lists the tools as an agent does at its start, then makes the scenario's call; 1 where it failed."""
    identity = Identity(url, scenario, context)
    gateway = Gateway(
        url, TokenSource(lambda: identity, provider="suite", scope="suite"), agent="conformance"
    )
    gateway.prime("workload-token")
    try:
        # An agent does not start without tools; the suite's servers name theirs without a target.
        with suppress(GatewayUnavailable):
            await gateway.tools()
        if scenario == "initialize":
            return 0
        answer = await gateway.call(*CALLS.get(scenario, ANY_CALL))
        return 0 if answer.status == "ok" else 1
    finally:
        await gateway.close()


async def _relayed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    code = 1
    try:
        code = await converse(**json.loads(await reader.readline()))
    finally:
        writer.write(f"{code}\n".encode())
        await writer.drain()
        writer.close()


@contextmanager
def command() -> Iterator[str]:
    """The command line to give to the suite; the client answers to it until the block ends."""
    ready: asyncio.Future[tuple[int, asyncio.Event]]
    loop = asyncio.new_event_loop()
    ready = loop.create_future()

    async def serve() -> None:
        stop = asyncio.Event()
        server = await asyncio.start_server(_relayed, "127.0.0.1", 0)
        async with server:
            ready.set_result((server.sockets[0].getsockname()[1], stop))
            await stop.wait()

    async def address() -> tuple[int, asyncio.Event]:
        return await ready

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run, name="agent-client")
    thread.start()
    port, stop = asyncio.run_coroutine_threadsafe(address(), loop).result(timeout=30)
    try:
        # -I and -S: the relay needs nothing but the standard library, and is started often.
        yield f"{sys.executable} -I -S {RELAY} {port}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=30)
