"""`./airside attack`: every attack of the corpus, on a gateway that runs here or at a URL of yours."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cli import options, running
from cli.nearest import among
from cli.outcome import CLEAN, FOUND, Failure, show, show_json, tell

if TYPE_CHECKING:
    from attacks.holdings import Surface
    from attacks.runner import Watch
    from localcloud.client import PlatformClient


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        "  ./airside attack\n"
        "  ./airside attack --kind grant --kind authorization --json\n"
        "  BOOKING_TOKEN=… ./airside attack https://GATEWAY/mcp --token-env booking=BOOKING_TOKEN\n"
        "Without URL the gateway of the running platform is attacked, or of one started for it, with tokens\n"
        "of its own, and the platform's events must show that no tool was executed. With URL, attack only\n"
        "what you are allowed to; agents, tools and grants are those of the declaration. What needs a token or\n"
        "key that is not there is left out and counted. Tokens are never written to the output.\n"
        "exit codes: 0 everything refused, 1 a breach, 2 could not look"
    )
    parser.add_argument("url", nargs="?", metavar="URL", help="a gateway's URL, ending in /mcp")
    parser.add_argument(
        "--token-env", action="append", default=[], metavar="AGENT=NAME",
        help="the agent's access token is in this environment variable (repeatable; with URL)",
    )  # fmt: skip
    parser.add_argument(
        "--token-file", action="append", default=[], metavar="AGENT=FILE",
        help="the agent's access token is in this file (repeatable; with URL)",
    )  # fmt: skip
    parser.add_argument(
        "--user-token-env", metavar="NAME",
        help="an end user's access token is in this environment variable (with URL)",
    )  # fmt: skip
    parser.add_argument(
        "--user-token-file", metavar="FILE", help="an end user's access token is in this file (with URL)"
    )
    parser.add_argument("--kind", action="append", metavar="KIND", help="only this kind (repeatable)")
    parser.add_argument(
        "--jobs", type=int, default=4, metavar="N", help="connections at once, 1 to 8 (default: 4)"
    )
    running.add_platform(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    if not 1 <= arguments.jobs <= 8:
        raise Failure(f"--jobs {arguments.jobs}: takes 1 to 8.")
    if arguments.url is None:
        given = (
            arguments.token_env,
            arguments.token_file,
            arguments.user_token_env,
            arguments.user_token_file,
        )
        if any(given):
            raise Failure(
                "--token-env, --token-file, --user-token-env and --user-token-file go with URL; "
                "the local platform gives its own tokens."
            )
        return running.with_client(arguments, lambda client: _local(arguments, client), agents=False)
    surface = _surface(arguments, _given_tokens(arguments), _given_user(arguments))
    return _attack(arguments, arguments.url, surface, None)


def _local(arguments: argparse.Namespace, client: PlatformClient) -> int:
    from localcloud.client import GUEST, NoSuchAgent

    tokens = {}
    for agent in _surface(arguments, {}).badges:
        try:
            tokens[agent] = client.token(agent)
        except NoSuchAgent:
            tell(f"the running platform has no agent {agent}: was it started from an older declaration?")
    past = max((event["seq"] for event in client.events()), default=0)
    return _attack(
        arguments,
        f"{client.gateway.removesuffix('/mcp')}/mcp",
        _surface(arguments, tokens, running.user_token(client, None, otherwise=GUEST)),
        lambda: client.events(after=past),
    )


def _surface(arguments: argparse.Namespace, tokens: dict[str, str], user: str | None = None) -> Surface:
    """What the declaration says, in the attacker's terms."""
    from attacks.holdings import Surface
    from governance.access import AccessMatrix
    from governance.binding import RuleKind
    from governance.model import Effect, Egress
    from governance.shadow import WouldRefuse

    system, _ = options.choose(arguments, options.load(arguments))
    matrix = AccessMatrix.of(system)
    for agent in sorted(tokens):
        options.known_agent(system, agent)
    if user is not None and system.users is None:
        raise Failure(f"--user-token-env and --user-token-file: {system.name} declares no users.")
    claims = system.users.claims if system.users else {}
    rules = {
        tool.full_name: {
            rule.argument: {"claim": claims[str(rule.values[0])]} if rule.kind is RuleKind.USER else rule.form
            for rule in tool.rules
        }
        for tool in system.tools
    }
    return Surface(
        badges={agent: system.badge(agent) for agent in matrix.agents},
        grants={agent: frozenset(matrix.tools_of(agent)) for agent in matrix.agents},
        schemas={tool.full_name: tool.input_schema for tool in system.tools},
        reading=frozenset(
            tool.full_name
            for tool in system.tools
            if tool.effect is Effect.READ and tool.egress is Egress.NONE
        ),
        tokens=tokens,
        rules=rules,
        relaxed=frozenset(
            (agent.name, grant.tool)
            for agent in system.agents
            for grant in agent.grants
            if grant.shadow and grant.shadow.would_refuse is WouldRefuse.ARGUMENTS
        ),
        fetching=frozenset(tool.full_name for tool in system.tools if tool.effect is Effect.READ),
        user_token=user,
    )


