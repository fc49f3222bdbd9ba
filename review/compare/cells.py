"""The matrix: who may now call what."""

from __future__ import annotations

from collections.abc import Iterator

from review import words
from review.compare import conditions
from review.compare.change import Change, Direction, paired
from review.effect import Effect
from review.gates import Cell, Layer
from review.model import AccessModel
from review.stage import Place

LAYERS = ("authorizer", "interceptor", "policy")
WORDS = {"authorizer": "the authorizer", "interceptor": "the interceptor", "policy": "the policy engine"}
_NOTHING = Layer(Effect.DENY)


def cells(before: AccessModel, after: AccessModel) -> Iterator[Change]:
    layered: dict[tuple[str, str], list[str]] = {}
    hidden: dict[str, list[Cell]] = {}
    for old, new in paired(before.matrix, after.matrix, lambda cell: cell.key):
        some = new or old
        if some is None:
            continue
        was, now = old.effect if old else Effect.DENY, new.effect if new else Effect.DENY
        if now is Effect.UNKNOWN and was not in (Effect.DENY, now):
            hidden.setdefault(some.interceptor.because, []).append(some)
        elif was is not now:
            yield _effect(some, was, now, new)
        else:
            yield from _conditions(some, old, new)
        for layer in LAYERS:
            if layer == "authorizer" and not (old and new):
                # It does not depend on the tool: a cell that is not there says nothing of it.
                continue
            held, holds = _layer(old, layer), _layer(new, layer)
            # A gate that opened while others still close: not yet access, but one wall less.
            if holds.effect.width > held.effect.width and now.width <= was.width:
                because = holds.because if holds.effect is Effect.ALLOW else ""
                layered.setdefault((layer, because), []).append(f"{some.subject} → {some.tool}")
    for because, unknown in sorted(hidden.items()):
        yield _unknown(unknown, because)
    for (layer, because), cases in sorted(layered.items()):
        said = f" ({because})" if because else ""
        calls = words.count(len(cases), "call")
        sentence = f"{WORDS[layer]} refuses less than before, for {calls}{said}"
        yield Change("layer", layer, Direction.WIDENING, words.told(sentence), tuple(sorted(cases)))


def _layer(cell: Cell | None, name: str) -> Layer:
    found = getattr(cell, name) if cell else _NOTHING
    return found if isinstance(found, Layer) else _NOTHING


def _effect(cell: Cell, was: Effect, now: Effect, new: Cell | None) -> Change:
    wider = now.width > was.width
    place = _place(cell) if new else Place("")
    if now is Effect.DENY:
        sentence = f"{cell.subject} may no longer call {cell.tool}"
    elif now is Effect.UNKNOWN:
        sentence = (
            f"{cell.subject} may now call {cell.tool}, unless an interceptor that nobody here knows refuses"
        )
    elif was is Effect.DENY:
        limits = ", on conditions" if now is Effect.CONDITIONAL else ""
        sentence = f"{cell.subject} may now call {cell.tool}, all layers{limits}"
    elif wider:
        sentence = f"{cell.subject} may now call {cell.tool} without conditions"
    else:
        sentence = f"{cell.subject} may call {cell.tool} on conditions only"
    detail = _told(cell) if new else ()
    return Change("cell", f"{cell.subject} {cell.tool}", _way(wider), sentence, detail, place)


def _unknown(cells: list[Cell], because: str) -> Change:
    """What was known of some calls and is not any more: one change, however many calls."""
    first = cells[0]
    if len(cells) == 1:
        subject, what = f"{first.subject} {first.tool}", f"{first.subject} may call {first.tool}"
    else:
        subject, what = first.gateway, f"{len(cells)} calls are allowed that were before"
    sentence = words.told(f"nobody can say any more whether {what} ({because})")
    listed = tuple(f"{cell.subject} → {cell.tool}" for cell in cells) if len(cells) > 1 else _told(first)
    return Change("cell", subject, Direction.WIDENING, sentence, listed, first.interceptor.place)


def _way(wider: bool) -> Direction:
    return Direction.WIDENING if wider else Direction.NARROWING


def _told(cell: Cell) -> tuple[str, ...]:
    found = []
    for layer in LAYERS:
        given = _layer(cell, layer)
        said = f" if {' and '.join(map(words.condition, given.conditions))}" if given.conditions else ""
        found.append(f"{WORDS[layer]}: {given.effect.value}{said}")
    return tuple(found)


def _place(cell: Cell) -> Place:
    """The line of the declaration if known, else the policy's."""
    return cell.interceptor.place if cell.interceptor.place.declared else cell.policy.place


def _conditions(cell: Cell, old: Cell | None, new: Cell | None) -> Iterator[Change]:
    ways: set[Direction] = set()
    detail = []
    for layer in LAYERS:
        held, holds = _layer(old, layer), _layer(new, layer)
        way = conditions.direction(held.conditions, holds.conditions)
        if way is Direction.NEUTRAL:
            continue
        ways.add(way)
        gone, come = {*held.conditions} - {*holds.conditions}, {*holds.conditions} - {*held.conditions}
        detail += [f"{WORDS[layer]}: no longer asks that {words.condition(each)}" for each in sorted(gone)]
        detail += [f"{WORDS[layer]}: now asks that {words.condition(each)}" for each in sorted(come)]
    if not ways:
        return
    subject = f"{cell.subject} {cell.tool}"
    if ways == {Direction.NARROWING}:
        sentence, way = (
            f"{cell.subject} may call {cell.tool} with fewer arguments than before",
            Direction.NARROWING,
        )
    elif ways == {Direction.WIDENING}:
        sentence, way = (
            f"{cell.subject} may call {cell.tool} with more arguments than before",
            Direction.WIDENING,
        )
    else:
        sentence = f"{cell.subject} may call {cell.tool} on other conditions, direction unknown"
        way = Direction.UNKNOWN
    yield Change("conditions", subject, way, sentence, tuple(detail), _place(new or cell))
