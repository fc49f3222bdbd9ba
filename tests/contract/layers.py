"""Each layer asked by itself, through what is rendered for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import SimpleNamespace
from typing import Any

import cedarpy

from gateway_interceptor import policy as interceptor_policy_file
from gateway_interceptor import users
from gateway_interceptor.decision_log import DecisionLog
from gateway_interceptor.interceptor import Interceptor
from gateway_interceptor.refused import BAD_TOKEN, Refused
from governance import cedar, interceptor_policy
from governance.access import AccessMatrix
from governance.names import Names, badge
from governance.shadow import enforced
from tests.contract.arguments import PEOPLE, Try, fitting, tries
from tests.contract.systems import Declared, Expected, mangled

ARN = cedar.PLACEHOLDER_ARN


@dataclass(frozen=True)
class Call:
    """One call: the scope of the caller's token, whose it is (None: nobody's), the tool's name, and the rest."""

    scope: str
    agent: str | None
    name: str
    made: Try


@dataclass(frozen=True)
class Answer:
    """What the interceptor does with a call today, and what it says it will do once no shadow is left."""

    today: bool
    later: bool


AskInterceptor = Callable[[Call], Answer]
AskCedar = Callable[[Sequence[Call]], list[bool]]


class Scopes:
    """Stands where tokens are verified: here a token is its scope, written without blanks."""

    def verify(self, token: str, now: float, grace: float = 0.0) -> Any:
        del now, grace
        return SimpleNamespace(scope=token.replace("+", " "))


class People:
    """Stands where users' tokens are verified: here a token is a person's name."""

    def verify(self, token: str, now: float, grace: float = 0.0) -> Any:
        del now, grace
        if token not in PEOPLE:
            raise Refused(BAD_TOKEN, "signature")
        return SimpleNamespace(claims=PEOPLE[token])


def interceptor_of(policy_json: str) -> AskInterceptor:
    """The interceptor with this policy file, asked with whole events; its lines tell what it will do later."""
    rules = interceptor_policy_file.parse(policy_json.encode())
    lines: list[str] = []
    tokens: Any = Scopes()
    people: Any = People()
    known = users.none_declared() if rules.claims is None else users.PoolUsers(people)
    log = DecisionLog("Airside/test", rules.digest, lines.append)
    decide = Interceptor(rules, tokens, known, log, lambda: 0.0, lambda: 0)

    def ask(call: Call) -> Answer:
        params = {"name": call.name, "arguments": call.made.arguments}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        headers = {"Authorization": f"Bearer {call.scope.replace(' ', '+')}"}
        if call.made.user is not None:
            headers["X-Airside-User-Token"] = call.made.user
        request = {"path": "/mcp", "httpMethod": "POST", "headers": headers, "body": body}
        event = {"interceptorInputVersion": "1.0", "mcp": {"gatewayRequest": request}}
        answer = decide(event)["mcp"]
        line = lines.pop()
        assert not lines, "one line a decision"
        if "transformedGatewayRequest" in answer:
            assert answer["transformedGatewayRequest"]["body"] == body
            assert '"effect":"allow"' in line
            return Answer(today=True, later='"would_refuse":"' not in line)
        assert 400 <= answer["transformedGatewayResponse"]["statusCode"] < 500
        assert '"effect":"deny"' in line
        assert '"would_refuse"' not in line
        return Answer(today=False, later=False)

    return ask


