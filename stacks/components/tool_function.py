"""The function behind one or more lambda targets, with exactly the table access their tools' effects need."""

from __future__ import annotations

from collections.abc import Mapping

from constructs import Construct

from governance.model import Effect, Target
from governance.names import table_variable
from stacks.components import key_use
from stacks.components.data_table import DataTable
from stacks.components.iam import Statement, allow
from stacks.components.python_function import PythonFunction
from stacks.deployment import Deployment

READ = ("dynamodb:GetItem", "dynamodb:Query")
WRITE = ("dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
DELETE = ("dynamodb:DeleteItem",)
"""Actions on a table by the strongest effect of the tools that use it. A transaction needs those of its
items, and no action of its own. No scan, no batch write: a tool answers about one customer, one rule."""

MEMORY_MB = 512


def table_actions(effects: set[Effect]) -> list[str]:
    """The actions on a table for tools of these effects."""
    actions = list(READ)
    if effects & {Effect.WRITE, Effect.IRREVERSIBLE}:
        actions += WRITE
    if Effect.IRREVERSIBLE in effects:
        actions += DELETE
    return sorted(actions)


class ToolFunction(PythonFunction):
    """`targets` are all targets that name `package` as their function."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        package: str,
        targets: list[Target],
        tables: Mapping[str, DataTable],
    ) -> None:
        used = list(dict.fromkeys(name for target in targets for name in target.tables))
        super().__init__(
            scope,
            construct_id,
            deployment=deployment,
            package=package,
            code=deployment.assets.function(package),
            description=" ".join(target.description for target in targets),
            timeout_seconds=max(target.timeout_seconds for target in targets),
            memory_mb=MEMORY_MB,
            environment={table_variable(name): tables[name].table.table_name for name in used},
            statements=table_statements(scope, targets, used, tables),
            traced=True,
        )


def table_statements(
    scope: Construct, targets: list[Target], used: list[str], tables: Mapping[str, DataTable]
) -> list[Statement]:
    """What the tools of `targets` do with the tables `used`, no more."""
    statements: list[Statement] = []
    for name in used:
        tools = [tool for target in targets if name in target.tables for tool in target.tools]
        named = ", ".join(tool.name for tool in tools)
        table = tables[name]
        sid = "".join(part.capitalize() for part in name.split("-"))
        actions = table_actions({tool.effect for tool in tools})
        statements.append(
            allow(f"{sid}Table", f"The table {name}, for {named}.", actions, [table.table.table_arn])
        )
        if table.index_arns:
            why = f"The declared indexes of {name}, for the same tools."
            statements.append(allow(f"{sid}Indexes", why, ["dynamodb:Query"], table.index_arns))
    encrypted = [tables[name] for name in used if tables[name].key is not None]
    names = {table.declared.name: table.table.table_name for table in encrypted}
    effects = {
        tool.effect for target in targets if names.keys() & set(target.tables) for tool in target.tools
    }
    key = encrypted[0].key if encrypted else None
    return [*statements, *key_use.of_tables(scope, key, names, writes=effects != {Effect.READ})]
