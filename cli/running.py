"""A platform for one command: the one that runs already, or one of its own that ends with the command."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cli import options, otlp
from cli.outcome import Failure, tell

if TYPE_CHECKING:
    from localcloud.client import PlatformClient
    from localcloud.model import ForwardSettings
    from localcloud.server.platform import Platform

Result = TypeVar("Result")


def add_platform(parser: argparse.ArgumentParser) -> None:
    """Options of every command that may start a platform."""
    options.add_system(parser)
    parser.add_argument(
        "--assembly", type=Path, metavar="DIR", help="run this assembly; no synthesis, no CDK"
    )
    parser.add_argument(
        "--model-url", metavar="URL", help="forward model requests to this OpenAI-compatible server (…/v1)"
    )
    parser.add_argument("--model-name", metavar="NAME", help="the model to ask for there")
    parser.add_argument(
        "--model-key-env", metavar="NAME", help="the environment variable with that server's API key"
    )


def add_customer(parser: argparse.ArgumentParser, text: str) -> None:
    """The option that signs an end user in."""
    parser.add_argument("--customer", metavar="ID", help=f"{text}, for example C1001")


def user_token(client: PlatformClient, name: str | None, *, otherwise: str | None = None) -> str | None:
    """The token of the end user that --customer names, or of `otherwise`; None in a system without users."""
    from localcloud.client import NoSuchUser

    status = client.status()
    if status.get("users") is None:
        _nobody_signs_in(name, status["system"])
        return None
    wanted = otherwise if name is None else name
    if wanted is None:
        return None
    try:
        return client.user_token(wanted)
    except NoSuchUser:
        raise Failure(
            f"--customer {wanted}: is no user of {status['system']}. Name one of its seed data."
        ) from None


def _nobody_signs_in(name: str | None, system: str) -> None:
    if name is not None:
        raise Failure(f"--customer {name}: {system} declares no users. Leave it out.")


def forwarding(arguments: argparse.Namespace) -> ForwardSettings | None:
    """Where model requests go instead of the playbook, or None."""
    if not arguments.model_url:
        if arguments.model_name or arguments.model_key_env:
            raise Failure("--model-name and --model-key-env go with --model-url.")
        return None
    from localcloud.model import ForwardSettings

    if not arguments.model_url.startswith(("http://", "https://")):
        raise Failure(f"--model-url {arguments.model_url}: must start with http:// or https://.")
    if not arguments.model_name:
        raise Failure("--model-url needs --model-name: the server's name of the model.")
    if arguments.model_key_env and not os.environ.get(arguments.model_key_env):
        raise Failure(f"--model-key-env {arguments.model_key_env}: is not set in the environment.")
    return ForwardSettings(
        base_url=arguments.model_url, model=arguments.model_name, api_key_variable=arguments.model_key_env
    )


def prepare(arguments: argparse.Namespace) -> tuple[Path, str, str, Path]:
    """The assembly to run, its stage and system, and the project's folder.

    Without --assembly the declaration is loaded and synthesized; with it neither is touched.
    """
    from cli import assembly
    from governance.names import Names

    if arguments.assembly is None:
        system, environment = options.choose(arguments, options.load(arguments))
        # Said before anything is synthesized or started, which takes seconds.
        if system.users is None:
            _nobody_signs_in(getattr(arguments, "customer", None), system.name)
        if (agent := getattr(arguments, "agent", None)) is not None:
            options.known_agent(system, agent)
        folder = assembly.ensure(arguments.project.resolve(), system.name, environment.name)
        return folder, Names(system.name, environment.name).stage, system.name, arguments.project.resolve()
    folder = arguments.assembly.resolve()
    if not (folder / "manifest.json").is_file():
        raise Failure(f"--assembly {arguments.assembly}: holds no manifest.json. Name a synthesized cdk.out.")
    system_name = arguments.system or options.DEFAULT_SYSTEM
    return folder, Names(system_name, arguments.env).stage, system_name, arguments.project.resolve()


def platform(
    arguments: argparse.Namespace,
    *,
    port: int,
    register: bool = False,
    agents: bool = True,
    keep: bool = False,
    page: bool = False,
    keep_arguments: bool = False,
) -> Platform:
    """A platform that is not started yet. `page` gives it the console, `keep_arguments` what calls said to show."""
    forward, export = forwarding(arguments), otlp.settings(os.environ)
    from localcloud.nursery import Nursery

    with contextlib.ExitStack() as undo:
        # As early as can be: it gets ready while the declaration is read and the platform imported.
        nursery = Nursery.started() if agents else None
        if nursery is not None:
            undo.callback(nursery.close)
        folder, stage, system, project = prepare(arguments)
        # Only now: it brings every part of the platform, and wrong words are to be answered at once.
        from cli.console import console
        from localcloud.server.platform import Platform

        made = Platform(
            folder,
            stage,
            system_folder=project / "systems" / system,
            run_folder=project / ".airside",
            port=port,
            register=register,
            agents=agents,
            keep=keep,
            forward=forward,
            console=console(folder, stage, system, arguments.env) if page else None,
            arguments=keep_arguments,
            export=export,
            progress=tell,
            nursery=nursery,
        )
        undo.pop_all()
        return made


SETTLE_SECONDS = 1.0
"""How long decisions may trail an answer: the interceptor's travel over its function's output."""


def settled(
    client: PlatformClient, trace: str, enough: Callable[[list[dict[str, Any]]], bool]
) -> list[dict[str, Any]]:
    """A request's events, once they are `enough` or the time to settle is over."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        events = client.events(trace_id=trace)
        if enough(events) or time.monotonic() > deadline:
            return events
        time.sleep(0.02)


def run_loop(main: Coroutine[Any, Any, Result]) -> Result:
    """Runs the platform's event loop: uvloop where it is installed (everywhere but Windows)."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def with_client(
    arguments: argparse.Namespace, use: Callable[[PlatformClient], Result], *, agents: bool = True
) -> Result:
    """Runs `use` with a client of the running platform, or of one started for it and stopped after it."""
    from localcloud.client import PlatformUnreachable

    try:
        found = _running(arguments)
        if found is not None:
            return use(found)
        # Before the event loop: a Ctrl-C during synthesis ends it at once.
        return run_loop(_started(platform(arguments, port=0, agents=agents), use))
    except PlatformUnreachable as error:
        raise Failure(str(error)) from None


def _running(arguments: argparse.Namespace) -> PlatformClient | None:
    from localcloud.client import find

    if arguments.assembly is not None or arguments.model_url:
        return None
    return find(arguments.project.resolve(), f"{system_name(arguments)}-{arguments.env}")


def system_name(arguments: argparse.Namespace) -> str:
    """The system's name without loading the declaration: a running platform must answer at once."""
    names = [path.parent.name for path in sorted(arguments.project.glob("systems/*/system.yaml"))]
    only = names[0] if len(names) == 1 else options.DEFAULT_SYSTEM
    return str(arguments.system or only)


async def _started(running: Platform, use: Callable[[PlatformClient], Result]) -> Result:
    from localcloud.errors import PlatformError

    try:
        async with running:
            return await asyncio.to_thread(use, running.client)
    except PlatformError as error:
        raise Failure(str(error)) from None
