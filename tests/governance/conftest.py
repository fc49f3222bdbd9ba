"""A small sound project in a temporary folder, for tests that break one thing in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from governance.errors import DeclarationErrors, Problem
from governance.load import load_project

SYSTEM = """\
system: shop
title: Shop
description: Sells things.
entry_agent: clerk
languages: [de, en]
utc_offset: "-03:30"
tables:
  goods: {partition_key: sku, data: public, seed: goods.json}
providers:
  post: {description: Parcel prices.}
"""
CLERK = """\
agent: clerk
purpose: Serves customers.
owner: front
protocol: http
model: small
may_call:
  stock: [find, sell]
  parcels: "*"
may_delegate_to: [auditor]
limits: {turns: 4, seconds: 30}
"""
AUDITOR = """\
agent: auditor
purpose: Looks at everything.
owner: back
protocol: http
model: small
may_call:
  stock:
    - find
may_delegate_to: []
limits: {turns: 4, seconds: 30}
"""
STOCK = """\
target: stock
kind: lambda
description: Goods on the shelf.
function: tool_stock
tables: [goods]
tools:
  find:
    description: Finds a thing.
    input:
      sku: {type: string, description: "The thing's number."}
      most: {type: integer, description: "How many at most."}
    required: [sku]
    effect: read
    data: public
    egress: none
  sell:
    description: Sells a thing.
    input:
      sku: {type: string, description: "The thing's number."}
    required: [sku]
    effect: irreversible
    data: internal
    egress: none
"""
PARCELS = """\
target: parcels
kind: openapi
description: Parcel prices.
spec: parcels.json
provider: post
tools:
  quote: {effect: read, data: public, egress: external}
"""
ENVIRONMENT = """\
environment: dev
account: "444455556666"
region: eu-west-1
models:
  small: {model_id: a.model}
providers:
  post:
    base_url: https://post.example
    token_url: https://post.example/token
    issuer: https://post.example
    client_id: shop
    secret_name: shop/post
    secret_key: secret
policy_mode: ENFORCE
debug_exceptions: false
log_retention_days: 7
token_minutes: 10
alarms:
  error_rate_percent: 5
  latency_p95_ms: 5000
  refusals: 5
  notify: [shop@example.com]
  runbook_url: https://example.com/runbook.md
kms: false
budget_usd: 50
retain_data: false
runtime:
  platform_version: V1
  endpoint: main
  sessions: {idle_seconds: 300, lifetime_seconds: 3600}
  network: {mode: public}
  agents: {}
web_acl_arn: null
"""
SPEC = {
    "openapi": "3.0.3",
    "info": {"title": "Parcels", "version": "1"},
    "servers": [{"url": "https://provider.invalid"}],
    "paths": {
        "/quote": {
            "get": {
                "operationId": "quote",
                "description": "Prices a parcel.",
                "parameters": [
                    {"name": "grams", "in": "query", "required": True, "schema": {"type": "integer"}}
                ],
                "responses": {"200": {"description": "A price."}},
            }
        }
    },
}
FILES = {
    "systems/shop/system.yaml": SYSTEM,
    "systems/shop/agents/clerk.yaml": CLERK,
    "systems/shop/agents/auditor.yaml": AUDITOR,
    "systems/shop/targets/stock.yaml": STOCK,
    "systems/shop/targets/parcels.yaml": PARCELS,
    "systems/shop/api/parcels.json": json.dumps(SPEC),
    "systems/shop/data/goods.json": "[]",
    "environments/dev.yaml": ENVIRONMENT,
    "agent_src/clerk/__main__.py": "",
    "agent_src/auditor/__main__.py": "",
    "lambda/tool_stock/handler.py": "def find(): ...\nTOOLS = {'sell': None}\n",
}


USERS = """\
users:
  title: Shoppers
  claims: {shopper: username}
  seed: {table: goods, attribute: sku}
"""
CALLBACKS = 'users_callback_urls: ["https://shop.example/"]\n'


class Shop:
    """The folder, with the two things tests do to it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, content in FILES.items():
            self.write(name, content)

    def write(self, name: str, content: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        content = (self.root / name).read_text(encoding="utf-8")
        assert content.count(old) >= 1, f"{old!r} is not in {name}"
        self.write(name, content.replace(old, new, 1))

    def with_users(self) -> None:
        """Declares shoppers, whom the rows of `goods` name, and where they return to."""
        self.change("systems/shop/system.yaml", "tables:", USERS + "tables:")
        self.change("environments/dev.yaml", "token_minutes", CALLBACKS + "token_minutes")
        self.write("systems/shop/data/goods.json", '[{"sku": "A1"}, {"sku": "A2"}]')

    def problems(self) -> tuple[Problem, ...]:
        try:
            load_project(self.root)
        except DeclarationErrors as errors:
            return errors.problems
        return ()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture
def only_problem(shop: Shop) -> Callable[[], str]:
    def read() -> str:
        problems = shop.problems()
        assert len(problems) == 1, [str(problem) for problem in problems]
        return str(problems[0])

    return read
