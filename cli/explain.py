"""`./airside explain`: who may call what, layer by layer, each with the line that decides."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from cli import options, reviewing
from cli.nearest import among
from cli.outcome import CLEAN, FOUND, Failure, show, show_json

if TYPE_CHECKING:
    from cli.switch_states import Policies
    from governance.access import AccessMatrix
    from governance.model import Environment, System


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        "  ./airside explain booking flights-api___search_flights\n"
        "  ./airside explain --who-can customer-mcp___create_booking\n"
        "  ./airside explain --what-can loyalty\n"
        "  ./airside explain --path orchestrator customer-mcp___create_booking\n"
        "  ./airside explain --assembly cdk.out --stage airline-prod booking customer-mcp___create_booking\n"
        "It tells what is switched off too: as declared, and on the platform that runs here.\n"
        "With --assembly it tells what the templates say, whoever made them: one layer a line, with file and path.\n"
        "exit codes: 0 allowed, perhaps under conditions; 1 the call would be refused; 2 could not look"
    )
    parser.add_argument("agent", nargs="?", metavar="AGENT", help="a declared agent")
    parser.add_argument("tool", nargs="?", metavar="TOOL", help="a full tool name, target___tool")
    parser.add_argument("--who-can", metavar="TOOL", help="list the agents that may call a tool")
    parser.add_argument(
        "--what-can", metavar="AGENT", help="list the tools an agent may call, and its own parts"
    )
    parser.add_argument(
        "--path",
        nargs=2,
        metavar=("AGENT", "TOOL"),
        help="list the ways in which an agent gets a tool called, itself or through agents it may invoke",
    )
    options.add_system(parser)
    reviewing.add_assembly(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from cli import explain_assembly, switch_states
    from governance.access import AccessMatrix

    named = arguments.agent or arguments.tool
    asked = [bool(each) for each in (named, arguments.who_can, arguments.what_can, arguments.path)]
    if sum(asked) != 1 or bool(arguments.agent) != bool(arguments.tool):
        raise Failure(
            "explain takes AGENT and TOOL, or --who-can TOOL, --what-can AGENT, or --path AGENT TOOL."
        )
    if arguments.assembly:
        return explain_assembly.run(arguments)
    if arguments.stage:
        raise Failure(
            "--stage names a stage of --assembly DIR. Use --system and --env for the declared system."
        )
    system, environment = options.choose(arguments, options.load(arguments))
    matrix = AccessMatrix.of(system)
    if arguments.path:
        options.known_agent(system, arguments.path[0])
        _known_tool(system, arguments.path[1])
        return explain_assembly.declared_ways(arguments, system, matrix)
    if arguments.who_can:
        _known_tool(system, arguments.who_can)
        cells = [(agent, arguments.who_can) for agent in matrix.agents_of(arguments.who_can)]
    elif arguments.what_can:
        options.known_agent(system, arguments.what_can)
        cells = [(arguments.what_can, tool) for tool in matrix.tools_of(arguments.what_can)]
    else:
        options.known_agent(system, arguments.agent)
        _known_tool(system, arguments.tool)
    policies = switch_states.policies(arguments, system, environment, matrix)
    if arguments.who_can or arguments.what_can:
        parts = _parts(system, arguments.what_can) if arguments.what_can else []
        return _listing(arguments, matrix, policies, cells, parts)
    return _cell(arguments, system, environment, matrix, policies)


def _known_tool(system: System, tool: str) -> None:
    known = [declared.full_name for declared in system.tools]
    if tool not in known:
        raise Failure(f"{tool!r} is no tool of {system.name}. {among(tool, known)}")


def _parts(system: System, agent: str) -> list[dict[str, str]]:
    """What the agent has of its own, which no call through the gateway shows."""
    parts = system.agent(agent).parts
    return [
        {"agent": agent, "part": key, "is": words, "source": str(parts.sources[key])}
        for key, words in parts.described.items()
    ]


def _listing(
    arguments: argparse.Namespace,
    matrix: AccessMatrix,
    policies: Policies,
    cells: list[tuple[str, str]],
    parts: list[dict[str, str]],
) -> int:
    rows = [
        (
            agent,
            tool,
            matrix.decision(agent, tool),
            [str(switch) for switch in policies.of_call(agent, tool) if switch.off],
        )
        for agent, tool in cells
    ]
    if arguments.json:
        show_json(
            [
                {
                    "agent": agent,
                    "tool": tool,
                    "source": str(decision.source),
                    "shadow": decision.shadow.form if decision.shadow else None,
                    "switched_off": off,
                }
                for agent, tool, decision, off in rows
            ]
            + parts
        )
    for agent, tool, decision, off in rows if not arguments.json else ():
        shadow = f"  shadow: {decision.shadow.would_refuse}" if decision.shadow else ""
        told = f"  switched off: {', '.join(off)}" if off else ""
        show(f"{agent:<16} {tool:<44} {decision.source}{shadow}{told}")
    for part in parts if not arguments.json else ():
        words = f"{part['part']}: {part['is']}"
        show(f"{part['agent']:<16} {words:<44} {part['source']}  its own, not through the gateway")
    return CLEAN


def _cell(
    arguments: argparse.Namespace,
    system: System,
    environment: Environment,
    matrix: AccessMatrix,
    policies: Policies,
) -> int:
    from governance.shadow import enforced

    layers = _layers(system, environment, matrix, policies, arguments.agent, arguments.tool)
    decision = matrix.decision(arguments.agent, arguments.tool)
    allowed = all(layer["effect"] == "allow" for layer in layers)
    rules = next(tool.rules for tool in system.tools if tool.full_name == arguments.tool)
    kept = enforced(rules, decision.shadow)
    switches = policies.of_call(arguments.agent, arguments.tool)
    off = [str(switch) for switch in switches if switch.off]
    reason = decision.reason
    if decision.allowed and off:
        reason = f"{' and '.join(off)} {'is' if len(off) == 1 else 'are'} switched off"
    if arguments.json:
        show_json(
            {
                "system": system.name,
                "environment": environment.name,
                "agent": arguments.agent,
                "tool": arguments.tool,
                "effect": "allow" if allowed else "deny",
                "reason": reason,
                "source": str(decision.source),
                "shadow": decision.shadow.form if decision.shadow else None,
                "arguments": [
                    {
                        "argument": rule.argument,
                        "rule": str(rule),
                        "source": str(rule.source),
                        "enforced": rule in kept,
                    }
                    for rule in rules
                ],
                "layers": layers,
                "switches": [switch.as_json() for switch in switches],
            }
        )
        return CLEAN if allowed else FOUND
    show(f"{'allowed' if allowed else 'refused'}: {reason}")
    show(f"  declared      {decision.effect:<6} {decision.source}")
    for layer in layers:
        show(f"  {layer['layer']:<13} {layer['effect']:<6} {layer['because']}")
    for switch in switches:
        show(f"  switch        {'off' if switch.off else 'on':<6} {switch.line()}")
    if decision.shadow:
        show(f"  shadow: {decision.shadow}")
    # Whatever else is decided, each call of anybody must keep these, save what a shadow only logs.
    for rule in rules:
        show(f"  arguments: {rule} ({rule.source}){'' if rule in kept else '  logged only'}")
    return CLEAN if allowed else FOUND


def _layers(
    system: System,
    environment: Environment,
    matrix: AccessMatrix,
    policies: Policies,
    agent: str,
    tool: str,
) -> list[dict[str, Any]]:
    """What each layer decides, each asked by what is rendered for it and not by the matrix."""
    import json

    from governance import cedar, interceptor_policy
    from governance.names import Names

    scope = system.badge(agent)
    names = Names(system.name, environment.name)
    policy = json.loads(interceptor_policy.render(system, environment.name, matrix))
    grant = policy["grants"].get(policy["badges"].get(scope), {}).get(tool)
    # In shadow mode a grant is a table.
    line = grant if grant is None or isinstance(grant, str) else grant["source"]
    # The question is about agent and tool: the arguments are such as keep the tool's rules.
    rules = next(declared.rules for declared in system.tools if declared.full_name == tool)
    kept = {rule.argument: rule.example for rule in rules if rule.example is not None}
    verdict = cedar.decide(
        policies.every, scope=scope, tool=tool, gateway_arn=cedar.PLACEHOLDER_ARN, arguments=kept
    )
    enforced = "" if environment.policy_mode == "ENFORCE" else " (LOG_ONLY: would only be logged)"
    return [
        {
            "layer": "authorizer",
            "effect": "allow",
            "because": f"client {names.client(agent)} with scope {scope}",
        },
        {
            "layer": "interceptor",
            "effect": "allow" if line else "deny",
            "because": f"policy.json grants it by {line}" if line else "policy.json does not grant it",
        },
        {
            "layer": "policy",
            "effect": "allow" if verdict.allowed else "deny",
            "because": (", ".join(verdict.policies) or "no policy permits it") + enforced,
        },
    ]
