"""Sends attacks to a gateway and judges what comes back.

First the calls that the attacks are made from are sent as they should be: a gateway that refuses everything,
or one whose executions cannot be seen, would make every attack look refused. The same calls end the run.
"""

from __future__ import annotations

import json
import secrets as random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from attacks import http
from attacks.http import Answer, Endpoint
from attacks.judge import judge, secrets
from attacks.model import CANARY, Attack, Context, Missing, Sent, accompanied, post, with_body
from attacks.user_kit import bound, for_user, kit, limit, limited

MAX_WORKERS = 8
MAX_PAGES = 100
SETTLE_SECONDS = 2.0
REFUSED, BREACH, SKIPPED = "refused", "breach", "skipped"

Watch = Callable[[], Iterable[Mapping[str, Any]]]
"""Gives the platform's events since the run began; `target` events tell that a tool was executed."""
Progress = Callable[[int, int], None]


class CouldNotLook(Exception):
    """The attacks would tell nothing. The message says what is missing and what to do."""


@dataclass(frozen=True)
class Result:
    """How one attack ended. `ms` is its time, `why` what is wrong, or what is missing where it was skipped."""

    name: str
    kind: str
    status: int | None
    verdict: str
    why: str
    ms: float | None
    trace_id: str = ""


@dataclass(frozen=True)
class Gun:
    """What all attacks of one run share."""

    context: Context
    endpoint: Endpoint
    controlled: bool

    def fire(self, attack: Attack) -> Result:
        """Sends one attack. Raises Unreachable where the server cannot be connected to at all."""
        trace = random.token_hex(16)

        def result(verdict: str, why: str, status: int | None = None, ms: float | None = None) -> Result:
            return Result(attack.name, attack.kind, status, verdict, why, ms, trace)

        try:
            sent = accompanied(self.context, attack.build(self.context))
        except Missing as missing:
            return result(SKIPPED, f"needs {missing}")
        started = time.perf_counter()
        try:
            answers = self.answers(attack, sent, trace)
            wrong = judge(attack, sent, answers, secrets(self.context, sent), controlled=self.controlled)
        except (http.NotHttp, TimeoutError) as error:
            answers, wrong = [], [str(error)]
        ms = round((time.perf_counter() - started) * 1000, 1)
        status = answers[-1].status if answers else None
        return result(BREACH if wrong else REFUSED, "; ".join(wrong), status, ms)

    def answers(self, attack: Attack, sent: Sent, trace: str) -> list[Answer]:
        """Every answer; of a list, every page."""
        answers = send(self.endpoint, sent, trace)
        if attack.untold is None:
            return answers
        for _ in range(MAX_PAGES):
            cursor = _result(answers[-1]).get("nextCursor") if answers else None
            if cursor is None:
                break
            body = {**json.loads(sent.body), "params": {"cursor": cursor}}
            answers += send(self.endpoint, replace(sent, body=json.dumps(body).encode()), trace)
        return answers


def send(endpoint: Endpoint, sent: Sent, trace: str) -> list[Answer]:
    """One request, in a trace of its own."""
    parent = f"00-{trace}-{trace[:16]}-01"
    if sent.raw is None:
        headers = (*sent.headers, ("traceparent", parent))
        data = http.request(endpoint, sent.method, sent.path, headers, sent.body)
    else:
        data = sent.raw.replace(b"%HOST%", endpoint.authority.encode()).replace(b"%TRACE%", parent.encode())
    return http.exchange(endpoint, data, patience=sent.patience)


def _result(answer: Answer) -> dict[str, Any]:
    body = answer.json
    found = body.get("result") if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {}


def run(
    attacks: Sequence[Attack],
    context: Context,
    endpoint: Endpoint,
    *,
    workers: int = 4,
    watch: Watch | None = None,
    progress: Progress | None = None,
) -> list[Result]:
    """The result of every attack, in order. Raises Unreachable, CouldNotLook."""
    goods = _goods(context)
    controls = _control(context, goods, endpoint)
    gun = Gun(context, endpoint, GRANTED in controls)
    if watch is not None:
        if not controls:
            raise CouldNotLook("no call could be carried out, so nobody knows whether executions are seen.")
        for trace in controls.values():
            _await_execution(watch, trace)
    results: list[Result] = []
    with ThreadPoolExecutor(max_workers=max(1, min(workers, MAX_WORKERS))) as pool:
        for result in pool.map(gun.fire, attacks):
            results.append(result)
            if progress is not None:
                progress(len(results), len(attacks))
    if watch is not None:
        results = _with_events(results, list(watch()), frozenset(controls.values()))
    return [*results, *(_afterwards(what, good, endpoint) for what, good in goods.items())]


