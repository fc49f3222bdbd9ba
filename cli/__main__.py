"""`./airside COMMAND`: parses, runs one command, and turns known errors into a message and an exit code."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence

from cli import interruption, outcome
from cli.nearest import among
from cli.options import ROOT

COMMANDS = {
    "up": "Run a system on this machine until Ctrl-C.",
    "ask": "Ask the entry agent one question.",
    "call": "Call one tool as an agent: allowed or refused, and why.",
    "trace": "Show what a request did, step by step, with every decision.",
    "validate": "Check the declaration and the synthesized templates.",
    "synth": "Synthesize every environment into cdk.out.",
    "review": "Review an assembly: who can do what, and what is wrong.",
    "diff": "Say what one assembly allows that another does not.",
    "lock": "Approve what is synthesized, by writing it down.",
    "explain": "Say who may call what, and by which line.",
    "switch": "Stop an agent or a tool at the gateway, without a deployment.",
    "rotate": "Give agents' clients new secrets, with no refused request.",
    "shadow": "Say what grants in shadow mode would refuse.",
    "attack": "Attack a gateway: everything must be refused.",
    "test": "Run every test.",
    "mutate": "Change the decision code: some test must notice each mistake.",
    "bench": "Measure speed, as ratios in one run.",
    "environments": "Say what the environments are, and in what two differ.",
    "cost": "Estimate what an environment will cost a month.",
    "deploy": "Deploy an assembly: reviewed, compared, approved.",
    "seed": "Fill the deployed tables with the system's data.",
    "smoke": "Ask the deployed entry agent, and see that it refuses strangers.",
    "destroy": "Delete a deployed system, after saying what blocks it.",
    "generate": "Write the generated files again, or check them.",
}
"""Every command with its line of help. `cli/<command>.py` has `configure(parser)` and `run(arguments)`."""

PASS_ON = frozenset({"test", "bench"})
"""Commands whose words go to another program, options included."""

EPILOG = """\
exit codes: 0 done or allowed, 1 findings or refused, 2 could not look

examples:
  ./airside ask "내일 인천에서 나리타 가는 항공편 찾아줘" --customer C1001
  ./airside call --as loyalty customer-mcp___create_booking '{}'
  ./airside explain booking flights-api___search_flights
"""

INTERRUPTED, UNREAD = 130, 141
"""Exit codes as shells tell of signals, 128 and the number: of SIGINT, and of SIGPIPE. The latter is where the reader
went away (`| head`): no fault, and no 0 either, as what it did not read may have been a finding."""


def main(words: Sequence[str]) -> int:
    """Runs the command that `words` name; returns its exit code. Raises SystemExit for words it cannot read."""
    arguments, parser = _read(list(words))
    if arguments.command is None:
        parser.print_help()
        return outcome.COULD_NOT_LOOK
    try:
        return int(arguments.run(arguments))
    except outcome.Failure as failure:
        outcome.tell(str(failure))
        return failure.exit_code
    except KeyboardInterrupt:
        outcome.tell("stopped")
        return INTERRUPTED
    except BrokenPipeError:
        _write_no_more()
        return UNREAD
    except OSError as error:
        outcome.tell(_of_the_machine(error))
        return outcome.COULD_NOT_LOOK
    except ModuleNotFoundError as error:
        if error.name is None or (ROOT / error.name.partition(".")[0]).exists():
            raise
        outcome.tell(
            f"the library {error.name} is missing from {sys.prefix}: the set-up is not whole, or its Python was "
            "changed. Remove that folder and start ./airside again."
        )
        return outcome.COULD_NOT_LOOK


def _read(words: list[str]) -> tuple[argparse.Namespace, argparse.ArgumentParser]:
    parser = argparse.ArgumentParser(
        prog="airside",
        description="Governed multi-agent systems on Amazon Bedrock AgentCore, as code.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="COMMAND", dest="command")
    # Only the command that is asked for is imported: `--help` must not pay for the others.
    chosen = next((word for word in words if not word.startswith("-")), None)
    if chosen is not None and chosen not in COMMANDS:
        parser.error(f"{chosen!r} is no command. {among(chosen, COMMANDS)}")
    made = {}
    for name, text in COMMANDS.items():
        command = made[name] = commands.add_parser(
            name, help=text, description=text, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        if name == chosen:
            module = importlib.import_module(f"cli.{name}")
            module.configure(command)
            command.set_defaults(run=module.run)
    own, passed_on = _split(words, chosen)
    arguments, unknown = parser.parse_known_args(own)
    if unknown:
        # By the command's own parser, whose usage it prints.
        made.get(str(arguments.command), parser).error(f"unrecognized arguments: {' '.join(unknown)}")
    arguments.passed_on = passed_on
    return arguments, parser


def _split(words: list[str], chosen: str | None) -> tuple[list[str], list[str]]:
    """Words for this parser, and words that another program gets as they are."""
    if chosen not in PASS_ON or {"-h", "--help"} & set(words):
        return words, []
    after = words.index(chosen) + 1
    return words[:after], words[after:]


def _write_no_more() -> None:
    """Nor what is still buffered when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _of_the_machine(error: OSError) -> str:
    """A disk that is full, a file nobody may write: what no command expects and no traceback makes clearer."""
    why = error.strerror or type(error).__name__
    return f"{why}." if error.filename is None else f"{error.filename}: {why}."


def _process(words: Sequence[str]) -> int:
    """`main` as a process of its own: it can always write, and whatever ends it, ends it in order."""
    _open_streams()
    with interruption.like_ctrl_c() as came:
        try:
            code = main(words)
        except SystemExit as wrong_words:
            code = int(wrong_words.code or 0)
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            _write_no_more()
            return UNREAD
        except OSError as error:
            _write_no_more()
            if code != outcome.COULD_NOT_LOOK:  # else it was said when it was written, and is buffered still
                outcome.tell(_of_the_machine(error))
            return outcome.COULD_NOT_LOOK
    return 128 + came[-1] if came and code == INTERRUPTED else code


def _open_streams() -> None:
    """Both streams can be written, and take every character: one that the encoding lacks is written as an escape."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123  as long as we live
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(_process(sys.argv[1:]))
