"""Roles and resource policies: what IAM grants, whatever statements it is spread over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from review import words
from review.compare import conditions as meaning
from review.compare.change import Change, Direction, Subject, paired
from review.iam.patterns import action_covers, covers
from review.model import AccessModel, Role, Statement


@dataclass(frozen=True, order=True)
class Atom:
    """One action on one resource for one principal, with its conditions: regrouped statements have equal atoms."""

    effect: str
    principal: str
    action: str
    resource: str
    conditions: tuple[str, ...]

    def __str__(self) -> str:
        only = f" if {' and '.join(map(words.condition, self.conditions))}" if self.conditions else ""
        anywhere = self.resource in ("", "*")
        where = "" if anywhere else f" on {words.told(self.resource)}"
        if not self.principal:
            return f"{self.action}{' on any resource' if anywhere else where}{only}"
        # Who may take a role may assume it: that is what taking it means.
        what = "" if self.action.startswith("sts:AssumeRole") else f" ({self.action})"
        return f"{words.principal(self.principal)}{what}{where}{only}"


def atoms(statements: Iterable[Statement]) -> frozenset[Atom]:
    """A NotAction or NotResource stays one atom, because what it leaves out is one thought."""
    found = set()
    for each in statements:
        actions = each.actions or (f"everything but {', '.join(each.not_actions)}",)
        resources = each.resources or (
            (f"everything but {', '.join(each.not_resources)}",) if each.not_resources else ("",)
        )
        for principal in each.principals or ("",):
            for action in actions:
                found |= {
                    Atom(each.effect, principal, action, resource, each.conditions) for resource in resources
                }
    return frozenset(found)


def grants(before: AccessModel, after: AccessModel) -> Iterator[Change]:
    for old, new in paired(before.roles, after.roles, lambda each: each.id):
        role = new or old
        if role is None:
            continue
        subject = Subject("role", role.id, role.place)
        if new is None:
            yield subject.make(Direction.NARROWING, "is gone")
            continue
        if old is None:
            yield subject.make(Direction.WIDENING, "is new", map(str, sorted(atoms(new.statements))))
            continue
        yield from _role(subject, old, new)


def _role(subject: Subject, old: Role, new: Role) -> Iterator[Change]:
    yield from statements(subject, old.statements, new.statements, "may")
    yield from statements(subject, old.trust, new.trust, "may be taken by")
    yield from subject.members(
        old.managed, new.managed, gained="has the managed policy", lost="no longer has the managed policy"
    )
    if old.boundary and not new.boundary:
        yield subject.make(Direction.WIDENING, "has no permissions boundary any more")
    elif new.boundary and not old.boundary:
        yield subject.make(Direction.NARROWING, f"has the permissions boundary {new.boundary}")
    else:
        yield from subject.value(old.boundary, new.boundary, "permissions boundary")
    yield from subject.members(old.serves, new.serves, gained="now serves", lost="no longer serves")
    if old.max_session_seconds != new.max_session_seconds:
        longer = (new.max_session_seconds or 3600) > (old.max_session_seconds or 3600)
        way = Direction.WIDENING if longer else Direction.NARROWING
        yield subject.make(way, f"has sessions of up to {new.max_session_seconds or 3600} s")


def statements(
    subject: Subject, before: Sequence[Statement], after: Sequence[Statement], verb: str
) -> Iterator[Change]:
    """Atoms that came and went; one that another still covers changes nothing.

    `verb` is `may`, or for a resource's own policy `may be used by`.
    """
    old, new = atoms(before), atoms(after)
    gone, come = old - new, new - old
    passive = verb.removeprefix("may")
    for allow, gained, lost in (
        (True, f"may now{passive or ':'}", f"may no longer{passive or ':'}"),
        (
            False,
            f"is now denied{' to' if passive else ':'}",
            f"is no longer denied{' to' if passive else ':'}",
        ),
    ):
        effect = "Allow" if allow else "Deny"
        more = sorted(atom for atom in come if atom.effect == effect and not _covered(atom, old))
        less = sorted(atom for atom in gone if atom.effect == effect and not _covered(atom, new))
        for atom in list(more):
            partner = next((each for each in less if _twin(each, atom)), None)
            if partner:
                more.remove(atom)
                less.remove(partner)
                way = meaning.direction(partner.conditions, atom.conditions)
                if not allow:
                    way = {
                        Direction.WIDENING: Direction.NARROWING,
                        Direction.NARROWING: Direction.WIDENING,
                    }.get(way, way)
                yield subject.make(way, f"has other conditions for {atom}", (f"before: {partner}",))
        wider, narrower = (
            (Direction.WIDENING, Direction.NARROWING) if allow else (Direction.NARROWING, Direction.WIDENING)
        )
        if more:
            yield subject.make(wider, f"{gained} {_few(more)}", _rest(more))
        if less:
            yield subject.make(narrower, f"{lost} {_few(less)}", _rest(less))


_SHOWN = 2


def _few(found: Sequence[Atom]) -> str:
    shown = "; ".join(str(atom) for atom in found[:_SHOWN])
    return f"{shown}; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else shown


def _rest(found: Sequence[Atom]) -> list[str]:
    """All of them, where the sentence does not hold all."""
    return [str(atom) for atom in found] if len(found) > _SHOWN else []


def _twin(one: Atom, other: Atom) -> bool:
    return (one.effect, one.principal, one.action, one.resource) == (
        other.effect,
        other.principal,
        other.action,
        other.resource,
    )


def _covered(atom: Atom, others: Iterable[Atom]) -> bool:
    """Whether one of the others says at least as much, on no more conditions."""
    return any(
        other != atom
        and other.effect == atom.effect
        and other.principal == atom.principal
        and action_covers(other.action, atom.action)
        and covers(other.resource, atom.resource) is True
        and set(other.conditions) <= set(atom.conditions)
        for other in others
    )
