"""`./airside ask`: one question to the entry agent, the answer as it streams, and how it came about."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING, Any

from cli import options, running
from cli.answer import Answer, decided, lines
from cli.outcome import CLEAN, COULD_NOT_LOOK, Failure, show, show_json, tell

if TYPE_CHECKING:
    from localcloud.client import PlatformClient


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        '  ./airside ask "내일 인천에서 나리타 가는 항공편 찾아줘" --customer C1001\n'
        '  ./airside ask "I want to change my booking, what will it cost?" --customer C1001\n'
        "Without a running platform one is started for the question and stopped after it.\n"
        "exit codes: 0 answered, 2 not answered"
    )
    parser.add_argument("question", metavar="QUESTION")
    running.add_customer(parser, "the customer who signs in and asks (default: a guest)")
    parser.add_argument("--agent", metavar="AGENT", help="ask this agent instead of the entry agent")
    parser.add_argument(
        "--language", metavar="CODE", help="answer in this language of the system (default: the question's)"
    )
    parser.add_argument("--session", metavar="ID", help="go on with this session of a running platform")
    running.add_platform(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    if not arguments.question.strip():
        raise Failure("QUESTION is empty. Write what you want to know.")
    return running.with_client(arguments, lambda client: _ask(arguments, client))


def _ask(arguments: argparse.Namespace, client: PlatformClient) -> int:
    from localcloud.client import GUEST, NoSuchAgent, new_session_id, new_trace_id

    user = running.user_token(client, arguments.customer, otherwise=GUEST)
    agent = arguments.agent or client.status()["entry_agent"]
    session, trace = arguments.session or new_session_id(), new_trace_id()
    answer = Answer()
    started = time.monotonic()
    try:
        for event in client.invoke(
            agent, _payload(arguments), session_id=session, trace_id=trace, user_token=user
        ):
            text = answer.take(event)
            if text and not arguments.json:
                sys.stdout.write(text)
                sys.stdout.flush()
    except NoSuchAgent as error:
        raise Failure(str(error)) from None
    seconds = time.monotonic() - started
    decisions = decided(_settled(client, trace, answer))
    ok = answer.finished and answer.error is None
    if arguments.json:
        show_json(
            {
                "answer": answer.text,
                "error": answer.error,
                "agent": agent,
                "session_id": session,
                "trace_id": trace,
                "seconds": round(seconds, 3),
                "agents": list(dict.fromkeys([agent, *answer.agents])),
                "tools": [use.__dict__ for use in answer.tools],
                "results": answer.results,
                "decisions": [decision.as_json() for decision in decisions],
            }
        )
        return CLEAN if ok else COULD_NOT_LOOK
    if answer.text and not answer.text.endswith("\n"):
        show()
    for line in lines(answer, decisions):
        show(line)
    show(f"session {session}, trace {trace}, {seconds:.2f} s")
    if not ok:
        tell(_why(answer))
    return CLEAN if ok else COULD_NOT_LOOK


def _payload(arguments: argparse.Namespace) -> dict[str, Any]:
    payload = {"prompt": arguments.question, "language": arguments.language}
    return {key: value for key, value in payload.items() if value is not None}


def _settled(client: PlatformClient, trace: str, answer: Answer) -> list[dict[str, Any]]:
    """The request's events, once the interceptor was heard of every gateway call."""
    calls = sum("___" in use.tool for use in answer.tools)

    def heard(events: list[dict[str, Any]]) -> bool:
        decisions = [event for event in events if event.get("layer") == "interceptor"]
        return len([event for event in decisions if event.get("method") == "tools/call"]) >= calls

    return running.settled(client, trace, heard)


def _why(answer: Answer) -> str:
    if answer.error is None:
        return "the answer broke off. Look into .airside/logs/."
    return f"not answered ({answer.error.get('code')}): {answer.error.get('message')}"
