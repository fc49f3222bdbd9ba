"""The policy engine's policies: what shows in no cell of the matrix."""

from __future__ import annotations

from collections.abc import Iterator

from review import words
from review.compare.change import Change, Direction, Subject, paired
from review.model import AccessModel, Policy


def policies(before: AccessModel, after: AccessModel) -> Iterator[Change]:
    for old, new in paired(before.policies, after.policies, lambda each: (each.engine, each.name)):
        yield from _policy(old, new)


def _policy(old: Policy | None, new: Policy | None) -> Iterator[Change]:
    policy = new or old
    if policy is None:
        return
    subject = Subject("policy", policy.name, policy.place)
    forbids = policy.effect == "forbid"
    if old is None or new is None:
        # What a permit lets through is in the matrix, where it stands beside the other layers.
        if not forbids:
            return
        way = Direction.NEUTRAL
        if policy.enforcement == "ACTIVE" or policy.switch:
            way = Direction.NARROWING if new else Direction.WIDENING
        what = f"is {'new' if new else 'gone'}" + (
            f": the switch of {policy.switch}" if policy.switch else ""
        )
        yield subject.make(way, what)
        return
    if old.effect != new.effect:
        yield subject.make(Direction.UNKNOWN, f"is a {new.effect} instead of a {old.effect}")
        return
    if old.enforcement != new.enforcement:
        active = new.enforcement == "ACTIVE"
        way = Direction.NARROWING if active == forbids else Direction.WIDENING
        yield subject.make(way, f"is {new.enforcement} instead of {old.enforcement}")
    if old.validation != new.validation:
        checked = new.validation == "FAIL_ON_ANY_FINDINGS"
        way = Direction.NARROWING if checked else Direction.WIDENING
        yield subject.make(way, f"is validated by {new.validation} instead of {old.validation}")
    yield from subject.value(old.switch, new.switch, "thing that it is the switch of")
    if old.statement != new.statement:
        # A permit's change shows in the matrix; a forbid in waiting does not, nor does one that has no caller.
        hidden = (
            forbids
            or new.enforcement != "ACTIVE"
            or (old.principals, old.resource) != (new.principals, new.resource)
        )
        yield subject.make(
            Direction.UNKNOWN if hidden else Direction.NEUTRAL, "says something else", _statement(old, new)
        )


def _statement(old: Policy, new: Policy) -> tuple[str, ...]:
    """What a policy's statement says and did not; the whole of it where its parts do not tell."""
    found = []
    for held, holds, more, less in (
        (old.principals, new.principals, "now for", "no longer for"),
        (old.actions, new.actions, "now about", "no longer about"),
        (old.conditions, new.conditions, "now asks that", "no longer asks that"),
    ):
        found += [f"{more} {words.condition(each)}" for each in holds if each not in held]
        found += [f"{less} {words.condition(each)}" for each in held if each not in holds]
    return tuple(found) or (new.statement,)
