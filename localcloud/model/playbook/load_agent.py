"""One agent's file of a playbook: slots, intents and their steps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from localcloud.model.playbook.schema import (
    AgentPlaybook,
    Ask,
    Call,
    Calls,
    Cue,
    Find,
    Intent,
    Let,
    Say,
    Slot,
    Step,
)
from localcloud.model.playbook.source import Value
from localcloud.model.playbook.texts import Compiler

_TOOL = re.compile(r"[a-zA-Z0-9_-]{1,64}")
CALL_KEYS = ("as", "args", "when", "each", "optional", "errors")
STEP_KINDS = ("say", "ask", "call", "together", "let", "find")


@dataclass(frozen=True)
class Shared:
    """What the agents of a playbook have in common: `requests.yaml`, and the facts of the system prompt."""

    compiler: Compiler
    context: frozenset[str]
    slots: Mapping[str, Slot]
    requests: Mapping[str, Value]


def load_shared(value: Value, compiler: Compiler, context: frozenset[str]) -> Shared:
    """Read `requests.yaml`: slots, and requests an intent can be declared to be (`is`)."""
    fields = value.fields(required=("slots", "requests"))
    slots = {name: _slot(name, entry, compiler, context) for name, entry in fields["slots"].items()}
    return Shared(compiler, context, slots, dict(fields["requests"].items()))


def load_agent(value: Value, shared: Shared) -> AgentPlaybook:
    """Read one file; problems are noted in the value's collector."""
    fields = value.fields(required=("agent", "about", "intents"), optional=("slots",))
    own = {name: _slot(name, e, shared.compiler, shared.context) for name, e in fields["slots"].items()}
    slots = {**shared.slots, **own}
    return AgentPlaybook(
        agent=fields["agent"].text(),
        about=shared.compiler.localised(fields["about"]),
        slots=slots,
        intents=tuple(_intent(name, entry, shared, slots) for name, entry in fields["intents"].items()),
    )


def _slot(name: str, value: Value, compiler: Compiler, context: frozenset[str]) -> Slot:
    fields = value.fields(required=("entity",), optional=("match", "rest", "context", "default", "ask"))
    entity = fields["entity"].text()
    if entity not in compiler.entities:
        fields["entity"].problem(f"{entity!r} is no entity of entities.yaml")
        entity = next(iter(sorted(compiler.entities)), "none")
    patterns = []
    for element in fields["match"].elements():
        pattern = compiler.pattern(element, entity)
        if "value" not in pattern.groupindex and pattern.pattern != "(?!)":
            element.problem("the pattern names no {value}, so it can read nothing")
        patterns.append(pattern)
    source = fields["context"].text()
    if source and source not in context:
        fields["context"].problem(f"{source!r} is not read from the system prompt by entities.yaml")
    rest = None if fields["rest"].missing else fields["rest"].one_of(("first", "last"), "first")
    return Slot(
        name=name,
        entity=entity,
        match=tuple(patterns),
        rest=rest,
        context=source or None,
        default=fields["default"].plain(),
        ask=None if fields["ask"].missing else compiler.localised(fields["ask"]),
    )


RECOGNITION = ("match", "unless", "at_least", "priority", "needs", "may", "followup")


def _intent(name: str, value: Value, shared: Shared, slots: Mapping[str, Slot]) -> Intent:
    compiler = shared.compiler
    own = value.fields(required=("steps",), optional=("is", *RECOGNITION))
    fields = own
    if not own["is"].missing:
        base = shared.requests.get(own["is"].text())
        if base is None:
            own["is"].problem(f"{own['is'].text()!r} is no request of requests.yaml")
        else:
            inherited = base.fields(required=("match",), optional=RECOGNITION[1:])
            fields = {key: inherited.get(key, f) if f.missing else f for key, f in own.items()}
    if fields["match"].missing:
        value.problem("key 'match' is missing, and no request ('is') gives it")
    for key in ("needs", "may"):
        for element in fields[key].elements():
            slot = slots.get(element.text())
            if slot is None:
                element.problem(f"{element.text()!r} is no slot of this file or of requests.yaml")
            elif key == "needs" and slot.ask is None and slot.default is None:
                element.problem(f"slot {slot.name!r} is needed but has no question ('ask') for the customer")
    steps = tuple(step for element in fields["steps"].elements() for step in _step(element, compiler, slots))
    _check_steps(fields["steps"], steps)
    return Intent(
        name=name,
        cues=tuple(_cue(element, compiler) for element in fields["match"].elements()),
        unless=tuple(compiler.pattern(element) for element in fields["unless"].elements()),
        at_least=fields["at_least"].number(1),
        priority=fields["priority"].number(0),
        needs=tuple(slot for slot in fields["needs"].texts() if slot in slots),
        may=tuple(slot for slot in fields["may"].texts() if slot in slots),
        followup=tuple(compiler.pattern(element) for element in fields["followup"].elements()),
        steps=steps,
    )


