"""What environments declare as switched off, held against the systems: one thing each, and one that it stops."""

from __future__ import annotations

from collections.abc import Iterator

from governance.errors import Problem
from governance.model import Environment, PolicyMode, System
from governance.switch import SwitchedOff, SwitchKind


def problems_of(environments: tuple[Environment, ...], systems: tuple[System, ...]) -> list[Problem]:
    """Every declared switch that names nothing, more than one thing, the same thing again, or would not hold."""
    return [problem for environment in environments for problem in _environment(environment, systems)]


def _environment(environment: Environment, systems: tuple[System, ...]) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for item in environment.switched_off:
        owners = [system.name for system in systems if item.switch.subject in _known(system, item)]
        meant = [name for name in owners if item.system in (None, name)]
        if not meant:
            names = sorted({name for system in systems for name in _known(system, item)})
            where = f" of the system {item.system!r}" if item.system else ""
            yield _problem(item, f"is no {item.switch.kind}{where}.", f"Known: {', '.join(names)}.")
        elif len(meant) > 1:
            hint = " or ".join(f"{name}/{item.switch.subject}" for name in meant)
            yield _problem(item, f"is of {' and '.join(meant)}.", f"Write {hint}.")
        elif (meant[0], str(item.switch)) in seen:
            yield _problem(item, "is switched off twice.", "Keep one of the two.")
        elif environment.policy_mode is PolicyMode.LOG_ONLY:
            yield _problem(
                item, "would only be logged while policy_mode is LOG_ONLY.", "Set policy_mode to ENFORCE."
            )
        seen.update((name, str(item.switch)) for name in meant)


def _known(system: System, item: SwitchedOff) -> list[str]:
    if item.switch.kind is SwitchKind.AGENT:
        return [agent.name for agent in system.agents]
    return [tool.full_name for tool in system.tools]


def _problem(item: SwitchedOff, message: str, hint: str) -> Problem:
    prefix = f"{item.system}/" if item.system else ""
    key = f"switched_off.{item.switch.kind}s.{prefix}{item.switch.subject}"
    return Problem(item.source.file, item.source.line, key, message, hint)
