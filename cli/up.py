"""`./airside up`: runs a system on this machine until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from cli import console, interruption, options, running
from cli.outcome import CLEAN, Failure, show, show_json, tell

if TYPE_CHECKING:
    from localcloud.server.platform import Platform

PORT = 8700


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "It serves the console, a page over what runs. The printed link holds the key to its operator's side: whoever\n"
        "has it can do here what you can.\n"
        "exit codes: 0 stopped, 2 could not start"
    )
    parser.add_argument(
        "--port",
        type=int,
        default=PORT,
        metavar="N",
        help=f"the first of three ports: AWS APIs, gateway, issuer (default: {PORT}; 0: any free ones)",
    )
    parser.add_argument("--keep", action="store_true", help="keep the tables' data for the next start")
    parser.add_argument(
        "--no-arguments",
        action="store_true",
        help="keep nothing of what tool calls say (default: the latest, in memory, for traces)",
    )
    running.add_platform(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    if not 0 <= arguments.port <= 65_533:
        raise Failure(f"--port {arguments.port}: must be from 0 to 65533.")
    # Before the event loop: a Ctrl-C during synthesis ends it at once.
    platform = running.platform(
        arguments,
        port=arguments.port,
        register=True,
        keep=arguments.keep,
        page=True,
        keep_arguments=not arguments.no_arguments,
    )
    return running.run_loop(_serve(arguments, platform))


async def _serve(arguments: argparse.Namespace, platform: Platform) -> int:
    from localcloud.errors import PlatformError

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in interruption.heeded():
        with contextlib.suppress(NotImplementedError):  # Windows has no such handlers
            loop.add_signal_handler(number, stop.set)
    try:
        async with contextlib.AsyncExitStack() as stack:
            if not await _first(stack.enter_async_context(platform), stop):
                await asyncio.to_thread(_announce, arguments, platform)
                await stop.wait()
            tell("stopping")
    except PlatformError as error:
        raise Failure(str(error)) from None
    tell("stopped")
    return CLEAN


async def _first(start: Coroutine[Any, Any, object], stop: asyncio.Event) -> bool:
    """Waits for the start or for the wish to stop, whichever comes first; True for the wish."""
    starting, stopping = asyncio.ensure_future(start), asyncio.ensure_future(stop.wait())
    await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if starting.done():
        starting.result()
        return False
    # A cancelled start undoes what it has begun.
    starting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await starting
    return True


def _announce(arguments: argparse.Namespace, platform: Platform) -> None:
    client = platform.client
    status, page = client.status(), console.link(client)
    if arguments.json:
        addresses = {"front": client.front, "gateway": client.gateway, "issuer": client.issuer}
        show_json({**status, **addresses, "console": page})
        return
    show(f"{status['system']} ({status['environment']}) is up")
    show(f"  console   {page or f'not built: {console.BUILT} has no index.html'}")
    show(f"  AWS APIs  {client.front}")
    show(f"  gateway   {client.gateway}/mcp")
    show(f"  issuer    {client.issuer}")
    for what, where in platform.tracing.exports.items():
        show(f"  OTLP      {what} to {where}")
    show(f"  agents    {', '.join(status['agents'])} (entry: {status['entry_agent']})")
    if status["servers"]:
        show(f"  servers   {', '.join(status['servers'])}")
    if off := [f"{each['kind']} {each['subject']}" for each in status["switches"] if each["off"]]:
        show(f"  off       {', '.join(off)} (declared in environments/{status['environment']}.yaml)")
    show('Ctrl-C stops it. In another terminal: ./airside ask "…" --customer C1001')
