"""Each layer asked by itself, through what is rendered for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import cedarpy

from gateway_interceptor import policy as interceptor_policy_file
from gateway_interceptor import users
from gateway_interceptor.decision_log import DecisionLog
from gateway_interceptor.interceptor import Interceptor
from governance import cedar, interceptor_policy
from governance.access import AccessMatrix
from governance.names import Names, badge
from tests.contract.systems import Declared, mangled

ARN = cedar.PLACEHOLDER_ARN
Ask = Callable[[str, str], bool]
"""(scope of the caller's token, tool name) → allowed."""


class Scopes:
    """Stands where tokens are verified: here a token is its scope, written without blanks."""

    def verify(self, token: str, now: float, grace: float = 0.0) -> Any:
        del now, grace
        return SimpleNamespace(scope=token.replace("+", " "))


def interceptor_of(policy_json: str) -> Ask:
    """The interceptor with this policy file, asked with whole events."""
    rules = interceptor_policy_file.parse(policy_json.encode())
    log = DecisionLog("Airside/test", rules.digest, lambda line: None)
    tokens: Any = Scopes()
    decide = Interceptor(rules, tokens, users.none_declared(), log, lambda: 0.0, lambda: 0)

    def ask(scope: str, name: str) -> bool:
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": {}}}
        headers = {"Authorization": f"Bearer {scope.replace(' ', '+')}"}
        request = {"path": "/mcp", "httpMethod": "POST", "headers": headers, "body": body}
        event = {"interceptorInputVersion": "1.0", "mcp": {"gatewayRequest": request}}
        answer = decide(event)["mcp"]
        if "transformedGatewayRequest" in answer:
            return bool(answer["transformedGatewayRequest"]["body"] == body)
        assert 400 <= answer["transformedGatewayResponse"]["statusCode"] < 500
        return False

    return ask


def cedar_of(statements: Iterator[str] | list[str], scopes: list[str]) -> Ask:
    """Cedar itself on these statements, parsed once; one principal per scope."""
    policies = cedarpy.PolicySet.from_str("\n".join(statements))
    users = [
        {
            "uid": {"type": "AgentCore::OAuthUser", "id": f"user{number}"},
            "attrs": {},
            "tags": {"scope": scope},
            "parents": [],
        }
        for number, scope in enumerate(scopes)
    ]
    entities = cedarpy.Entities.from_json_str(json.dumps(users))
    principals = {scope: user["uid"] for scope, user in zip(scopes, users, strict=True)}
    gateway = {"type": "AgentCore::Gateway", "id": ARN}

    def ask(scope: str, name: str) -> bool:
        request = {
            "principal": principals[scope],
            "action": {"type": "AgentCore::Action", "id": name},
            "resource": gateway,
            "context": '{"input":{}}',
        }
        answer = cedarpy.is_authorized(request, policies, entities)
        assert not answer.diagnostics.errors
        return bool(answer.allowed)

    return ask


@dataclass(frozen=True)
class Layers:
    """Everything that answers "may this agent call this?", and who may ask: scope → agent, None for nobody."""

    declared: Declared
    matrix: AccessMatrix
    interceptor: Ask
    cedar: Ask
    callers: dict[str, str | None]

    @classmethod
    def of(cls, declared: Declared) -> Layers:
        system = declared.system
        matrix = AccessMatrix.of(system)
        callers = callers_of(declared)
        rendered = cedar.render(system, Names(system.name, "dev"), matrix, ARN)
        return cls(
            declared,
            matrix,
            interceptor_of(interceptor_policy.render(system, "dev", matrix)),
            cedar_of([policy.statement for policy in rendered], list(callers)),
            callers,
        )

    def cells(self) -> Iterator[tuple[str, str | None, str]]:
        """(scope, agent, name): every caller at every tool, every agent at every mangled name as well."""
        tools = [tool.full_name for tool in self.declared.system.tools]
        names = sorted({other for tool in tools for other in mangled(tool)} - set(tools))
        for scope, agent in self.callers.items():
            for name in [*tools, *names] if agent is not None else tools:
                yield scope, agent, name

    def disagreements(self) -> list[str]:
        """Every cell in which one says another thing than the declaration."""
        found = []
        for scope, agent, name in self.cells():
            said = {
                "declaration": self.declared.allowed(agent, name),
                "matrix": agent is not None and self.matrix.decision(agent, name).allowed,
                "interceptor": self.interceptor(scope, name),
                "cedar": self.cedar(scope, name),
            }
            if len(set(said.values())) != 1:
                found.append(f"{scope!r} {name!r}: {said}")
        return found


def callers_of(declared: Declared) -> dict[str, str | None]:
    """The agents by their badges, and scopes that are no agent's."""
    system = declared.system.name
    callers: dict[str, str | None] = {badge(system, agent): agent for agent in declared.may_call}
    first = next(iter(callers))
    nobody = [
        badge(system, "ghost"),
        badge("other", next(iter(declared.may_call))),
        first.upper(),
        f"{first} {badge(system, 'ghost')}",
        f"{first} {first}",
        f"{first} ",
        first[:-1],
        f"{first}x",
        f"x{first}",
        "*",
        "",
    ]
    return {**dict.fromkeys(nobody), **callers}
