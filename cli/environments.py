"""`./airside environments`: what the environments are, and in what two of them differ."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from cli import options
from cli.nearest import among
from cli.outcome import CLEAN, FOUND, Failure, show, show_json

if TYPE_CHECKING:
    from cli.settings.compare import Difference
    from cli.settings.read import Settings
    from governance.model import Environment, Project

_WORDS = {"list": 0, "show": 1, "diff": 2}
"""Each action with how many environments it takes."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        "  ./airside environments                   every environment in a line\n"
        "  ./airside environments show prod         every setting with its line\n"
        "  ./airside environments diff dev prod     what prod sets otherwise than dev, and what follows\n"
        "`weaker` and `stronger` are said of the second environment, where a direction is known.\n"
        "exit codes: 0 listed, or nothing is weaker in the second; 1 something is, or nobody can say; 2 could not\n"
        "look"
    )
    parser.add_argument(
        "action", nargs="?", choices=tuple(_WORDS), default="list", help="what to do (default: list)"
    )
    parser.add_argument("names", nargs="*", metavar="ENV", help="the environment; for diff, two of them")
    options.add_project(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    wanted = _WORDS[arguments.action]
    if len(arguments.names) != wanted:
        raise Failure(
            f"environments {arguments.action} takes {('no environment', 'one environment', 'two environments')[wanted]}"
            f", and {len(arguments.names)} {'is' if len(arguments.names) == 1 else 'are'} named."
        )
    project = options.load(arguments)
    chosen = [_environment(project, name) for name in arguments.names]
    if not chosen:
        return _list(arguments, project)
    from cli.settings.compare import compare
    from cli.settings.read import Settings

    first, *others = (Settings.of(project.root, environment) for environment in chosen)
    if not others:
        return _show(arguments, first)
    return _diff(arguments, first, others[0], compare(first, others[0]))


def _environment(project: Project, name: str) -> Environment:
    known = [environment.name for environment in project.environments]
    if name not in known:
        raise Failure(f"{name}: is no environment. {among(name, known)}")
    return project.environment(name)


def _list(arguments: argparse.Namespace, project: Project) -> int:
    from cli.placeholders import is_placeholder

    rows = [
        {
            "environment": each.name,
            "account": each.account,
            "placeholder": is_placeholder(each.account),
            "region": each.region,
            "policy_mode": str(each.policy_mode),
            "retain_data": each.retain_data,
            "budget_usd": each.budget_usd,
            "source": str(each.source),
        }
        for each in project.environments
    ]
    if arguments.json:
        show_json({"environments": rows})
        return CLEAN
    for row in rows:
        account = f"{row['account']}{' (a placeholder)' if row['placeholder'] else ''}"
        kept = "data kept" if row["retain_data"] else "data not kept"
        show(
            f"{row['environment']:<12} {account:<28} {row['region']:<16} {row['policy_mode']:<8} {kept:<13} "
            f"{row['budget_usd']:>5} USD a month  {row['source']}"
        )
    return CLEAN


def _show(arguments: argparse.Namespace, settings: Settings) -> int:
    if arguments.json:
        show_json(
            {
                "environment": settings.name,
                "settings": {each.name: {"value": each.value, "source": each.where} for each in settings},
            }
        )
        return CLEAN
    for each in settings:
        show(f"{each.name:<38} {each.text:<60} {each.where}")
    return CLEAN


def _diff(
    arguments: argparse.Namespace, first: Settings, second: Settings, differences: list[Difference]
) -> int:
    code = FOUND if any(each.objectionable for each in differences) else CLEAN
    if arguments.json:
        show_json(
            {
                "first": first.name,
                "second": second.name,
                "differences": [each.as_json() for each in differences],
            }
        )
        return code
    heading = None
    for each in differences:
        if each.group != heading:
            show(f"{'' if heading is None else chr(10)}{each.group}")
            heading = each.group
        direction = str(each.meaning.direction)
        mark = f"{second.name} is {direction}: " if direction in ("weaker", "stronger") else ""
        told = f"{mark}{each.meaning.sentence}" or "differs"
        show(f"  {each.before.name}" + (f": {told}" if told != "differs" else ""))
        show(f"    {first.name:<12} {each.before.text}  ({each.before.where})")
        show(f"    {second.name:<12} {each.after.text}  ({each.after.where})")
    counted = [
        f"{sum(str(each.meaning.direction) == word for each in differences)} {word}"
        for word in ("weaker", "stronger", "unknown", "other")
    ]
    show(f"{len(differences)} settings differ in {second.name} from {first.name}: {', '.join(counted)}")
    return code
