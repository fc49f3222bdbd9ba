"""`./airside switch`: stops an agent or a tool at the gateway, without a deployment, and lets it go on again."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cli import options, running
from cli.outcome import CLEAN, FOUND, Failure, show, show_json, tell

if TYPE_CHECKING:
    from cli.switching import Board, State
    from governance.switch import Switch


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        '  ./airside switch off --agent booking --reason "quotes wrong prices"\n'
        "  ./airside switch off --tool customer-mcp___create_booking --env prod --aws\n"
        "  ./airside switch list\n"
        "Without --aws only the platform that runs on this machine is switched (./airside up), for as long as it\n"
        "runs. With --aws it is the deployed system, in the environment's account and Region, by your credentials.\n"
        "docs/runbook.md says what a switch does not stop, and how to make one permanent.\n"
        "exit codes: 0 switched or listed, 1 switched but the gateway does not enforce it or does not say, 2 could\n"
        "not switch"
    )
    parser.add_argument("action", choices=("off", "on", "list"), help="stop it, let it go on, or show all")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--agent", metavar="NAME", help="every call of this agent")
    which.add_argument("--tool", metavar="TOOL", help="every call of this tool, target___tool, by anybody")
    which.add_argument("--target", metavar="NAME", help="every call of this target's tools, by anybody")
    parser.add_argument("--reason", metavar="TEXT", help="why it is off; kept beside the switch")
    parser.add_argument("--aws", action="store_true", help="switch the deployed system, not the local one")
    options.add_system(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    # What is wrong with the words is said before anybody is asked anything.
    _wanted(arguments)
    checked_reason(arguments.reason, off=arguments.action != "on")
    return act(arguments, _board(arguments))


def act(arguments: argparse.Namespace, board: Board) -> int:
    """Does what the words ask for, on this board; returns the exit code."""
    wanted, reason = _wanted(arguments), checked_reason(arguments.reason, off=arguments.action != "on")
    states = board.states()
    if wanted is None:
        return _list(arguments, board, states)
    return _throw(arguments, board, find(board, states, wanted), reason)


def _wanted(arguments: argparse.Namespace) -> Switch | None:
    from governance.switch import Switch, SwitchKind

    given = [
        Switch(kind, subject) for kind in SwitchKind if (subject := getattr(arguments, str(kind))) is not None
    ]
    if arguments.action == "list":
        if given or arguments.reason:
            raise Failure(
                "switch list shows every switch: it takes no --agent, --tool, --target or --reason."
            )
        return None
    if not given:
        raise Failure(f"switch {arguments.action} needs --agent NAME, --tool TOOL or --target NAME.")
    return given[0]


def named(kind: str, subject: str) -> Switch:
    """The switch of these words. Raises Failure."""
    from governance.switch import Switch, SwitchKind

    if kind not in list(SwitchKind):
        raise Failure(f"{kind!r} is no kind of switch. Known: {', '.join(SwitchKind)}.")
    return Switch(SwitchKind(kind), subject)


def checked_reason(given: str | None, *, off: bool) -> str | None:
    """Why a switch is thrown, in one line. Raises Failure."""
    from governance.switch import MAX_REASON

    if given is None:
        return None
    if not off:
        raise Failure("--reason goes with off: a switch that is on needs none.")
    reason = " ".join(given.split())
    if not reason or len(reason) > MAX_REASON or not reason.isprintable():
        raise Failure(f"--reason: must be printable text of 1 to {MAX_REASON} characters.")
    return reason


def _board(arguments: argparse.Namespace) -> Board:
    from cli import switching
    from governance.names import Names
    from localcloud.client import PlatformUnreachable, find

    if arguments.aws:
        system, environment = options.choose(arguments, options.load(arguments))
        return switching.on_aws(Names(system.name, environment.name), environment)
    # A running platform answers at once, whatever the declaration has become meanwhile.
    folder = options.folder(arguments)
    names = Names(running.system_name(arguments), arguments.env)
    client = find(folder.resolve(), names.stage)
    if client is None:
        raise Failure(
            f"no platform runs {names.stage} on this machine. Start it with ./airside up, or name the deployed "
            "system with --aws."
        )
    try:
        return switching.on_platform(names, client)
    except PlatformUnreachable as error:
        raise Failure(str(error)) from None


def find(board: Board, states: list[State], wanted: Switch) -> State:
    """The state of a switch. Raises Failure, saying which there are."""
    from governance.switch import Switch, SwitchKind

    by_switch = {state.switch: state for state in states}
    if wanted in by_switch:
        return by_switch[wanted]
    target = Switch(SwitchKind.TARGET, wanted.subject.partition("___")[0])
    if wanted.kind is SwitchKind.TOOL and target in by_switch:
        raise Failure(
            f"{wanted} has no switch of its own: {board.names.stage} has too many tools for one each. "
            f"`--target {target.subject}` stops all tools of its target."
        )
    known = ", ".join(state.switch.subject for state in states if state.switch.kind is wanted.kind)
    raise Failure(
        f"{board.where} has no switch of the {wanted} in {board.names.stage}. "
        f"With a switch: {known or f'no {wanted.kind}'}."
    )


def _throw(arguments: argparse.Namespace, board: Board, state: State, reason: str | None) -> int:
    tell(f"{board.names.stage} on {board.where}")
    thrown = throw(board, state, off=arguments.action == "off", reason=reason, progress=tell)
    if arguments.json:
        show_json(thrown)
    else:
        took = f"in force after {thrown['seconds']:.1f} s" if thrown["changed"] else "it was so already"
        show(f"{state.switch} is {arguments.action} ({state.policy}, {took})")
    return CLEAN if thrown["enforced"] else FOUND


def throw(
    board: Board, state: State, *, off: bool, reason: str | None, progress: Callable[[str], None] = tell
) -> dict[str, Any]:
    """Throws a switch, or leaves it as it is where nothing changes; what came of it, as JSON. Raises Failure."""
    changed = state.off is not off or (off and reason not in (None, state.reason))
    why = reason or state.reason
    seconds = board.throw(state, off=off, reason=why, progress=progress) if changed else 0.0
    return {
        **_as_json(state),
        "off": off,
        "reason": why if off else None,
        "changed": changed,
        "seconds": round(seconds, 3),
        "enforced": _enforced(board),
        "where": board.where,
    }


def _enforced(board: Board) -> bool | None:
    """Whether the gateway does what its policies say, or None if that cannot be known; said to the person if not.

    A failure here must not hide that the switch is thrown.
    """
    try:
        enforced = board.enforcing()
    except Failure as failure:
        tell(f"whether the gateway enforces its policies is not known: {failure}")
        return None
    if not enforced:
        tell(
            f"the gateway of {board.names.stage} does not enforce its policies: no switch stops anything. Set "
            "policy_mode to ENFORCE in its environment and deploy, or set the gateway's policy engine to ENFORCE."
        )
    return enforced


def _list(arguments: argparse.Namespace, board: Board, states: list[State]) -> int:
    if arguments.json:
        show_json(
            {
                "where": board.where,
                "enforced": _enforced(board),
                "switches": [_as_json(state) for state in states],
            }
        )
        return CLEAN
    tell(f"{board.names.stage} on {board.where}")
    for state in states:
        line = f"{'off' if state.off else 'on':<4} {state.switch!s:<46} {state.policy}"
        if state.off:
            line += f"  since {state.updated:%Y-%m-%d %H:%M %Z}{f': {state.reason}' if state.reason else ''}"
        show(line)
    _enforced(board)
    return CLEAN


def _as_json(state: State) -> dict[str, Any]:
    return {
        "kind": str(state.switch.kind),
        "subject": state.switch.subject,
        "policy": state.policy,
        "off": state.off,
        "reason": state.reason,
        "updated": state.updated.isoformat(),
    }
