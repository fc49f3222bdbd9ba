"""The access model: one document per stage that says who can do what, and through what.

Everything in it is named stably: by declared names, physical names or what a thing serves, never by logical ids,
account ids or asset hashes of unchanged meaning. Two assemblies that grant the same have equal models, whatever
their construct trees look like. `review.document` writes and reads the JSON form, version 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from review.gates import Authorizer as Authorizer
from review.gates import Cell as Cell
from review.gates import Client as Client
from review.gates import Gateway as Gateway
from review.gates import Interceptor as Interceptor
from review.gates import Layer as Layer
from review.gates import Policy as Policy
from review.gates import Pool as Pool
from review.gates import RateLimit as RateLimit
from review.gates import Tool as Tool
from review.platform_parts import HIDDEN as HIDDEN
from review.platform_parts import Function as Function
from review.platform_parts import Provider as Provider
from review.platform_parts import Role as Role
from review.platform_parts import Runtime as Runtime
from review.platform_parts import Settings as Settings
from review.platform_parts import Statement as Statement
from review.platform_parts import Store as Store


@dataclass(frozen=True)
class AccessModel:
    """All of it, every tuple sorted by id. `unknowns` says what could not be read, in words."""

    stage: str
    system: str | None
    environment: str | None
    entry_agent: str | None
    pools: tuple[Pool, ...]
    clients: tuple[Client, ...]
    gateways: tuple[Gateway, ...]
    tools: tuple[Tool, ...]
    policies: tuple[Policy, ...]
    matrix: tuple[Cell, ...]
    roles: tuple[Role, ...]
    runtimes: tuple[Runtime, ...]
    functions: tuple[Function, ...]
    stores: tuple[Store, ...]
    providers: tuple[Provider, ...]
    settings: tuple[Settings, ...] = ()
    unknowns: tuple[str, ...] = ()

    @property
    def agents(self) -> tuple[str, ...]:
        """Every agent that a client or a runtime stands for."""
        names = {client.agent for client in self.clients} | {runtime.agent for runtime in self.runtimes}
        return tuple(sorted(name for name in names if name))

    @property
    def subjects(self) -> tuple[str, ...]:
        """The agents; where none is noted, everybody the matrix speaks of."""
        return self.agents or tuple(sorted({cell.subject for cell in self.matrix}))

    @property
    def callers(self) -> tuple[Client, ...]:
        """The clients that stand for agents.

        Where the assembly notes no agent, as one that this project did not make, these are the clients of machines
        and whichever a gateway takes by name.
        """
        noted = tuple(client for client in self.clients if client.agent)
        if noted:
            return noted
        taken = {client for gateway in self.gateways for client in gateway.authorizer.clients}
        machines = {pool.id for pool in self.pools if pool.kind == "agents"}
        return tuple(client for client in self.clients if client.id in taken or client.pool in machines)

    def role(self, id_: str | None) -> Role | None:
        return next((role for role in self.roles if role.id == id_), None)

    def runtime_of(self, agent: str) -> Runtime | None:
        return next((runtime for runtime in self.runtimes if runtime.agent == agent), None)

    def delegation(self) -> Mapping[str, tuple[str, ...]]:
        """agent → the agents its runtime may invoke."""
        return {runtime.agent: runtime.delegates for runtime in self.runtimes if runtime.agent}
