"""What a difference of one setting means: which side is the stronger, and what follows.

A setting nobody has thought about here is still compared, without a consequence. Sentences are about the second
environment beside the first. Sources: governance/schema_environment.py and the documents it names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from cli.settings.read import Setting


class Direction(StrEnum):
    """Of the second environment beside the first."""

    WEAKER = "weaker"
    UNKNOWN = "unknown"
    STRONGER = "stronger"
    OTHER = "other"


@dataclass(frozen=True)
class Meaning:
    """`sentence` may be empty: the values say it."""

    direction: Direction
    sentence: str = ""


Judge = Callable[[Any, Any], Meaning]
"""Of the value before and after; None for a setting that is null or left out."""

_OTHER = Meaning(Direction.OTHER)


def _always(direction: Direction, sentence: str) -> Judge:
    def judge(before: Any, after: Any) -> Meaning:
        return Meaning(direction, sentence.format(before=before, after=after))

    return judge


def _other(sentence: str) -> Judge:
    """No direction; `sentence` may take the value before, and after."""
    return _always(Direction.OTHER, sentence)


def _switch(strong: Any, when_strong: str, when_weak: str) -> Judge:
    """One value is the strong one, every other is not."""

    def judge(before: Any, after: Any) -> Meaning:
        del before
        if after == strong:
            return Meaning(Direction.STRONGER, when_strong)
        return Meaning(Direction.WEAKER, when_weak)

    return judge


def _number(more_is: Direction, sentence: str) -> Judge:
    """`sentence` takes the number after, and before."""

    def judge(before: Any, after: Any) -> Meaning:
        if not isinstance(before, int) or not isinstance(after, int):
            return Meaning(Direction.UNKNOWN, "one of them is not set")
        less = Direction.WEAKER if more_is is Direction.STRONGER else Direction.STRONGER
        return Meaning(more_is if after > before else less, sentence.format(after=after, before=before))

    return judge


def _members(more_is: Direction, added: str, gone: str) -> Judge:
    """A list as a set; a change in both directions is nobody's to call."""

    def judge(before: Any, after: Any) -> Meaning:
        old, new = set(before or ()), set(after or ())
        less = Direction.WEAKER if more_is is Direction.STRONGER else Direction.STRONGER
        parts = [
            *([added.format(", ".join(sorted(map(str, new - old))))] if new - old else []),
            *([gone.format(", ".join(sorted(map(str, old - new))))] if old - new else []),
        ]
        if not parts:
            return Meaning(Direction.OTHER, "the same in another order")
        if new > old or not old - new:
            return Meaning(more_is, parts[0])
        return Meaning(less if not new - old else Direction.UNKNOWN, "; ".join(parts))

    return judge


def _guard(sentence: str, gone: str, another: str) -> Judge:
    """Something that is there or not; which of two is the stronger cannot be told from its name."""

    def judge(before: Any, after: Any) -> Meaning:
        if after is None:
            return Meaning(Direction.WEAKER, gone)
        return (
            Meaning(Direction.STRONGER, sentence) if before is None else Meaning(Direction.UNKNOWN, another)
        )

    return judge


def _callbacks(before: Any, after: Any) -> Meaning:
    def plain(urls: Any) -> bool:
        return any(str(url).startswith("http://") for url in urls or ())

    if plain(after) is plain(before):
        return Meaning(Direction.OTHER, "users return to another application")
    if plain(after):
        return Meaning(Direction.WEAKER, "a sign-in code may also go to an address without TLS")
    return Meaning(Direction.STRONGER, "sign-in codes go to addresses with TLS only")


_W, _S = Direction.WEAKER, Direction.STRONGER

