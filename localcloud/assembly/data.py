"""Tables, parameters, and the parts agents have of their own."""

from __future__ import annotations

from typing import Any

from localcloud.assembly import physical, read
from localcloud.assembly.errors import UnsupportedResource
from localcloud.assembly.resource import Resource
from localcloud.assembly.scope import StageScope
from localcloud.spec import Browser, CodeInterpreter, Memory, Table

_CREATE = (
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
)
"""What of a table's template CreateTable takes and a local table needs."""


def tables(scope: StageScope) -> tuple[Table, ...]:
    """The DynamoDB tables; `definition` is a CreateTable request."""
    for resource in scope.resources("AWS::DynamoDB::GlobalTable"):
        raise UnsupportedResource(
            f"{resource.where}: global tables have no local stand-in; use AWS::DynamoDB::Table."
        )
    return tuple(_table(resource) for resource in scope.resources("AWS::DynamoDB::Table"))


def _table(resource: Resource) -> Table:
    name = resource.name("TableName")
    asked = {key: resource.get(key) for key in _CREATE}
    definition = {key: value for key, value in asked.items() if value is not None}
    return Table(
        logical_name=read.noted(resource, "Table"),
        name=name,
        definition={"TableName": name, **definition},
        seed=resource.note("Seed"),
    )


def parameters(scope: StageScope) -> dict[str, str]:
    """SSM parameters by name."""
    return {
        resource.name("Name"): resource.text("Value") for resource in scope.resources("AWS::SSM::Parameter")
    }


def memories(scope: StageScope) -> tuple[Memory, ...]:
    """AgentCore Memories with their strategies' namespaces."""
    return tuple(_memory(resource) for resource in scope.resources("AWS::BedrockAgentCore::Memory"))


def code_interpreters(scope: StageScope) -> tuple[CodeInterpreter, ...]:
    return tuple(
        CodeInterpreter(
            physical.interpreter_id(resource), physical.interpreter_arn(resource), resource.text("Name")
        )
        for resource in scope.resources("AWS::BedrockAgentCore::CodeInterpreterCustom")
    )


def browsers(scope: StageScope) -> tuple[Browser, ...]:
    return tuple(
        Browser(physical.browser_id(resource), physical.browser_arn(resource), resource.text("Name"))
        for resource in scope.resources("AWS::BedrockAgentCore::BrowserCustom")
    )


def _memory(resource: Resource) -> Memory:
    strategies: dict[str, tuple[str, ...]] = {}
    where = f"{resource.where}.MemoryStrategies"
    for item in read.items(resource.get("MemoryStrategies"), where):
        for kind, strategy in item.items():
            told = read.mapping(strategy, f"{where}.{kind}")
            found: Any = told.get("NamespaceTemplates") or told.get("Namespaces")
            name = read.text(told.get("Name"), f"{where}.{kind}.Name")
            strategies[name] = read.texts(found, f"{where}.{kind}.Namespaces")
    return Memory(
        memory_id=physical.memory_id(resource),
        arn=physical.memory_arn(resource),
        name=resource.text("Name"),
        expiry_days=read.number(resource.get("EventExpiryDuration"), f"{resource.where}.EventExpiryDuration"),
        strategies=strategies,
    )