def _check_steps(value: Value, steps: tuple[Step, ...]) -> None:
    if not steps or not isinstance(steps[-1], Say) or steps[-1].when is not None:
        value.problem("the last step must be a 'say' without 'when', so that every request gets an answer")
    names: set[str] = set()
    for step in steps:
        for call in step.calls if isinstance(step, Calls) else ():
            if call.name in names:
                value.problem(f"two calls are named {call.name!r}")
            names.add(call.name)


def _cue(value: Value, compiler: Compiler) -> Cue:
    if value.is_mapping:
        fields = value.fields(required=("re", "score"))
        return Cue(compiler.pattern(fields["re"]), fields["score"].number(1))
    return Cue(compiler.pattern(value), 1)


def _step(value: Value, compiler: Compiler, slots: Mapping[str, Slot]) -> list[Step]:
    kinds = [kind for kind in STEP_KINDS if any(key == kind for key, _ in value.items())]
    if len(kinds) != 1:
        value.problem(f"a step has exactly one of: {', '.join(STEP_KINDS)}")
        return []
    kind = kinds[0]
    if kind == "call":
        return [Calls((_call(value, compiler),))]
    extra = ("every", "in", "as") if kind == "find" else ()
    fields = value.fields(required=(kind, *(("in", "as") if extra else ())), optional=("when", "every"))
    if kind != "find" and not fields["every"].missing:
        fields["every"].problem("unknown key 'every' (only a 'find' has it)")
    when = compiler.condition(fields["when"])
    body = fields[kind]
    if kind == "say":
        return [Say(compiler.localised(body), when)]
    if kind == "ask":
        name = body.text()
        if name not in slots or slots[name].ask is None:
            body.problem(f"{name!r} is no slot of this file that has a question")
            return []
        return [Ask(name, when)]
    if kind == "together":
        return [Calls(tuple(_call(element, compiler) for element in body.elements()), when)]
    if kind == "let":
        return [Let({name: compiler.expression(source) for name, source in body.items()}, when)]
    return [_find(fields, compiler)]


def _call(value: Value, compiler: Compiler) -> Call:
    fields = value.fields(required=("call", "as"), optional=tuple(k for k in CALL_KEYS if k != "as"))
    tool = fields["call"].text("tool")
    if not _TOOL.fullmatch(tool):
        fields["call"].problem(f"{tool!r} is no tool name ([a-zA-Z0-9_-], at most 64 characters)")
    return Call(
        name=fields["as"].text(),
        tool=tool,
        args={key: compiler.argument(argument) for key, argument in fields["args"].items()},
        when=compiler.condition(fields["when"]),
        each=compiler.condition(fields["each"]),
        optional=fields["optional"].flag(),
        errors={code: compiler.localised(text) for code, text in fields["errors"].items()},
    )


def _find(fields: dict[str, Value], compiler: Compiler) -> Find:
    try:
        pattern = re.compile(fields["find"].text("(?!)"), re.MULTILINE)
    except re.error as error:
        fields["find"].problem(f"is not a regular expression: {error}")
        pattern = re.compile("(?P<none>)(?!)")
    if not pattern.groups:
        fields["find"].problem("the pattern needs a group: the fact it reads")
    return Find(
        name=fields["as"].text(),
        text=compiler.expression(fields["in"]),
        pattern=pattern,
        every=fields["every"].flag(),
        when=compiler.condition(fields["when"]),
    )