_JUDGES: tuple[tuple[str, Judge], ...] = (
    ("environment", _other("")),
    ("account", _other("another account, with roles, trails and quotas of its own")),
    ("region", _other("data stays in another Region, and models and services differ between Regions")),
    ("policy_mode", _switch("ENFORCE", "the policy engine refuses", "the policy engine only logs and refuses nothing")),
    ("debug_exceptions", _switch(False, "callers see no target's error texts", "callers see targets' error texts")),
    ("token_minutes", _number(_W, "a stolen token of an agent works for {after} minutes instead of {before}")),
    ("permissions_boundary", _guard(
        "every role is bounded", "no role is bounded by a policy of the account", "roles are bounded by another policy",
    )),
    ("web_acl_arn", _guard(
        "AWS WAF stands before the gateway", "no AWS WAF stands before the gateway", "another web ACL decides",
    )),
    (
        "front_end.web_acl_arn",
        _guard(
            "AWS WAF stands before the console",
            "no AWS WAF stands before the console",
            "another web ACL decides about the console",
        ),
    ),
    ("front_end.price_class", _other("the console is served from other places")),
    ("front_end.*", _other("the console has another address")),
    ("switched_off.*", _guard("it is refused here", "it is not switched off here", "switched off for another reason")),
    ("runtime.network.mode", _switch("vpc", "agents run in your subnets", "agents reach the whole internet")),
    ("runtime.network.*", _always(Direction.UNKNOWN, "other subnets or rules decide what agents reach")),
    ("runtime.sessions.lifetime_seconds", _number(_W, "a session keeps state for up to {after} s instead of {before}")),
    ("runtime.sessions.idle_seconds", _other("an idle session is kept, and paid for, {after} s instead of {before}")),
    ("runtime.platform_version", _other("sessions start from a snapshot (V2) or a boot (V1): docs/runbook.md")),
    ("runtime.endpoint", _other("callers use another endpoint")),
    ("runtime.*.version", _other("another version answers, or the latest")),
    ("users_callback_urls", _callbacks),
    ("retain_data", _switch(
        True,
        "stacks, tables and pools are protected from deletion, and kept",
        "one command deletes the stacks with their data",
    )),
    ("kms", _switch(True, "logs need a key of the system's own", "whoever may read logs may read them")),
    ("log_retention_days", _number(_S, "evidence is kept for {after} days instead of {before}")),
    ("alarms.error_rate_percent", _number(_W, "told of failures from {after} % on instead of {before} %")),
    ("alarms.latency_p95_ms", _number(_W, "told of slow answers from {after} ms on instead of {before} ms")),
    ("alarms.refusals", _number(_W, "told from {after} refusals in five minutes on instead of {before}")),
    ("alarms.notify", _other("others are told")),
    ("alarms.runbook_url", _other("")),
    ("budget_usd", _other("told of cost towards {after} USD a month instead of {before}")),
    ("account_settings.transaction_search", _switch(True, "spans can be searched", "spans cannot be searched")),
    ("account_settings.span_percent", _other("{after} % of the spans are indexed instead of {before} %")),
    ("models.*.model_id", _other("another model answers, at another price")),
    ("models.*.regions", _members(_W, "prompts may also go to {}", "prompts no longer go to {}")),
    ("models.*.foundation_models", _members(_W, "agents may also call {}", "agents may no longer call {}")),
    ("providers.*.secret_*", _other("another secret is read")),
    ("providers.*", _other("calls leave for another address or as another client")),
)  # fmt: skip
"""The first pattern that fits decides; a `*` also stands for dots."""

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("place", ("environment", "account", "region", "tags")),
    ("access", (
        "policy_mode", "debug_exceptions", "token_minutes", "permissions_boundary", "web_acl_arn", "switched_off",
        "users_callback_urls", "front_end",
    )),
    ("runtime", ("runtime",)),
    ("data and evidence", ("retain_data", "kms", "log_retention_days", "account_settings")),
    ("models and providers", ("models", "providers")),
    ("alarms and cost", ("alarms", "budget_usd")),
)  # fmt: skip
"""Headings with the settings below them."""
REST = "other"


def group(path: tuple[str, ...]) -> str:
    return next((name for name, keys in GROUPS if path[0] in keys), REST)


def meaning(before: Setting, after: Setting) -> Meaning:
    """What it means that `after` stands where `before` did; the two differ."""
    judge = next((judge for pattern, judge in _JUDGES if fnmatchcase(before.name, pattern)), None)
    return _OTHER if judge is None else judge(before.value, after.value)
