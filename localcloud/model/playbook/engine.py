"""Answers a Converse request from a playbook: the next tool calls, or the text that ends the turn.

Steps run from the first each time; a call already made in this turn (same tool, same input) gives its
outcome, a new one is what the answer asks for. So all state is in the messages.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.model.playbook.conversation import Made, Outcome, Turn, turns_of
from localcloud.model.playbook.schema import (
    AgentPlaybook,
    Ask,
    Call,
    Calls,
    Find,
    Let,
    Localised,
    Playbook,
    Say,
)
from localcloud.model.playbook.templates import Condition, RenderError, Template
from localcloud.model.playbook.understand import Understanding, context_of, language_of, understand
from localcloud.model.request import ConverseRequest, Text, ToolUse

CALL_LIMIT = 32
"""Calls of one turn: a rule that would go on for ever stops here."""


@dataclass(frozen=True)
class Answer:
    """What the playbook says: text, or tool calls. `rule` is the intent's name, None for the fallback.

    `problem` is set where a rule met data it could not read; it names template and reason, never data.
    """

    blocks: tuple[Text | ToolUse, ...]
    rule: str | None
    problem: str | None = None


class _Said(Exception):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class _Wanted(Exception):
    def __init__(self, calls: list[tuple[str, dict[str, Any]]]) -> None:
        super().__init__("calls")
        self.calls = calls


def answer(playbook: Playbook, agent_name: str, request: ConverseRequest) -> Answer:
    """The agent's next message."""
    turns = turns_of(request, playbook.refused)
    turn = turns[-1] if turns else Turn("")
    language = language_of(playbook, request.system, turn.text)
    agent = playbook.agents.get(agent_name)
    if agent is None:
        return _fallback(playbook, None, language)
    context = context_of(playbook, request.system)
    understood = understand(playbook, agent, [t.text for t in turns], context)
    if understood.intent is None:
        return _fallback(playbook, agent, language)
    run = _Run(playbook, agent, request, turns, language, context, understood)
    try:
        text = run.go()
    except _Said as said:
        text = said.text
    except _Wanted as wanted:
        return Answer(tuple(_tool_uses(request, wanted.calls)), understood.intent.name)
    except RenderError as error:
        text = _localised(playbook.messages["unreadable"], language, {"language": language})
        return Answer((Text(text),), understood.intent.name, str(error)[:300])
    return Answer((Text(text or "…"),), understood.intent.name)


def _fallback(playbook: Playbook, agent: AgentPlaybook | None, language: str) -> Answer:
    about = agent.about[language].render({"language": language}) if agent else ""
    text = _localised(playbook.messages["fallback"], language, {"about": about, "language": language})
    return Answer((Text(text),), None)


def _localised(texts: Localised, language: str, values: Mapping[str, Any]) -> str:
    return texts[language].render(values)


def _tool_uses(request: ConverseRequest, calls: list[tuple[str, dict[str, Any]]]) -> list[ToolUse]:
    """Ids are unique within the conversation and the same for the same conversation."""
    base = hashlib.sha256(repr(request.messages).encode()).hexdigest()[:20]
    return [ToolUse(f"tooluse_{base}{i:02d}", tool, args) for i, (tool, args) in enumerate(calls)]


