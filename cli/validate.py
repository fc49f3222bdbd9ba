"""`./airside validate`: the declaration, the rendered policies, then the templates, strictly."""

from __future__ import annotations

import argparse

from cli import options, size_notes
from cli.outcome import CLEAN, FOUND, show, show_json, tell


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="check the declaration only; do not synthesize")
    options.add_project(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from governance import cedar, switches
    from governance.access import AccessMatrix
    from governance.errors import CedarErrors, DeclarationErrors
    from governance.load import load_project
    from governance.names import Names

    try:
        project = load_project(options.folder(arguments))
        notes = list(size_notes.notes(project.systems))
        for system in project.systems:
            matrix = AccessMatrix.of(system)
            for environment in project.environments:
                names = Names(system.name, environment.name)
                cedar.validate(
                    system, switches.policies(system, environment, names, matrix, cedar.PLACEHOLDER_ARN)
                )
                notes += [
                    f"{item.source}: {item.switch} of {system.name} is switched off: {item.reason}"
                    for item in switches.declared(system, environment)
                ]
    except (DeclarationErrors, CedarErrors) as errors:
        return _found(arguments, [str(problem) for problem in errors.problems])
    if not arguments.quick:
        from cli import assembly

        tell(
            "synthesizing: CloudFormation's schemas, the services' limits, cdk-nag's AwsSolutions, the review"
        )
        validated = assembly.validate(project.root)
        if validated.problems:
            return _found(arguments, list(validated.problems))
        for note in validated.notes:
            tell(note)
    counted = [
        f"{system.name}: {len(system.agents)} agents, {len(system.targets)} targets, "
        f"{len(system.tools)} tools"
        for system in project.systems
    ]
    shadows = [
        {"system": system.name, "agent": agent.name, "tool": grant.tool, **grant.shadow.form}
        for system in project.systems
        for agent in system.agents
        for grant in agent.grants
        if grant.shadow
    ]
    if arguments.json:
        systems = [system.name for system in project.systems]
        show_json({"valid": True, "problems": [], "notes": notes, "systems": systems, "shadows": shadows})
    else:
        for note in notes:
            show(f"note: {note}")
        show(f"valid: {'; '.join(counted)}; {len(project.environments)} environments")
        for shadow in shadows:
            show(
                "note: {source}: in shadow mode: {agent} {tool}, "
                "{would_refuse} would be refused: {reason}".format(**shadow)
            )
    return CLEAN


def _found(arguments: argparse.Namespace, problems: list[str]) -> int:
    if arguments.json:
        show_json({"valid": False, "problems": problems})
    else:
        for problem in problems:
            show(problem)
        tell(f"{len(problems)} {'problem' if len(problems) == 1 else 'problems'}")
    return FOUND
