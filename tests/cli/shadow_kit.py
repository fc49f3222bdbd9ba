"""A shop with two grants in shadow mode, and the lines its interceptor writes about calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gateway_interceptor import policy, users
from gateway_interceptor.decision_log import DecisionLog
from gateway_interceptor.interceptor import Interceptor
from governance import interceptor_policy
from governance.access import AccessMatrix
from governance.load import load_project
from tests.contract.layers import Scopes
from tests.governance.conftest import Shop

AUDITOR, CLERK = "systems/shop/agents/auditor.yaml", "systems/shop/agents/clerk.yaml"
FIND, SELL = "stock___find", "stock___sell"
START = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
NAMESPACE = "Airside/shop-dev"


def shadowed_shop(folder: Path) -> Shop:
    """The auditor finds by new rules in shadow mode; the clerk, held to them, may sell for a little longer."""
    shop = Shop(folder)
    rules = "    required: [sku]\n    arguments:\n      sku: {one_of: [A1, A2]}\n    effect: read\n"
    shop.change("systems/shop/targets/stock.yaml", "    required: [sku]\n    effect: read\n", rules)
    shop.change(
        AUDITOR,
        "    - find\n",
        "    - {tool: find, shadow: {would_refuse: arguments, reason: Two things only from March on.}}\n",
    )
    shop.change(
        CLERK,
        "stock: [find, sell]",
        "stock: [find, {tool: sell, shadow: {would_refuse: calls, reason: Sold by machine soon.}}]",
    )
    return shop


class Counter:
    """The shop's interceptor, with its lines and its clock."""

    def __init__(self, shop: Shop, namespace: str = NAMESPACE) -> None:
        system = load_project(shop.root).system("shop")
        rules = policy.parse(interceptor_policy.render(system, "dev", AccessMatrix.of(system)).encode())
        tokens: Any = Scopes()
        self.lines: list[str] = []
        self.now = START
        log = DecisionLog(namespace, rules.digest, self.lines.append)
        clock: Callable[[], float] = lambda: self.now.timestamp()  # noqa: E731 - it follows `now`
        self._decide = Interceptor(rules, tokens, users.none_declared(), log, clock, lambda: 0)

    def call(self, agent: str, tool: str, arguments: Mapping[str, Any]) -> None:
        """One call, a minute after the one before."""
        params = {"name": tool, "arguments": dict(arguments)}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        headers = {"Authorization": f"Bearer shop/agent.{agent}"}
        request = {"path": "/mcp", "httpMethod": "POST", "headers": headers, "body": body}
        self._decide({"interceptorInputVersion": "1.0", "mcp": {"gatewayRequest": request}})
        self.now += timedelta(minutes=1)

    def busy(self) -> list[str]:
        """Calls of every kind: four of the auditor's, of which two break the new rule, and one sale."""
        self.call("auditor", FIND, {"sku": "A1"})
        self.call("auditor", FIND, {"sku": "B1"})
        self.call("auditor", FIND, {})
        self.call("auditor", FIND, {"sku": "A2"})
        self.call("clerk", SELL, {"sku": "A1"})
        # What is no evidence: refused calls, and allowed ones under no shadow.
        self.call("clerk", FIND, {"sku": "B1"})
        self.call("clerk", FIND, {"sku": "A1"})
        self.call("auditor", SELL, {"sku": "A1"})
        return self.lines


def by_cell(report: Mapping[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["agent"], row["tool"]): row for row in report["shadows"]}


def written(folder: Path, lines: list[str]) -> str:
    """A file of these lines."""
    path = folder / "decisions.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return str(path)


def changed(line: str, **members: Any) -> str:
    return json.dumps({**json.loads(line), **members})
