"""Gateways, authorizers, interceptors, tools, pools and clients."""

from __future__ import annotations

from collections.abc import Iterator

from review import words
from review.compare.change import Change, Direction, Subject, minutes, paired
from review.compare.rates import rates
from review.model import AccessModel, Authorizer, Client, Gateway, Interceptor, Pool, Tool

_TYPES = ("CUSTOM_JWT", "AWS_IAM", "AUTHENTICATE_ONLY", "NONE")
_EFFECTS = ("read", "write", "irreversible")
_DATA = ("public", "internal", "personal")
_EGRESS = ("none", "external")


def gates(before: AccessModel, after: AccessModel) -> Iterator[Change]:
    for old_pool, new_pool in paired(before.pools, after.pools, lambda each: each.id):
        yield from _pool(old_pool, new_pool)
    for old_client, new_client in paired(before.clients, after.clients, lambda each: each.id):
        yield from _client(old_client, new_client)
    for old_gateway, new_gateway in paired(before.gateways, after.gateways, lambda each: each.id):
        yield from _gateway(old_gateway, new_gateway)
    for old_tool, new_tool in paired(before.tools, after.tools, lambda each: (each.gateway, each.name)):
        yield from _tool(old_tool, new_tool)


def _pool(old: Pool | None, new: Pool | None) -> Iterator[Change]:
    if old is None or new is None:
        pool = new or old
        if pool:
            way = Direction.UNKNOWN if new else Direction.NARROWING
            yield Subject("pool", pool.id, pool.place).make(way, "is new" if new else "is gone")
        return
    subject = Subject("pool", new.id, new.place)
    yield from subject.flag(
        old.self_sign_up,
        new.self_sign_up,
        on="now lets anybody sign up",
        off="no longer lets people sign up",
        wider=True,
    )
    yield from subject.flag(
        old.deletion_protection,
        new.deletion_protection,
        on="is protected against deletion",
        off="is no longer protected against deletion",
        wider=False,
    )
    yield from subject.ranked(old.mfa, new.mfa, ("ON", "OPTIONAL", "OFF"), "multi-factor sign-in")
    yield from subject.ranked(
        old.threat_protection, new.threat_protection, ("ENFORCED", "AUDIT", "OFF"), "threat protection"
    )
    yield from subject.value(old.kind, new.kind, "kind of principals")
    yield from subject.members(
        old.scopes, new.scopes, gained="now knows the scope", lost="no longer knows the scope"
    )


def _client(old: Client | None, new: Client | None) -> Iterator[Change]:
    if new is None or old is None:
        client = new or old
        if client is None:
            return
        said = f"is new: {', '.join(client.flows) or 'no flow'}, scopes {', '.join(client.scopes) or 'none'}"
        way = Direction.WIDENING if new else Direction.NARROWING
        yield Subject("client", client.id, client.place).make(way, said if new else "is gone")
        return
    subject = Subject("client", new.id, new.place)
    yield from subject.value(old.pool, new.pool, "pool")
    yield from subject.value(old.agent, new.agent, "agent")
    yield from subject.members(
        old.flows, new.flows, gained="may now use the flow", lost="may no longer use the flow"
    )
    yield from subject.members(
        old.explicit_flows, new.explicit_flows, gained="may now sign in by", lost="may no longer sign in by"
    )
    yield from subject.members(old.scopes, new.scopes, gained="may now ask for", lost="may no longer ask for")
    yield from subject.number(old.access_minutes, new.access_minutes, minutes, "has tokens that live")
    yield from subject.number(
        old.refresh_minutes, new.refresh_minutes, minutes, "has refresh tokens that live"
    )
    yield from subject.flag(
        old.has_secret, new.has_secret, on="has a secret", off="needs no secret any more", wider=False
    )
    yield from subject.flag(
        old.revocation,
        new.revocation,
        on="has revocable tokens",
        off="has tokens nobody can revoke",
        wider=False,
    )
    yield from subject.flag(
        old.hides_unknown_users,
        new.hides_unknown_users,
        on="no longer tells who exists",
        off="now tells who exists",
        wider=False,
    )


def authorizer(subject: Subject, old: Authorizer, new: Authorizer) -> Iterator[Change]:
    yield from subject.ranked(old.type, new.type, _TYPES, "the authorizer")
    yield from subject.value(old.discovery, new.discovery, "issuer")
    for held, holds, what in (
        (old.clients, new.clients, "client"),
        (old.scopes, new.scopes, "scope"),
        (old.audience, new.audience, "audience"),
        (old.workloads, new.workloads, "workload"),
    ):
        # An empty list asks for nothing: it is the widest, not the narrowest.
        if held and not holds:
            yield subject.make(Direction.WIDENING, f"no longer asks for any {what} in particular", held)
        elif holds and not held:
            yield subject.make(Direction.NARROWING, f"now asks for the {what} {', '.join(holds)}")
        else:
            yield from subject.members(
                held, holds, gained=f"now takes the {what}", lost=f"no longer takes the {what}"
            )
    yield from subject.members(
        old.claims,
        new.claims,
        gained="now asks for the claim",
        lost="no longer asks for the claim",
        wider=False,
    )