class _Run:
    def __init__(
        self,
        playbook: Playbook,
        agent: AgentPlaybook,
        request: ConverseRequest,
        turns: list[Turn],
        language: str,
        context: Mapping[str, Any],
        understood: Understanding,
    ) -> None:
        self._playbook = playbook
        self._agent = agent
        self._offered = request.tool_names
        self._turns = turns
        self._language = language
        self._understood = understood
        self._used: set[int] = set()
        self._results: dict[str, Any] = {}
        mentions = understood.annotated.values()
        self._values: dict[str, Any] = {
            **understood.slots,
            "slots": understood.slots,
            "context": context,
            "language": language,
            "mentions": {entity.name: mentions.get(entity.name, []) for entity in playbook.entities},
            "text": turns[-1].text,
            "noted": turns[-1].noted,
            "annotated": understood.annotated.text,
            "results": self._results,
            "earlier": self._earlier,
            "about": agent.about[language].render({"language": language}),
        }

    def go(self) -> str:
        """Run the rule; gives the final text or raises what is to be done first."""
        intent = self._understood.intent
        assert intent is not None  # noqa: S101  (answer() checked)
        if self._understood.missing is not None:
            return self._question(self._understood.missing)
        for step in intent.steps:
            if step.when is not None and not step.when.holds(self._values):
                continue
            match step:
                case Say(text=text):
                    return _localised(text, self._language, self._values)
                case Ask(slot=slot):
                    return self._question(slot)
                case Let(values=values):
                    for name, source in values.items():
                        self._values[name] = source.value(self._values)
                case Find():
                    self._values[step.name] = self._find(step)
                case Calls(calls=calls):
                    self._call(calls)
        raise RenderError("no step gave an answer")

    def _question(self, slot: str) -> str:
        ask = self._agent.slots[slot].ask
        if ask is None:
            raise RenderError(f"slot {slot} has no question")
        return _localised(ask, self._language, self._values)

    def _earlier(self, tool: str) -> Made | None:
        """The latest successful call of a tool in the turns before this one."""
        for turn in reversed(self._turns[:-1]):
            for made in reversed(turn.calls):
                if made.tool == tool and made.outcome is not None and made.outcome.ok:
                    return made
        return None

    def _find(self, step: Find) -> Any:
        text = step.text.value(self._values)
        if not isinstance(text, str):
            raise RenderError(f"{step.name} is to be read from something that is not a text")
        found = [m.groupdict() or m[1] for m in step.pattern.finditer(text)]
        if step.every:
            return found
        return found[0] if found else None

    def _call(self, calls: tuple[Call, ...]) -> None:
        wanted: list[tuple[str, dict[str, Any]]] = []
        for call in calls:
            if call.when is not None and not call.when.holds(self._values):
                continue
            if call.each is None:
                self._results[call.name] = self._outcome(call, self._values, wanted)
            else:
                items = call.each.value(self._values)
                self._results[call.name] = [
                    self._outcome(call, {**self._values, "item": item}, wanted) for item in items
                ]
        if wanted:
            made = len(self._turns[-1].calls)
            if made + len(wanted) > CALL_LIMIT:
                raise RenderError(f"the rule asks for more than {CALL_LIMIT} calls")
            raise _Wanted(wanted)
        for call in calls:
            outcome = self._results.get(call.name)
            for one in outcome if isinstance(outcome, list) else [outcome]:
                if one is not None and not one.ok and not call.optional:
                    raise _Said(self._explain(call, one))

    def _outcome(
        self, call: Call, values: Mapping[str, Any], wanted: list[tuple[str, dict[str, Any]]]
    ) -> Outcome | None:
        if call.tool not in self._offered:
            return Outcome("not_offered")
        args = {key: value for key, arg in call.args.items() if (value := _argument(arg, values)) is not None}
        # Compared as JSON so that what went over the wire and came back is still the same.
        wire = json.loads(json.dumps(args, ensure_ascii=False))
        for index, made in enumerate(self._turns[-1].calls):
            if index not in self._used and made.tool == call.tool and made.input == wire:
                self._used.add(index)
                return made.outcome or Outcome("error", message="no result")
        wanted.append((call.tool, wire))
        return None

    def _explain(self, call: Call, outcome: Outcome) -> str:
        values = {**self._values, "tool": call.tool, "outcome": outcome}
        if outcome.code is not None and outcome.code in call.errors:
            return _localised(call.errors[outcome.code], self._language, values)
        kind = {"refused": "refused", "not_offered": "not_offered"}.get(outcome.status, "failed")
        return _localised(self._playbook.messages[kind], self._language, values)


def _argument(argument: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(argument, Template):
        return argument.render(values)
    if isinstance(argument, Condition):
        return argument.value(values)
    if isinstance(argument, Mapping):
        return {key: _argument(value, values) for key, value in argument.items()}
    if isinstance(argument, list):
        return [_argument(value, values) for value in argument]
    return argument
