"""Loads a system's playbook folder: three shared files (`SHARED`) and one file per agent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from localcloud.model.playbook.load_agent import load_agent, load_shared
from localcloud.model.playbook.load_entities import load_entities
from localcloud.model.playbook.schema import MESSAGES, AgentPlaybook, Localised, Playbook
from localcloud.model.playbook.source import PlaybookError, Problems, Value
from localcloud.model.playbook.templates import Environment
from localcloud.model.playbook.texts import Compiler

SHARED = ("entities.yaml", "phrases.yaml", "requests.yaml")


def load_playbook(folder: Path) -> Playbook:
    """Read, check and compile everything; raises PlaybookError with every problem found."""
    folder = folder.resolve()
    problems = Problems(folder.parent)
    for name in SHARED:
        if not (folder / name).is_file():
            problems.add(folder / name, 1, "is missing; every playbook has this file")
    if problems.found:
        raise PlaybookError(problems.found)
    top = Value.read(folder / SHARED[0], problems).fields(
        required=("languages", "entities"), optional=("context", "answer_language", "refused")
    )
    languages = _languages(top["languages"])
    entities, tables = load_entities(top["entities"])
    environment, messages = _phrases(Value.read(folder / SHARED[1], problems), languages, tables)
    compiler = Compiler(environment, languages, frozenset(entity.name for entity in entities))
    context = _patterns(top["context"])
    shared = load_shared(Value.read(folder / SHARED[2], problems), compiler, frozenset(context))
    agents: dict[str, AgentPlaybook] = {}
    for path in sorted(folder.glob("*.yaml")):
        if path.name not in SHARED:
            agent = load_agent(Value.read(path, problems), shared)
            agents[agent.agent] = agent
            if agent.agent != path.stem:
                problems.add(path, 1, f"is named after another agent than it is for: {agent.agent!r}")
    playbook = Playbook(
        languages=languages,
        context=context,
        answer_language=_answer_language(top["answer_language"], languages),
        refused=tuple(_regex(value) for value in top["refused"].elements()),
        entities=entities,
        messages=messages,
        agents=agents,
    )
    if problems.found:
        raise PlaybookError(problems.found)
    return playbook


def _languages(value: Value) -> tuple[str, ...]:
    languages = value.texts()
    if not languages:
        value.problem("at least one language is needed")
    return languages or ("en",)


def _phrases(
    value: Value, languages: tuple[str, ...], tables: Mapping[str, Mapping[str, Any]]
) -> tuple[Environment, dict[str, Localised]]:
    fields = value.fields(required=("messages",), optional=("macros",))
    try:
        environment = Environment(fields["macros"].text(" "), tables)
    except TemplateError as error:
        fields["macros"].problem(f"is not a template: {error}")
        environment = Environment("", tables)
    compiler = Compiler(environment, languages, frozenset())
    messages = {
        key: compiler.localised(text) for key, text in fields["messages"].fields(required=MESSAGES).items()
    }
    return environment, messages


def _patterns(value: Value) -> dict[str, re.Pattern[str]]:
    patterns = {}
    for name, source in value.items():
        patterns[name] = _regex(source)
        if patterns[name].groups != 1:
            source.problem("the pattern needs exactly one group: the fact it reads")
    return patterns


def _answer_language(value: Value, languages: tuple[str, ...]) -> dict[str, re.Pattern[str]]:
    patterns = {}
    for language, source in value.items():
        if language not in languages:
            source.problem(f"{language!r} is not among the playbook's languages")
        patterns[language] = _regex(source)
    return patterns


def _regex(value: Value) -> re.Pattern[str]:
    try:
        return re.compile(value.text("(?!)"), re.IGNORECASE)
    except re.error as error:
        value.problem(f"is not a regular expression: {error}")
        return re.compile("()(?!)")