def cedar_of(statements: Iterable[str], scopes: Sequence[str]) -> AskCedar:
    """Cedar itself on these statements, parsed once; one principal per scope."""
    policies = cedarpy.PolicySet.from_str("\n".join(statements))
    known = [
        {
            "uid": {"type": "AgentCore::OAuthUser", "id": f"user{number}"},
            "attrs": {},
            "tags": {"scope": scope},
            "parents": [],
        }
        for number, scope in enumerate(scopes)
    ]
    entities = cedarpy.Entities.from_json_str(json.dumps(known))
    principals = {scope: user["uid"] for scope, user in zip(scopes, known, strict=True)}
    gateway = {"type": "AgentCore::Gateway", "id": ARN}

    def ask(calls: Sequence[Call]) -> list[bool]:
        requests = [
            {
                "principal": principals[call.scope],
                "action": {"type": "AgentCore::Action", "id": call.name},
                "resource": gateway,
                "context": json.dumps({"input": call.made.arguments}),
            }
            for call in calls
        ]
        return [bool(answer.allowed) for answer in cedarpy.is_authorized_batch(requests, policies, entities)]

    return ask


@dataclass(frozen=True)
class Layers:
    """Everything that answers "may this agent call this?", and who may ask: scope → agent, None for nobody."""

    declared: Declared
    matrix: AccessMatrix
    interceptor: AskInterceptor
    cedar: AskCedar
    callers: Mapping[str, str | None]

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

    def calls(self) -> Iterator[Call]:
        """Every agent at every tool with arguments that keep its rules and break each; with those that keep
        them, every other caller at every tool, and every agent at every mangled name."""
        random, users = Random(len(self.callers)), self.declared.users  # noqa: S311 - the same in every run
        tools = {
            tool.full_name: self.declared.rules.get(tool.full_name, {}) for tool in self.declared.system.tools
        }
        good = {name: fitting(random, rules, users) for name, rules in tools.items()}
        names = {other: good[tool] for tool in tools for other in mangled(tool) if other not in tools}
        for scope, agent in self.callers.items():
            for name, rules in tools.items():
                for made in (good[name],) if agent is None else tries(random, rules, users):
                    yield Call(scope, agent, name, made)
            for name, made in names.items() if agent is not None else ():
                yield Call(scope, agent, name, made)

    def disagreements(self) -> list[str]:
        """Every call about which one says another thing than the declaration.

        The interceptor and the matrix say all of it, and what will be without shadows; Cedar says its part, and
        nothing that the interceptor allows is refused by it unless Cedar has no form for a value.
        """
        calls = list(self.calls())
        found = []
        for call, permitted in zip(calls, self.cedar(calls), strict=True):
            expected = self.declared.expected(call.agent, call.name, call.made)
            answer = self.interceptor(call)
            said = Expected(answer.today, answer.later, permitted)
            matrix = Expected(self._matrix(call, today=True), self._matrix(call, today=False), expected.cedar)
            if not said == matrix == expected:
                found.append(f"{call}: expected {expected}, matrix {matrix}, layers {said}")
        return found

    def _matrix(self, call: Call, *, today: bool) -> bool:
        """What the access matrix and the declared rules say, as the library itself reads them."""
        system, made = self.declared.system, call.made
        decision = self.matrix.decision(call.agent or "", call.name)
        shadow = decision.shadow
        if not decision.allowed or (shadow is not None and not today and shadow.would_refuse == "calls"):
            return False
        person = None if made.user is None else PEOPLE.get(made.user)
        if made.user is not None and (system.users is None or person is None):
            return False
        claims = {} if system.users is None or person is None else system.users.claims
        own = {name: person[claim] for name, claim in claims.items() if person and claim in person}
        rules = next(tool.rules for tool in system.tools if tool.full_name == call.name)
        kept = enforced(rules, shadow if today else None)
        return all(
            rule.argument in made.arguments and rule.allows(made.arguments[rule.argument], own)
            for rule in kept
        )


def callers_of(declared: Declared) -> dict[str, str | None]:
    """The agents by their badges, and scopes that are no agent's."""
    system = declared.system.name
    callers: dict[str, str | None] = {declared.system.badge(agent): agent for agent in declared.may_call}
    first = next(iter(callers))
    nobody = [
        declared.system.badge("ghost"),
        # Where the system is split: no shard, or one that there is not.
        *(badge(server, agent) for agent in declared.may_call for server in (system, f"{system}-99")),
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