@dataclass(frozen=True)
class Good:
    """A call that must be carried out."""

    agent: str
    tool: str
    sent: Sent


GRANTED = "the granted call"


def _goods(context: Context) -> dict[str, Good]:
    """The calls the attacks are made from, as far as the attacker holds the tokens for them."""

    def granted() -> Good:
        return Good(context.agent, context.granted, accompanied(context, with_body(context, context.call())))

    def own() -> Good:
        return Good(kit(context).agent, kit(context).tool, for_user(context, bound(context)))

    def within() -> Good:
        made = limit(context)
        sent = post(limited(context, made.low), f"Bearer {context.token_of(made.agent)}")
        return Good(made.agent, made.tool, accompanied(context, sent))

    found = {}
    for what, make in ((GRANTED, granted), ("the user's own call", own), ("the call within limits", within)):
        with suppress(Missing):
            found[what] = make()
    return found


def _control(context: Context, goods: Mapping[str, Good], endpoint: Endpoint) -> dict[str, str]:
    """The traces of the good calls, which were carried out; none where the attacker holds no token for any."""
    if not goods:
        bound_only = context.grants.get(context.agent, frozenset()) & context.bound
        if context.agent in context.tokens and bound_only and context.user_token() is None:
            raise CouldNotLook(
                f"{context.agent} is granted only tools that need an end user or do more than read here. "
                "Give a user's token, or the token of another agent."
            )
        send(endpoint, post({"jsonrpc": "2.0", "id": 1, "method": "ping"}, None), random.token_hex(16))
    traces = {}
    for what, good in goods.items():
        traces[what] = random.token_hex(16)
        try:
            answers = send(endpoint, good.sent, traces[what])
        except (http.NotHttp, TimeoutError) as error:
            raise CouldNotLook(f"{endpoint.authority}: {error}.") from None
        if not _carried_out(answers):
            status = answers[0].status if answers else "nothing"
            raise CouldNotLook(
                f"{good.agent} is granted {good.tool}, but calling it was answered {status}. Check that every "
                "token is fresh and that gateway and declaration are of the same system."
            )
    return traces


def _carried_out(answers: Sequence[Answer]) -> bool:
    return bool(answers) and answers[0].status == 200 and bool(_result(answers[0]))


def _await_execution(watch: Watch, trace: str) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    while trace not in _executed(watch()):
        if time.monotonic() > deadline:
            raise CouldNotLook("a tool was called, but the platform's events do not show it.")
        time.sleep(0.02)


def _executed(events: Iterable[Mapping[str, Any]]) -> set[Any]:
    return {event.get("trace_id") for event in events if event.get("event") == "target"}


def _with_events(
    results: list[Result], events: list[Mapping[str, Any]], controls: frozenset[str]
) -> list[Result]:
    """The results, and what the platform's own events say against them."""
    executed = _executed(events)
    if not controls <= executed:
        raise CouldNotLook("the platform no longer keeps the events of this run. Run fewer attacks at once.")
    leaking = {event.get("trace_id") for event in events if CANARY in json.dumps(event, default=str)}
    judged = []
    for result in results:
        wrong = [
            text
            for traces, text in ((executed, "a tool was executed"), (leaking, "an argument is in the log"))
            if result.trace_id in traces
        ]
        if wrong:
            result = replace(result, verdict=BREACH, why="; ".join([*filter(None, [result.why]), *wrong]))
        judged.append(result)
    return judged


def _afterwards(what: str, good: Good, endpoint: Endpoint) -> Result:
    """Whether the gateway still serves those who may."""
    started = time.perf_counter()
    name, trace = f"afterwards: {what} is still carried out", random.token_hex(16)
    try:
        answers = send(endpoint, good.sent, trace)
    except (http.NotHttp, http.Unreachable, TimeoutError):
        answers = []
    served = _carried_out(answers)
    ms = round((time.perf_counter() - started) * 1000, 1)
    status = answers[0].status if answers else None
    why = "" if served else "the attacks broke the gateway for others"
    return Result(name, "afterwards", status, "served" if served else BREACH, why, ms, trace)
