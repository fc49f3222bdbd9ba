"""`./airside up`: runs a system on this machine until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING

from cli import options, running
from cli.outcome import CLEAN, Failure, show, show_json, tell

if TYPE_CHECKING:
    from localcloud.server.platform import Platform

PORT = 8700


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "exit codes: 0 stopped, 2 could not start"
    parser.add_argument(
        "--port",
        type=int,
        default=PORT,
        metavar="N",
        help=f"the first of three ports: AWS APIs, gateway, issuer (default: {PORT}; 0: any free ones)",
    )
    parser.add_argument("--keep", action="store_true", help="keep the tables' data for the next start")
    running.add_platform(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    if not 0 <= arguments.port <= 65_533:
        raise Failure(f"--port {arguments.port}: must be from 0 to 65533.")
    return running.run_loop(_serve(arguments))


async def _serve(arguments: argparse.Namespace) -> int:
    from localcloud.errors import PlatformError

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with contextlib.suppress(NotImplementedError):  # Windows has no such handlers
            loop.add_signal_handler(number, stop.set)
    try:
        async with running.platform(
            arguments, port=arguments.port, register=True, keep=arguments.keep
        ) as platform:
            await asyncio.to_thread(_announce, arguments, platform)
            await stop.wait()
            tell("stopping")
    except PlatformError as error:
        raise Failure(str(error)) from None
    tell("stopped")
    return CLEAN


def _announce(arguments: argparse.Namespace, platform: Platform) -> None:
    client = platform.client
    status = client.status()
    if arguments.json:
        show_json({**status, "front": client.front, "gateway": client.gateway, "issuer": client.issuer})
        return
    show(f"{status['system']} ({status['environment']}) is up")
    show(f"  AWS APIs  {client.front}")
    show(f"  gateway   {client.gateway}/mcp")
    show(f"  issuer    {client.issuer}")
    show(f"  agents    {', '.join(status['agents'])} (entry: {status['entry_agent']})")
    show('Ctrl-C stops it. In another terminal: ./airside ask "…" --customer C1001')
