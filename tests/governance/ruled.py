"""The smallest system with rules: one agent that may call one tool with them and one without."""

from __future__ import annotations

from dataclasses import replace

from governance import cedar
from governance.access import AccessMatrix
from governance.binding import ArgumentRule, RuleKind
from governance.model import (
    Agent,
    DataClass,
    Effect,
    Egress,
    Grant,
    Limits,
    Protocol,
    Source,
    System,
    Target,
    TargetKind,
    Tool,
)
from governance.names import Names

ARN = cedar.PLACEHOLDER_ARN
NAMES = Names("shop", "dev")
LINE, RULE_LINE = Source("agents/clerk.yaml", 1), Source("targets/stock.yaml", 14)
FIND_LINE, LOOK_LINE = Source("agents/clerk.yaml", 7), Source("agents/clerk.yaml", 8)
TYPES = {str: "string", int: "integer", bool: "boolean"}


def kind_of(rule: ArgumentRule) -> str:
    if rule.kind is RuleKind.USER:
        return "string"
    return "integer" if rule.kind is RuleKind.RANGE else TYPES[type(rule.values[0])]


def system_with(*rules: ArgumentRule, optional: tuple[str, ...] = ()) -> System:
    """One agent, one granted tool whose arguments are those of `rules`."""
    properties = {rule.argument: {"type": kind_of(rule)} for rule in rules}
    required = [name for name in properties if name not in optional]
    tool = Tool(
        name="find",
        target="stock",
        description="Finds.",
        input_schema={"type": "object", "properties": properties, "required": required},
        effect=Effect.READ,
        data=DataClass.PUBLIC,
        egress=Egress.NONE,
        source=RULE_LINE,
        rules=rules,
    )
    plain = replace(tool, name="look", rules=())
    target = Target("stock", TargetKind.LAMBDA, "Stock.", (tool, plain), RULE_LINE)
    grants = (Grant(tool.full_name, FIND_LINE), Grant(plain.full_name, LOOK_LINE))
    agent = Agent("clerk", "Serves.", "front", Protocol.HTTP, "small", grants, (), Limits(1, 1), LINE)
    return System(
        "shop",
        "Shop",
        "Sells.",
        "clerk",
        ("en",),
        "+00:00",
        (agent,),
        (target,),
        (),
        (),
        "systems/shop",
        LINE,
    )


def policies_of(system: System) -> tuple[cedar.CedarPolicy, ...]:
    policies = cedar.render(system, NAMES, AccessMatrix.of(system), ARN)
    cedar.validate(system, policies)
    return policies
