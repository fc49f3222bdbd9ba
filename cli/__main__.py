"""`./airside COMMAND`: parses, runs one command, and turns known errors into a message and an exit code."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from cli import outcome

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


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="airside",
        description="Governed multi-agent systems on Amazon Bedrock AgentCore, as code.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="COMMAND", dest="command")
    # Only the command that is asked for is imported: `--help` must not pay for the others.
    chosen = next((word for word in words if not word.startswith("-")), None)
    for name, text in COMMANDS.items():
        command = commands.add_parser(
            name, help=text, description=text, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        if name == chosen:
            module = importlib.import_module(f"cli.{name}")
            module.configure(command)
            command.set_defaults(run=module.run)
    own, passed_on = _split(list(words), chosen)
    arguments = parser.parse_args(own)
    arguments.passed_on = passed_on
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
        return 130
    except BrokenPipeError:
        # The reader went away (`| head`): not an error, and nothing may be written any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return outcome.CLEAN


def _split(words: list[str], chosen: str | None) -> tuple[list[str], list[str]]:
    """Words for this parser, and words that another program gets as they are."""
    if chosen not in PASS_ON or {"-h", "--help"} & set(words):
        return words, []
    after = words.index(chosen) + 1
    return words[:after], words[after:]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
