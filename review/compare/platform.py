"""Runtimes, functions, data stores and credential providers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from review import words
from review.collect.providers import LITERAL
from review.compare.change import Change, Direction, Subject, paired
from review.compare.gates import authorizer
from review.compare.grants import statements
from review.model import AccessModel, Authorizer, Function, Provider, Runtime, Store

_IAM = Authorizer("AWS_IAM")
_PROTECTIONS = {
    "blocks_public": "a block on public access",
    "deletion_protection": "deletion protection",
    "encrypted": "encryption with a key",
    "expires": "an end of what it keeps",
    "point_in_time_recovery": "point-in-time recovery",
    "retain": "protection against going with its stack",
    "retention": "an end of what it keeps",
    "rotated": "yearly rotation",
    "tls_only": "a refusal of what is not TLS",
    "versioned": "versions",
}
_STRATEGY = "strategy:"
_NUMBERED = re.compile(r"expires:\d+d")


def platform(before: AccessModel, after: AccessModel) -> Iterator[Change]:
    for old_runtime, new_runtime in paired(before.runtimes, after.runtimes, lambda each: each.id):
        yield from _runtime(old_runtime, new_runtime)
    for old_function, new_function in paired(before.functions, after.functions, lambda each: each.id):
        yield from _function(old_function, new_function)
    for old_store, new_store in paired(before.stores, after.stores, lambda each: (each.kind, each.id)):
        yield from _store(old_store, new_store)
    for old_provider, new_provider in paired(before.providers, after.providers, lambda each: each.id):
        yield from _provider(old_provider, new_provider)


def _runtime(old: Runtime | None, new: Runtime | None) -> Iterator[Change]:
    runtime = new or old
    if runtime is None:
        return
    subject = Subject("runtime", runtime.id, runtime.place)
    for other in sorted({*(new.delegates if new else ())} - {*(old.delegates if old else ())}):
        sentence = f"{runtime.agent or runtime.id} may now invoke {other}"
        yield Change("delegation", runtime.id, Direction.WIDENING, sentence, (), runtime.place)
    for other in sorted({*(old.delegates if old else ())} - {*(new.delegates if new else ())}):
        sentence = f"{runtime.agent or runtime.id} may no longer invoke {other}"
        yield Change("delegation", runtime.id, Direction.NARROWING, sentence, (), runtime.place)
    if old is None or new is None:
        yield subject.make(Direction.WIDENING if new else Direction.NARROWING, "is new" if new else "is gone")
        return
    yield from authorizer(subject, old.authorizer or _IAM, new.authorizer or _IAM)
    yield from subject.value(old.agent, new.agent, "agent")
    yield from subject.value(old.role, new.role, "role")
    yield from subject.value(old.protocol, new.protocol, "protocol")
    yield from subject.value(old.artifact, new.artifact, "artifact")
    if old.network != new.network:
        public = new.network.startswith("PUBLIC")
        way = (
            Direction.WIDENING
            if public
            else Direction.NARROWING
            if old.network == "PUBLIC"
            else Direction.UNKNOWN
        )
        yield subject.make(way, f"has the network {new.network} instead of {old.network}")
    yield from subject.members(
        old.headers, new.headers, gained="now gets the header", lost="no longer gets the header"
    )
    yield from subject.members(
        old.shows, new.shows, gained="now shows its user", lost="no longer shows its user"
    )
    yield from subject.number(old.idle_seconds, new.idle_seconds, _seconds, "has idle sessions that live")
    yield from subject.number(old.life_seconds, new.life_seconds, _seconds, "has sessions that live")
    if old.endpoints != new.endpoints:
        held, holds = (", ".join(each.endpoints) or "none" for each in (old, new))
        yield subject.make(Direction.NEUTRAL, f"has the endpoints {holds} instead of {held}")


def _seconds(value: int | None) -> str:
    return "as long as the service lets them" if value is None else f"{value} s"


def _function(old: Function | None, new: Function | None) -> Iterator[Change]:
    function = new or old
    if function is None:
        return
    subject = Subject("function", function.id, function.place)
    if old is None or new is None:
        yield subject.make(Direction.NEUTRAL if new else Direction.NARROWING, "is new" if new else "is gone")
        yield from statements(
            subject, old.permissions if old else (), new.permissions if new else (), "may be called by"
        )
        return
    yield from statements(subject, old.permissions, new.permissions, "may be called by")
    yield from subject.value(old.role, new.role, "role")
    yield from subject.flag(
        old.log_group is not None,
        new.log_group is not None,
        on="logs to a log group of the assembly",
        off="has no log group in the assembly any more",
        wider=False,
    )
    if old.log_group and new.log_group:
        yield from subject.value(old.log_group, new.log_group, "log group")
    if old.reserved_concurrency and not new.reserved_concurrency:
        yield subject.make(Direction.WIDENING, "has no reserved concurrency any more: others may starve it")


def _store(old: Store | None, new: Store | None) -> Iterator[Change]:
    store = new or old
    if store is None:
        return
    subject = Subject(store.kind, store.id, store.place, f"{store.kind.replace('_', ' ')} {store.id}")
    if old is None or new is None:
        lost = Direction.WIDENING if store.kind == "log_group" else Direction.NARROWING
        yield subject.make(Direction.NEUTRAL if new else lost, "is new" if new else "is gone")
        return
    held, holds = (
        {_kind(each) for each in side.protections if not each.startswith(_STRATEGY)} for side in (old, new)
    )
    # What is drawn from talks, and for whom it is kept, is no protection: nobody here knows what more of it means.
    drawn = [tuple(each for each in side.protections if each.startswith(_STRATEGY)) for side in (old, new)]
    yield from subject.value(drawn[0] or None, drawn[1] or None, "way of remembering")
    yield from subject.members(
        [_PROTECTIONS.get(each, each) for each in sorted(held)],
        [_PROTECTIONS.get(each, each) for each in sorted(holds)],
        gained="now has",
        lost="no longer has",
        wider=False,
    )
    for each in sorted({*new.protections} - {*old.protections}):
        kind, _, value = each.partition(":")
        if kind in held and kind != each:
            # How long things are kept is no question of access; by which key they are is.
            way = Direction.NEUTRAL if _NUMBERED.fullmatch(each) else Direction.UNKNOWN
            said = f"now has another {kind}: {value}"
            if kind == "encrypted":
                said = f"is now encrypted with {words.resource(value)}"
            yield subject.make(way, said)
    yield from statements(subject, old.policy, new.policy, "may be used by")
    yield from subject.value(old.data, new.data, "data class")


def _kind(protection: str) -> str:
    return protection.partition(":")[0]


def _provider(old: Provider | None, new: Provider | None) -> Iterator[Change]:
    provider = new or old
    if provider is None:
        return
    subject = Subject("provider", provider.id, provider.place)
    if old is None or new is None:
        yield subject.make(Direction.UNKNOWN if new else Direction.NARROWING, "is new" if new else "is gone")
        return
    yield from subject.value(old.kind, new.kind, "kind")
    yield from subject.value(old.agent, new.agent, "agent")
    yield from subject.value(old.vendor, new.vendor, "vendor")
    yield from subject.value(old.discovery, new.discovery, "authorization server")
    if old.secret != new.secret:
        way = Direction.WIDENING if new.secret == LITERAL else Direction.UNKNOWN
        yield subject.make(way, f"has its secret from {new.secret} instead of {old.secret}")