def _given_tokens(arguments: argparse.Namespace) -> dict[str, str]:
    tokens = {}
    for option, pairs in (("--token-env", arguments.token_env), ("--token-file", arguments.token_file)):
        for pair in pairs:
            agent, separator, where = pair.partition("=")
            if not agent or not separator or not where:
                raise Failure(f"{option} takes AGENT={'NAME' if option == '--token-env' else 'FILE'}.")
            tokens[agent] = (_variable if option == "--token-env" else _file)(where, option).strip()
    return tokens


def _given_user(arguments: argparse.Namespace) -> str | None:
    if arguments.user_token_env and arguments.user_token_file:
        raise Failure("--user-token-env and --user-token-file: give one of them.")
    if arguments.user_token_env:
        return _variable(arguments.user_token_env, "--user-token-env").strip()
    if arguments.user_token_file:
        return _file(arguments.user_token_file, "--user-token-file").strip()
    return None


def _variable(name: str, option: str) -> str:
    # A token given in place of a variable's name must not be shown.
    if not os.environ.get(name, "").strip():
        shown = name if name.isidentifier() and len(name) <= 64 else "what it names"
        raise Failure(f"{option}: {shown} is not set in the environment.")
    return os.environ[name]


def _file(name: str, option: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise Failure(f"{option} {name}: cannot be read ({type(error).__name__}).") from None


def _attack(arguments: argparse.Namespace, url: str, surface: Surface, watch: Watch | None) -> int:
    from attacks import report, runner
    from attacks.corpus import every_attack
    from attacks.holdings import context_of
    from attacks.http import Endpoint, Unreachable

    try:
        endpoint = Endpoint.parse(url)
        context = context_of(surface)
    except ValueError as error:
        raise Failure(f"{error}.") from None
    if endpoint.path != "/mcp":
        raise Failure("URL: an AgentCore gateway's MCP address ends in /mcp.")
    attacks = every_attack(context)
    kinds = dict.fromkeys(attack.kind for attack in attacks)
    unknown = [kind for kind in arguments.kind or () if kind not in kinds]
    if unknown:
        raise Failure(f"--kind {unknown[0]}: is no kind of attack. {among(unknown[0], kinds)}")
    chosen = [attack for attack in attacks if not arguments.kind or attack.kind in arguments.kind]
    started = time.monotonic()
    try:
        results = runner.run(
            chosen, context, endpoint, workers=arguments.jobs, watch=watch, progress=_progress
        )
    except (Unreachable, runner.CouldNotLook) as error:
        raise Failure(str(error)) from None
    seconds = time.monotonic() - started
    if arguments.json:
        show_json(report.as_json(results, url, seconds))
    else:
        show("\n".join(report.lines(results, url, seconds)))
    found = report.counts(results)
    if not found["breaches"] and not found["sent"]:
        raise Failure("nothing could be sent: give the agents' tokens with --token-env or --token-file.")
    return FOUND if found["breaches"] else CLEAN


def _progress(done: int, total: int) -> None:
    """A line that changes in place for a person; one line for a log."""
    if sys.stderr.isatty():
        print(f"\rairside: {done} of {total} attacks", end="\n" if done == total else "", file=sys.stderr)
    elif done == total:
        tell(f"{done} of {total} attacks")
