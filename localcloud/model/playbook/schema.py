"""A loaded playbook as frozen values. `load` makes these from YAML; `understand` and `engine` read them.

A playbook is a set of rules written by people. It is not a language model and says so when asked something
no rule covers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.model.playbook.templates import Condition, Template

Localised = Mapping[str, "Template"]
"""One template per language."""


@dataclass(frozen=True)
class Word:
    """One spelling of an entity's value. `exact` spellings match in that case only, or all in lower case."""

    text: str
    value: str
    exact: bool


@dataclass(frozen=True)
class Entity:
    """Something recognised in a text: `kind` is date, ordinal, count, pattern or words."""

    name: str
    kind: str
    patterns: tuple[re.Pattern[str], ...] = ()
    words: tuple[Word, ...] = ()
    ignore: tuple[str, ...] = ()
    upper: bool = False


@dataclass(frozen=True)
class Slot:
    """What a rule needs to know.

    Read from, in order: the conversation's context (`context`), a mention in a role (`match`), an unclaimed
    mention (`rest`: `first`, `last` or None), `default`.
    """

    name: str
    entity: str
    match: tuple[re.Pattern[str], ...] = ()
    rest: str | None = None
    context: str | None = None
    default: Any = None
    ask: Localised | None = None


@dataclass(frozen=True)
class Cue:
    """A pattern over the annotated text and what finding it adds to an intent's score."""

    pattern: re.Pattern[str]
    score: int


@dataclass(frozen=True)
class Call:
    """A tool call. With `each`, one call per item of that list, all at once; its outcome is then a list."""

    name: str
    tool: str
    args: Mapping[str, Any]
    when: Condition | None = None
    each: Condition | None = None
    optional: bool = False
    errors: Mapping[str, Localised] = field(default_factory=dict)


@dataclass(frozen=True)
class Calls:
    """Calls made in one answer of the model."""

    calls: tuple[Call, ...]
    when: Condition | None = None


@dataclass(frozen=True)
class Let:
    """Names given to computed values, in order."""

    values: Mapping[str, Condition]
    when: Condition | None = None


@dataclass(frozen=True)
class Find:
    """Facts read from a text by a pattern: named groups make a mapping, a single group a string."""

    name: str
    text: Condition
    pattern: re.Pattern[str]
    every: bool
    when: Condition | None = None


@dataclass(frozen=True)
class Say:
    """The answer; it ends the rule."""

    text: Localised
    when: Condition | None = None


@dataclass(frozen=True)
class Ask:
    """A question for a slot, asked only where `when` holds; it leaves the rule open for the next turn."""

    slot: str
    when: Condition | None = None


Step = Calls | Let | Find | Say | Ask


@dataclass(frozen=True)
class Intent:
    """A rule: how a request is recognised and what is done about it.

    A later text no rule recognises changes some of this rule's slots where it matches `followup`.
    """

    name: str
    cues: tuple[Cue, ...]
    unless: tuple[re.Pattern[str], ...]
    at_least: int
    priority: int
    needs: tuple[str, ...]
    may: tuple[str, ...]
    followup: tuple[re.Pattern[str], ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class AgentPlaybook:
    """The rules of one agent; `about` says what it can do, in each language."""

    agent: str
    about: Localised
    slots: Mapping[str, Slot]
    intents: tuple[Intent, ...]


@dataclass(frozen=True)
class Playbook:
    """All rules of one system. `languages[0]` is used where nothing tells the language."""

    languages: tuple[str, ...]
    context: Mapping[str, re.Pattern[str]]
    answer_language: Mapping[str, re.Pattern[str]]
    refused: tuple[re.Pattern[str], ...]
    entities: tuple[Entity, ...]
    messages: Mapping[str, Localised]
    agents: Mapping[str, AgentPlaybook]


MESSAGES = ("fallback", "not_offered", "refused", "failed", "unreadable")
"""Messages every playbook must write: nothing understood; a tool not offered, refused, failed; an answer of a
tool in a form the rule cannot read."""
