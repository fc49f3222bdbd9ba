"""`./airside call`: one raw `tools/call` with an agent's own token: allowed or refused, and why."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from cli import options, running
from cli.answer import Decided, decided, decision_line, switched_off
from cli.nearest import among
from cli.outcome import CLEAN, COULD_NOT_LOOK, FOUND, Failure, show, show_json, tell

if TYPE_CHECKING:
    from localcloud.client import PlatformClient, Reply


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        '  ./airside call --as booking customer-mcp___get_customer_bookings \'{"customer_id": "C1001"}\' '
        "--customer C1001\n"
        "  ./airside call --as loyalty --list\n"
        "exit codes: 0 allowed, 1 refused or the tool failed, 2 could not call"
    )
    parser.add_argument(
        "--as", dest="agent", metavar="AGENT", required=True, help="the agent whose token is used"
    )
    parser.add_argument("tool", nargs="?", metavar="TOOL", help="a full tool name, target___tool")
    parser.add_argument(
        "arguments_json", nargs="?", default="{}", metavar="JSON", help="its arguments (default: {})"
    )
    running.add_customer(parser, "the end user whose token goes along (default: none)")
    parser.add_argument("--list", action="store_true", help="list the tools the agent sees instead")
    running.add_platform(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    if bool(arguments.tool) == arguments.list:
        raise Failure("call takes TOOL, or --list.")
    if arguments.list and arguments.customer:
        raise Failure("--customer goes with TOOL: what an agent sees is the same for every user.")
    try:
        values = json.loads(arguments.arguments_json)
    except ValueError as error:
        raise Failure(
            f'JSON: is not JSON ({error}). Quote it for the shell: \'{{"key": "value"}}\'.'
        ) from None
    if not isinstance(values, dict):
        raise Failure("JSON: must be an object, such as {}.")
    if arguments.list:
        return running.with_client(arguments, lambda client: _list(arguments, client), agents=False)
    params = {"name": arguments.tool, "arguments": values}
    return running.with_client(arguments, lambda client: _call(arguments, client, params), agents=False)


def _request(method: str, params: dict[str, Any]) -> bytes:
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return json.dumps(request, ensure_ascii=False).encode()


def _token(arguments: argparse.Namespace, client: PlatformClient) -> str:
    from localcloud.client import NoSuchAgent

    try:
        return client.token(arguments.agent)
    except NoSuchAgent as error:
        raise Failure(
            f"--as {arguments.agent}: {error} {among(arguments.agent, client.status()['agents'])}"
        ) from None


def _list(arguments: argparse.Namespace, client: PlatformClient) -> int:
    from localcloud.client import new_trace_id

    token, trace = _token(arguments, client), new_trace_id()
    tools: list[dict[str, Any]] = []
    params: dict[str, Any] = {}
    while True:
        reply = client.mcp(_request("tools/list", params), token=token, trace_id=trace)
        result = reply.body.get("result") if isinstance(reply.body, dict) else None
        if reply.status != 200 or not isinstance(result, dict):
            show_json(reply.body)
            return FOUND
        tools += result["tools"]
        if not result.get("nextCursor"):
            break
        params = {"cursor": result["nextCursor"]}
    if arguments.json:
        show_json(tools)
    for tool in tools if not arguments.json else ():
        show(f"{tool['name']:<44} {tool['description']}")
    # The gateway writes this itself, so it is there with the answer.
    for line in switched_off(decided(client.events(trace_id=trace))):
        tell(line.strip())
    return CLEAN


def _call(arguments: argparse.Namespace, client: PlatformClient, params: dict[str, Any]) -> int:
    from localcloud.client import new_trace_id

    trace, token = new_trace_id(), _token(arguments, client)
    user = running.user_token(client, arguments.customer)
    reply = client.mcp(_request("tools/call", params), token=token, trace_id=trace, user_token=user)
    decisions = _decisions(client, trace)
    code = _code(reply)
    if arguments.json:
        show_json(
            {
                "status": reply.status,
                "body": reply.body,
                "trace_id": trace,
                "decisions": [decision.as_json() for decision in decisions],
            }
        )
        return code
    error = reply.body.get("error") if isinstance(reply.body, dict) else None
    if isinstance(error, dict):
        show(f"refused: HTTP {reply.status}, JSON-RPC {error.get('code')}: {error.get('message')}")
    else:
        show("allowed" if code == CLEAN else f"allowed, but the tool failed (HTTP {reply.status})")
        _show_content(reply.body)
    for decision in decisions:
        show(decision_line(decision))
    for line in switched_off(decisions):
        show(line)
    return code


def _show_content(body: Any) -> None:
    """The tool's own answer: the gateway sends its JSON as one text item."""
    content = body.get("result", {}).get("content", []) if isinstance(body, dict) else []
    for item in content:
        try:
            show_json(json.loads(item.get("text", "")))
        except ValueError:
            show(str(item.get("text", "")))


def _code(reply: Reply) -> int:
    if not isinstance(reply.body, dict):
        return COULD_NOT_LOOK
    result = reply.body.get("result")
    return CLEAN if isinstance(result, dict) and not result.get("isError") else FOUND


def _decisions(client: PlatformClient, trace: str) -> list[Decided]:
    """What the layers decided: all of them, or those up to the one that refused."""

    def enough(events: list[dict[str, Any]]) -> bool:
        decisions = decided(events)
        layers = {layer for decision in decisions for layer, _ in decision.layers}
        return "interceptor" in layers or any(decision.effect == "deny" for decision in decisions)

    return decided(running.settled(client, trace, enough))