def _gateway(old: Gateway | None, new: Gateway | None) -> Iterator[Change]:
    if old is None or new is None:
        gateway = new or old
        if gateway:
            way = Direction.WIDENING if new else Direction.NARROWING
            yield Subject("gateway", gateway.id, gateway.place).make(way, "is new" if new else "is gone")
        return
    subject = Subject("gateway", new.id, new.place)
    yield from authorizer(subject, old.authorizer, new.authorizer)
    if old.engine and not new.engine:
        yield subject.make(Direction.WIDENING, "has no policy engine any more")
    elif new.engine and not old.engine:
        yield subject.make(Direction.NARROWING, f"has the policy engine {new.engine}")
    else:
        yield from subject.value(old.engine, new.engine, "policy engine")
        if old.engine_mode != new.engine_mode:
            enforces = new.engine_mode == "ENFORCE"
            said = (
                "has a policy engine that enforces"
                if enforces
                else "has a policy engine that no longer enforces"
            )
            way = Direction.NARROWING if enforces else Direction.WIDENING
            yield subject.make(way, f"{said} ({new.engine_mode} instead of {old.engine_mode})")
    yield from _interceptors(subject, old.interceptors, new.interceptors)
    yield from subject.flag(
        old.exception_level == "DEBUG",
        new.exception_level == "DEBUG",
        on="shows callers the errors inside of targets",
        off="no longer shows callers the errors inside of targets",
        wider=True,
    )
    yield from subject.members(
        old.versions, new.versions, gained="now speaks MCP", lost="no longer speaks MCP"
    )
    yield from subject.flag(
        old.search, new.search, on="offers tool search", off="offers no tool search", wider=True
    )
    for held, holds, what in ((old.kms_key, new.kms_key, "key"), (old.waf, new.waf, "web ACL")):
        if held and not holds:
            yield subject.make(Direction.WIDENING, f"has no {what} of yours any more")
        elif holds and not held:
            yield subject.make(Direction.NARROWING, f"now has a {what} of yours: {words.resource(holds)}")
        else:
            yield from subject.value(held, holds, what)
    yield from subject.ranked(
        old.waf_failure_mode or "FAIL_CLOSE",
        new.waf_failure_mode or "FAIL_CLOSE",
        ("FAIL_CLOSE", "FAIL_OPEN"),
        "the web ACL's failure mode",
    )
    yield from rates(subject, old.rate_limits, new.rate_limits)
    yield from subject.value(old.resource_policy, new.resource_policy, "resource policy")
    yield from subject.value(old.role, new.role, "role")


def _interceptors(
    subject: Subject, before: tuple[Interceptor, ...], after: tuple[Interceptor, ...]
) -> Iterator[Change]:
    for point in ("REQUEST", "RESPONSE"):
        old = next((each for each in before if point in each.points), None)
        new = next((each for each in after if point in each.points), None)
        if old and not new:
            yield subject.make(Direction.WIDENING, f"has no {point} interceptor any more")
        elif new and not old:
            way = Direction.NARROWING if new.ours else Direction.UNKNOWN
            yield subject.make(way, f"has a {point} interceptor, {new.function}")
        elif old and new:
            if old.ours and not new.ours:
                yield subject.make(Direction.WIDENING, f"has a {point} interceptor whose code nobody knows")
            elif old.code != new.code:
                way = Direction.NEUTRAL if new.ours else Direction.UNKNOWN
                what = f"another release of its {point} interceptor"
                if not new.ours:
                    what = f"a {point} interceptor whose code is another, and which nobody here knows"
                yield subject.make(way, f"has {what}")
            elif old.function != new.function:
                yield from subject.value(old.function, new.function, f"{point} interceptor")
            if old.policy != new.policy:
                yield subject.make(
                    Direction.UNKNOWN, f"has a {point} interceptor that knows other badges or users"
                )
            yield from _variables(subject, point, old, new)
            yield from subject.flag(
                old.passes_headers,
                new.passes_headers,
                on=f"gives its {point} interceptor the headers, tokens among them",
                off=f"no longer gives its {point} interceptor the headers",
                wider=True,
            )


def _variables(subject: Subject, point: str, old: Interceptor, new: Interceptor) -> Iterator[Change]:
    held, holds = dict(old.environment), dict(new.environment)
    changed = sorted(key for key in held.keys() | holds.keys() if held.get(key) != holds.get(key))
    if changed:
        detail = [f"{key}: {holds.get(key, 'gone')} instead of {held.get(key, 'nothing')}" for key in changed]
        yield subject.make(Direction.UNKNOWN, f"has a {point} interceptor with other settings", detail)


def _tool(old: Tool | None, new: Tool | None) -> Iterator[Change]:
    if old is None or new is None:
        tool = new or old
        if tool:
            subject = Subject("tool", tool.name, tool.place)
            # Who may call it is in the matrix; the tool alone lets nobody do anything.
            yield subject.make(
                Direction.NEUTRAL if new else Direction.NARROWING, "is new" if new else "is gone"
            )
        return
    subject = Subject("tool", new.name, new.place)
    yield from subject.value(old.kind, new.kind, "kind of target")
    yield from subject.value(old.backend, new.backend, "backend")
    yield from subject.value(old.credential, new.credential, "outbound credential")
    if old.schema != new.schema:
        elsewhere = ", or sends them elsewhere" if new.kind == "openApiSchema" else ""
        yield subject.make(Direction.UNKNOWN, f"takes other arguments than before{elsewhere}")
    if old.description != new.description:
        yield subject.make(Direction.UNKNOWN, "is described to agents in other words")
    for held, holds, ranks, what in (
        (old.effect, new.effect, _EFFECTS, "effect"),
        (old.data, new.data, _DATA, "data class"),
        (old.egress, new.egress, _EGRESS, "egress"),
    ):
        if held != holds:
            more = held in ranks and holds in ranks and ranks.index(holds) > ranks.index(held)
            # A milder label than before is a claim that somebody has to look at.
            way = Direction.WIDENING if more else Direction.UNKNOWN
            yield subject.make(way, f"is labelled {what} {holds} instead of {held}")
