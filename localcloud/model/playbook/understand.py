"""Which rule a request means and what it says about the rule's slots; a fold over the customer's turns.

Pure: the same texts give the same understanding, so a conversation's state needs no memory outside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from localcloud.model.playbook.entities import Annotated, Mention, annotate
from localcloud.model.playbook.schema import AgentPlaybook, Intent, Playbook, Slot

_HANGUL = re.compile("[가-힣ㄱ-ㅎㅏ-ㅣ]")
_LATIN = re.compile("[A-Za-z]{2,}")


@dataclass(frozen=True)
class Understanding:
    """One turn understood. `slots` hold what is known; `missing` the first needed slot that is not."""

    annotated: Annotated
    intent: Intent | None
    slots: Mapping[str, Any]
    missing: str | None = None
    continued: bool = False


def context_of(playbook: Playbook, system: Sequence[str]) -> dict[str, Any]:
    """Facts of the system prompt; None where it does not state one."""
    text = "\n".join(system)
    found = {name: pattern.search(text) for name, pattern in playbook.context.items()}
    return {name: match[1] if match else None for name, match in found.items()}


def language_of(playbook: Playbook, system: Sequence[str], text: str) -> str:
    """The language to answer in: what the system prompt says, else that of the request, else the first."""
    prompt = "\n".join(system)
    for language, pattern in playbook.answer_language.items():
        if pattern.search(prompt):
            return language
    if "ko" in playbook.languages and _HANGUL.search(text):
        return "ko"
    if "en" in playbook.languages and _LATIN.search(text):
        return "en"
    return playbook.languages[0]


def understand(
    playbook: Playbook, agent: AgentPlaybook, texts: Sequence[str], context: Mapping[str, Any]
) -> Understanding:
    """The last text, read in the light of those before it."""
    today = _today(context.get("today"))
    state = Understanding(Annotated("", ()), None, {})
    for text in texts:
        state = _next(agent, state, annotate(text, playbook.entities, today), context)
    return state


def _today(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


def _next(
    agent: AgentPlaybook, before: Understanding, annotated: Annotated, context: Mapping[str, Any]
) -> Understanding:
    intent = best_intent(agent, annotated.text)
    open_question = before.intent is not None and before.missing is not None
    if before.intent is not None and (intent is None or intent is before.intent):
        said = _read(agent, before.intent, annotated, expected=before.missing, known=before.slots)
        follows = intent is None and any(p.search(annotated.text) for p in before.intent.followup)
        if said and (open_question or follows):
            known = _only(before.intent, before.slots) | said
            return _complete(agent, before.intent, annotated, known, context, continued=True)
    if intent is None:
        return replace(before, annotated=annotated, intent=None, slots={}, missing=None, continued=False)
    return _complete(agent, intent, annotated, _read(agent, intent, annotated), context)


def best_intent(agent: AgentPlaybook, text: str) -> Intent | None:
    """The intent with the highest score; of equal ones the higher priority, then the one written first."""
    best: tuple[int, int] | None = None
    chosen = None
    for intent in agent.intents:
        if any(pattern.search(text) for pattern in intent.unless):
            continue
        score = sum(cue.score for cue in intent.cues if cue.pattern.search(text))
        rank = (score, intent.priority)
        if score >= intent.at_least and (best is None or rank > best):
            best, chosen = rank, intent
    return chosen


def _slots_of(agent: AgentPlaybook, intent: Intent) -> list[Slot]:
    return [agent.slots[name] for name in (*intent.needs, *intent.may)]


def _only(intent: Intent, slots: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {*intent.needs, *intent.may}
    return {name: value for name, value in slots.items() if name in wanted and value is not None}


def _read(
    agent: AgentPlaybook,
    intent: Intent,
    annotated: Annotated,
    expected: str | None = None,
    known: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """What the text says about the intent's slots: by role, then the one asked for, then what is open."""
    slots = _slots_of(agent, intent)
    claimed: set[int] = set()
    said: dict[str, Any] = {}

    def take(slot: Slot, mention: Mention) -> None:
        claimed.add(mention.index)
        said[slot.name] = mention.value

    for slot in slots:
        for pattern in slot.match:
            match = next(
                (m for m in pattern.finditer(annotated.text) if int(m["value"]) not in claimed), None
            )
            if match:
                take(slot, annotated.mentions[int(match["value"])])
                break
    ordered = sorted(
        slots, key=lambda s: (s.name != expected, known.get(s.name) is not None, s.rest != "last")
    )
    for slot in ordered:
        free = [m for m in annotated.mentions if m.entity == slot.entity and m.index not in claimed]
        if slot.name in said or not free:
            continue
        if slot.name == expected or slot.rest == "first":
            take(slot, free[0])
        elif slot.rest == "last":
            take(slot, free[-1])
    return said


def _complete(
    agent: AgentPlaybook,
    intent: Intent,
    annotated: Annotated,
    known: Mapping[str, Any],
    context: Mapping[str, Any],
    continued: bool = False,
) -> Understanding:
    slots: dict[str, Any] = {}
    for slot in _slots_of(agent, intent):
        # A fact of the system prompt (who the customer is) is never overruled by what a text claims.
        fact = context.get(slot.context) if slot.context else None
        slots[slot.name] = fact if fact is not None else known.get(slot.name, slot.default)
    missing = next((name for name in intent.needs if slots[name] is None), None)
    return Understanding(annotated, intent, slots, missing, continued)
