"""A stage as a graph: who asks, delegates, calls, checks and reaches what. Read from the access model alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from review.effect import Effect
from review.model import AccessModel, Role, Runtime

USER = "user"


@dataclass(frozen=True)
class Node:
    """One thing. `id` is its kind and name, `note` what else to know about it, in a few words."""

    id: str
    kind: str
    label: str
    note: str = ""


@dataclass(frozen=True)
class Edge:
    """One relation between two nodes, by their ids."""

    source: str
    to: str
    kind: str


@dataclass(frozen=True)
class Topology:
    """All of it. Nodes are unique by id; edges join nodes that are there."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def topology(model: AccessModel, models: Mapping[str, str]) -> Topology:
    """The graph of a stage. `models` maps an agent to the id of the model it uses, which no access depends on."""
    nodes = {node.id: node for node in (*_people(model), *_gates(model), *_behind(model))}
    for agent, used in sorted(models.items()):
        if f"agent:{agent}" in nodes:
            nodes.setdefault(f"model:{used}", Node(f"model:{used}", "model", used))
    edges = [*_asking(model), *_calling(model), *_reaching(model)]
    edges += [Edge(f"agent:{agent}", f"model:{used}", "uses") for agent, used in sorted(models.items())]
    joined = (edge for edge in edges if edge.source in nodes and edge.to in nodes)
    return Topology(tuple(nodes.values()), tuple(dict.fromkeys(joined)))


def backends(model: AccessModel) -> Mapping[str, Sequence[str]]:
    """target → the tables that its function's role names, else the function, host or runtime behind it."""
    found: dict[str, set[str]] = {}
    for tool in model.tools:
        reached = found.setdefault(tool.target, set())
        named = _tables(model, tool.backend)
        reached |= {f"table {table}" for table in named} or {tool.backend.replace("https://", "")}
    return {target: sorted(names) for target, names in found.items()}


def _tables(model: AccessModel, backend: str) -> set[str]:
    """The stage's tables that the role of a function or of a hosted tool server names."""
    kind, _, name = backend.partition(":")
    server = _server(model, backend)
    function = next((each for each in model.functions if kind == "function" and each.id == name), None)
    behind = server or function
    role = model.role(behind.role) if behind is not None else None
    return {store.id for store in model.stores if store.kind == "table" and _names(role, f"table:{store.id}")}


def _names(role: Role | None, thing: str) -> bool:
    """Whether a role's statements name a thing of the stage."""
    return any(
        f"${{{thing}{end}" in resource
        for statement in (role.statements if role else ())
        for resource in statement.resources
        for end in (".", "}")
    )


def _server(model: AccessModel, backend: str) -> Runtime | None:
    """The hosted tool server at an address of AgentCore Runtime."""
    return next((each for each in model.runtimes if f"${{runtime:{each.id}." in backend), None)


def _people(model: AccessModel) -> Iterator[Node]:
    if any(pool.kind == "users" for pool in model.pools):
        yield Node(USER, "user", "User")
    for agent in model.agents:
        yield Node(f"agent:{agent}", "agent", agent, "entry agent" if agent == model.entry_agent else "")


def _gates(model: AccessModel) -> Iterator[Node]:
    for gateway in model.gateways:
        yield Node(f"gateway:{gateway.id}", "gateway", gateway.id, gateway.authorizer.type)
        for interceptor in gateway.interceptors:
            points = " and ".join(interceptor.points)
            yield Node(
                f"interceptor:{interceptor.function}", "interceptor", interceptor.function, points.lower()
            )
        if gateway.engine is not None:
            mode = gateway.engine_mode or ""
            yield Node(f"policy_engine:{gateway.engine}", "policy_engine", gateway.engine, mode)


def _behind(model: AccessModel) -> Iterator[Node]:
    for tool in model.tools:
        count = sum(other.target == tool.target for other in model.tools)
        note = f"{tool.kind}, {count} {'tool' if count == 1 else 'tools'}"
        yield Node(f"target:{tool.target}", "target", tool.target, note)
        id_, kind, label = _backend(model, tool.backend)
        hosted = _server(model, tool.backend) is not None
        yield Node(id_, kind, label, "hosted tool server" if hosted else "")
    for store in model.stores:
        if store.kind == "table":
            yield Node(f"table:{store.id}", "table", store.id, store.data or "")
        elif store.kind == "memory":
            yield Node(f"memory:{store.id}", "memory", store.id)


def _backend(model: AccessModel, backend: str) -> tuple[str, str, str]:
    """id, kind and label of what runs behind a target."""
    kind, _, name = backend.partition(":")
    server = _server(model, backend)
    if server is not None or kind == "function":
        label = name if server is None else server.id
        return f"function:{label}", "function", label
    host = backend.removeprefix("https://")
    return f"provider:{host}", "provider", host


def _asking(model: AccessModel) -> Iterator[Edge]:
    if model.entry_agent is not None:
        yield Edge(USER, f"agent:{model.entry_agent}", "asks")
    for agent, others in sorted(model.delegation().items()):
        for other in others:
            yield Edge(f"agent:{agent}", f"agent:{other}", "delegates")


def _calling(model: AccessModel) -> Iterator[Edge]:
    for cell in model.matrix:
        if cell.effect is not Effect.DENY:
            yield Edge(f"agent:{cell.subject}", f"gateway:{cell.gateway}", "calls")
    for gateway in model.gateways:
        for interceptor in gateway.interceptors:
            yield Edge(f"gateway:{gateway.id}", f"interceptor:{interceptor.function}", "checks")
        if gateway.engine is not None:
            yield Edge(f"gateway:{gateway.id}", f"policy_engine:{gateway.engine}", "checks")


def _reaching(model: AccessModel) -> Iterator[Edge]:
    for tool in model.tools:
        id_, kind, _ = _backend(model, tool.backend)
        yield Edge(f"gateway:{tool.gateway}", f"target:{tool.target}", "routes")
        yield Edge(f"target:{tool.target}", id_, "egress" if kind == "provider" else "routes")
        for table in sorted(_tables(model, tool.backend)):
            yield Edge(id_, f"table:{table}", "reads_writes")
    for runtime in model.runtimes:
        role = model.role(runtime.role)
        for store in model.stores:
            if store.kind == "memory" and _names(role, f"memory:{store.id}"):
                yield Edge(f"agent:{runtime.agent}", f"memory:{store.id}", "uses")
