"""Who may do what in an access model, in words: what each layer decides about a call, and by which line."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from review import words
from review.effect import Effect
from review.iam.patterns import actions_overlap
from review.model import AccessModel, Cell, Client, Gateway, Runtime, Statement
from review.said import Said
from review.stage import Place

_INVOKE = "bedrock-agentcore:InvokeAgentRuntime"


class Unknown(LookupError):
    """A name that nothing in the model has; the message lists what there is."""


@dataclass(frozen=True)
class Line:
    """What one layer decides. `conditions` must hold where the effect is conditional; they are for people."""

    layer: str
    effect: Effect
    because: str
    conditions: tuple[str, ...]
    place: Place


@dataclass(frozen=True)
class Explanation:
    """One call: the effect of all layers together, and each of them."""

    subject: str
    gateway: str
    tool: str
    effect: Effect
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Hop:
    """One agent that may invoke another, and the line that says so."""

    caller: str
    callee: str
    place: str


def explain(model: AccessModel, subject: str, tool: str) -> Explanation:
    """What each layer decides about a call of a tool. Raises Unknown."""
    _subject(model, subject)
    cell = next((each for each in cells(model) if (each.subject, each.tool) == (subject, tool)), None)
    if cell is None:
        return _nobody_grants(model, subject, tool)
    layers = (
        ("authorizer", cell.authorizer),
        ("interceptor", cell.interceptor),
        ("policy engine", cell.policy),
    )
    lines = tuple(
        Line(
            name,
            layer.effect,
            words.told(layer.because),
            tuple(map(words.condition, layer.conditions)),
            layer.place,
        )
        for name, layer in layers
    )
    return Explanation(subject, cell.gateway, tool, cell.effect, lines)


def cells(model: AccessModel) -> tuple[Cell, ...]:
    """The matrix: of a tool behind two gateways the widest cell counts first."""
    return tuple(sorted(model.matrix, key=lambda cell: (cell.subject, cell.tool, -cell.effect.width)))


def who_can(model: AccessModel, tool: str) -> tuple[Cell, ...]:
    """The cells of everybody who may call a tool, perhaps under conditions. Raises Unknown."""
    _tool(model, tool)
    return tuple(each for each in cells(model) if each.tool == tool and each.effect is not Effect.DENY)


def what_can(model: AccessModel, subject: str) -> tuple[Cell, ...]:
    """The cells of every tool that somebody may call. Raises Unknown."""
    _subject(model, subject)
    return tuple(each for each in cells(model) if each.subject == subject and each.effect is not Effect.DENY)


def hops(model: AccessModel) -> Mapping[str, tuple[Hop, ...]]:
    """agent → whom its runtime may invoke, and by which statement of its role."""
    return {
        runtime.agent: tuple(
            Hop(runtime.agent, other, _invoking(model, runtime, other)) for other in runtime.delegates
        )
        for runtime in model.runtimes
        if runtime.agent
    }


def paths(model: AccessModel, agent: str, tool: str) -> tuple[tuple[Hop, ...], ...]:
    """Every way in which an agent gets a tool called. Raises Unknown."""
    _tool(model, tool)
    _subject(model, agent)
    holders = {cell.subject for cell in who_can(model, tool)}
    return tuple(ways(hops(model), agent, holders.__contains__))


def ways(
    graph: Mapping[str, Sequence[Hop]], agent: str, holds: Callable[[str], bool]
) -> Iterator[tuple[Hop, ...]]:
    """The shortest way from an agent to each one that holds something; no hop at all where it does itself."""
    queue: deque[tuple[str, tuple[Hop, ...]]] = deque([(agent, ())])
    seen = {agent}
    while queue:
        current, way = queue.popleft()
        if holds(current):
            yield way
        for hop in graph.get(current, ()):
            if hop.callee not in seen:
                seen.add(hop.callee)
                queue.append((hop.callee, (*way, hop)))


def _invoking(model: AccessModel, runtime: Runtime, other: str) -> str:
    role = model.role(runtime.role)
    for statement in role.statements if role else ():
        if statement.effect == "Allow" and _invokes(statement, other):
            return str(statement.place)
    return str(runtime.place)


def _invokes(statement: Statement, other: str) -> bool:
    named = any(f"${{runtime:{other}." in each or "*" in each for each in statement.resources)
    return named and any(actions_overlap(each, _INVOKE) for each in statement.actions)


def _nobody_grants(model: AccessModel, subject: str, tool: str) -> Explanation:
    """A cell that is not in the matrix: no policy permits it, and no known interceptor grants it."""
    gateway = next(each for each in model.gateways if each.id == _tool(model, tool))
    client = next((each for each in model.clients if subject in (each.agent, f"client:{each.id}")), None)
    before = next((each for each in gateway.interceptors if "REQUEST" in each.points), None)
    known = before is not None and before.ours
    lines = [_authorizer(gateway, client)]
    if before is not None:
        because = Said("not_granted" if known else "of_others")
        effect = Effect.DENY if known else Effect.UNKNOWN
        lines.append(Line("interceptor", effect, because, (), before.place))
    if gateway.engine is not None:
        lines.append(Line("policy engine", Effect.DENY, Said("no_permit"), (), gateway.place))
    return Explanation(subject, gateway.id, tool, Effect.DENY, tuple(lines))


def _authorizer(gateway: Gateway, client: Client | None) -> Line:
    taken = client is not None and (not gateway.authorizer.clients or client.id in gateway.authorizer.clients)
    if taken and client is not None:
        return Line("authorizer", Effect.ALLOW, Said("takes_client", client=client.id), (), client.place)
    return Line("authorizer", Effect.DENY, Said("no_token_for_it"), (), gateway.place)


def _tool(model: AccessModel, name: str) -> str:
    """The gateway of a tool."""
    for tool in model.tools:
        if tool.name == name:
            return tool.gateway
    known = ", ".join(sorted({tool.name for tool in model.tools})) or "none"
    raise Unknown(f"{name!r} is no tool of {model.stage}. Known: {known}.")


def _subject(model: AccessModel, name: str) -> None:
    known = {*model.agents, *(cell.subject for cell in model.matrix)}
    if name not in known:
        raise Unknown(f"{name!r} is nobody in {model.stage}. Known: {', '.join(sorted(known)) or 'nobody'}.")
