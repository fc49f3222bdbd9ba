"""Settings that no other part of the model speaks of: told when they change, and counted as wider unless known."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from review import words
from review.compare.change import Change, Direction, Subject
from review.identity import word
from review.model import HIDDEN, AccessModel, Settings

_MORE_IS_WIDER = re.compile(
    r"(^|\.)(TemporaryPasswordValidityDays|IdTokenValidity|AuthSessionValidity|EvaluationPeriods"
    r"|DatapointsToAlarm|BudgetLimit\.Amount|Period)$"
    r"|(^|\.)Environment(Variables|\.Variables)\.(\w+_)?(LIMIT|MAX)(_\w+)?$"
)
_LESS_IS_WIDER = re.compile(r"(^|\.)(MinimumLength|PasswordLength|PasswordHistorySize)$")
_OFF_IS_WIDER = re.compile(
    r"(^|\.)(Require(Lowercase|Uppercase|Numbers|Symbols)|ActionsEnabled|MultiAZ|SqsManagedSseEnabled)$"
)
_THRESHOLD = "Threshold"

_WATCHERS = re.compile(
    r"AWS::(CloudWatch::(Composite)?Alarm|Budgets::Budget|CloudTrail::Trail|Logs::MetricFilter|Config::|GuardDuty::)"
)
"""They only look: one more opens nothing, one less leaves something unseen."""

_DOERS = re.compile(
    r"AWS::(IAM::|Lambda::(Url|EventSourceMapping|EventInvokeConfig|Permission|Alias|LayerVersionPermission)|Pipes::"
    r"|Scheduler::|ApiGateway|AppSync::|CodeBuild::|StepFunctions::|EC2::Instance|ECS::|Glue::|RAM::|Cognito::)"
)
"""They grant or act: one less opens nothing."""

_HOLDERS = frozenset({"AWS::SSM::Parameter"})
"""They hold something for others to read: what one more says, nobody reads yet."""

_CALLED = {
    "AWS::CloudFront::Function": "CloudFront function",
    "AWS::CloudWatch::Alarm": "alarm",
    "AWS::Events::Rule": "event rule",
    "AWS::Lambda::EventSourceMapping": "event source of a function",
    "AWS::Lambda::Url": "URL of a function",
    "AWS::SNS::Subscription": "subscription",
}
"""What people call them, where their type does not say it."""

_HASHED = re.compile(r":[0-9a-f]{12}(~\d+)?$")
_SHOWN = 3


def settings(before: AccessModel, after: AccessModel) -> Iterator[Change]:
    old, new = {each.id: each for each in before.settings}, {each.id: each for each in after.settings}
    twins = _twins(
        [old[id_] for id_ in old.keys() - new.keys()], [new[id_] for id_ in new.keys() - old.keys()]
    )
    paired_off = {one.id for one, _ in twins} | {other.id for _, other in twins}
    held, holds = _others(before), _others(after)
    for one, other in twins:
        yield from _changed(one, other)
    for id_ in sorted(old.keys() | new.keys()):
        was, now = old.get(id_), new.get(id_)
        if was and now:
            yield from _changed(was, now)
        elif id_ in paired_off:
            continue
        elif id_ in held and id_ in holds:
            # Known to the rest of the model on both sides: here it only gained, or lost, all there is to tell.
            some = now or was
            assert some is not None  # noqa: S101 - one of them is there
            nothing = Settings(some.id, some.type, (), some.place)
            yield from _changed(was or nothing, now or nothing)
        elif now and id_ not in holds:
            yield _new(now)
        elif was and id_ not in held:
            yield _gone(was)


def _others(model: AccessModel) -> frozenset[str]:
    """The names that the rest of the model has: who comes and goes there is told there."""
    return frozenset(
        {
            *(f"pool:{each.id}" for each in model.pools),
            *(f"client:{each.id}" for each in model.clients),
            *(f"gateway:{each.id}" for each in model.gateways),
            *(f"target:{each.target}" for each in model.tools),
            *(f"role:{each.id}" for each in model.roles),
            *(f"runtime:{each.id}" for each in model.runtimes),
            *(f"function:{each.id}" for each in model.functions),
            *(f"provider:{each.id}" for each in model.providers),
            *(f"policy:{each.name}" for each in model.policies),
            *(f"{each.kind.replace('_', '-')}:{each.id}" for each in model.stores),
        }
    )


def _subject(of: Settings) -> Subject:
    name = of.id.partition(":")[2]
    kind = _CALLED.get(of.type) or word(of.type).replace("-", " ")
    # A hash names it for the model only.
    article = "an" if kind[0] in "aeio" else "a"
    said = f"{article} {kind}" if _HASHED.search(of.id) else f"{kind} {name}"
    return Subject("setting", of.id, of.place, "the deployment" if of.type == "stacks" else said)


def _new(of: Settings) -> Change:
    harmless = _WATCHERS.match(of.type) or of.type in _HOLDERS
    way = Direction.NEUTRAL if harmless else Direction.UNKNOWN
    return _subject(of).make(way, f"is new ({of.type})", of.values)


def _gone(of: Settings) -> Change:
    if _WATCHERS.match(of.type):
        way = Direction.WIDENING
    else:
        way = Direction.NARROWING if _DOERS.match(of.type) else Direction.UNKNOWN
    return _subject(of).make(way, f"is gone ({of.type})")


def _twins(old: Sequence[Settings], new: Sequence[Settings]) -> list[tuple[Settings, Settings]]:
    """Nameless resources of one type that came and went: most likely one that changed. The most alike first."""
    pairs = sorted(
        (
            (-len({*one.values} & {*other.values}), one.id, other.id, one, other)
            for one in old
            for other in new
            if one.type == other.type and _HASHED.search(one.id) and _HASHED.search(other.id)
        ),
        key=lambda each: each[:3],
    )
    taken: set[str] = set()
    found = []
    for _, _, _, one, other in pairs:
        if one.id not in taken and other.id not in taken:
            taken |= {one.id, other.id}
            found.append((one, other))
    return found


def _by_path(of: Settings) -> dict[str, str]:
    return {path: value for path, _, value in (each.partition(" = ") for each in of.values)}


def _changed(old: Settings, new: Settings) -> Iterator[Change]:
    held, holds = _by_path(old), _by_path(new)
    ways: dict[Direction, list[str]] = {}
    for path in sorted(held.keys() | holds.keys()):
        if held.get(path) != holds.get(path):
            ways.setdefault(_direction(path, held, holds), []).append(path)
    for way, paths in ways.items():
        named = ", ".join(paths[:_SHOWN])
        more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
        if len(paths) == 1:
            said = f"has another {paths[0]}: {_words(held, holds, paths[0])}"
            yield _subject(new).make(way, said)
        else:
            detail = [f"{path}: {_words(held, holds, path)}" for path in paths]
            yield _subject(new).make(way, f"has other settings: {named}{more}", detail)


def _words(held: Mapping[str, str], holds: Mapping[str, str], path: str) -> str:
    if (members := _members(held.get(path), holds.get(path))) is not None:
        return members
    old, new = (words.resource(side[path]) if path in side else "nothing" for side in (held, holds))
    if old.startswith("sha256:") and new.startswith("sha256:"):
        return "another text than before"
    return f"{_brief(new)} instead of {_brief(old)}"


def _members(old: str | None, new: str | None) -> str | None:
    """Of two lists of texts, what came and what went."""
    if not (old and new and old.startswith("[") and new.startswith("[")):
        return None
    try:
        before, after = json.loads(old), json.loads(new)
    except ValueError:
        return None
    if not all(isinstance(each, str) for each in (*before, *after)):
        return None
    more = [words.resource(each) for each in after if each not in before]
    less = [words.resource(each) for each in before if each not in after]
    said = [f"{what} {', '.join(each)}" for what, each in (("now with", more), ("now without", less)) if each]
    return "; ".join(said) or None


def _brief(text: str) -> str:
    if text == HIDDEN:
        return "what looks like a secret"
    return "a longer text" if text.startswith("sha256:") else text


def _direction(path: str, held: Mapping[str, str], holds: Mapping[str, str]) -> Direction:
    old, new = held.get(path), holds.get(path)
    if old is None or new is None:
        return Direction.UNKNOWN
    if _OFF_IS_WIDER.search(path) and {old, new} == {"true", "false"}:
        return Direction.WIDENING if new == "false" else Direction.NARROWING
    more, less = bool(_MORE_IS_WIDER.search(path)), bool(_LESS_IS_WIDER.search(path))
    if path == _THRESHOLD:
        # An alarm that waits for more is a weaker one, and the other way round where it waits for less.
        operator = holds.get("ComparisonOperator", "")
        if operator == held.get("ComparisonOperator", ""):
            more, less = operator.startswith("Greater"), operator.startswith("Less")
    if not more and not less:
        return Direction.UNKNOWN
    try:
        grown = float(new) > float(old)
    except ValueError:
        return Direction.UNKNOWN
    return Direction.WIDENING if grown == more else Direction.NARROWING
