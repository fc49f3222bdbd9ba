"""What the tools are made of: tables, functions and hosted servers."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from constructs import Construct

from governance.model import Target, TargetKind
from stacks.components.data_table import DataTable
from stacks.components.tool_function import ToolFunction
from stacks.components.tool_server import ToolServer
from stacks.deployment import Deployment
from stacks.part_stack import PartStack


class ToolsStack(PartStack):
    """Data, functions and servers. A function never learns the gateway's address: each would need the other first."""

    def __init__(
        self, scope: Construct, construct_id: str, *, deployment: Deployment, key: kms.IKey | None
    ) -> None:
        super().__init__(scope, construct_id, deployment=deployment, key=key)
        tables = Construct(self, "Tables")
        self.tables: Mapping[str, DataTable] = {
            table.name: DataTable(tables, table.name, deployment=deployment, table=table, key=key)
            for table in deployment.system.tables
        }
        by_function: dict[str, list[Target]] = {}
        by_server: dict[str, list[Target]] = {}
        for target in deployment.system.targets:
            if target.kind is TargetKind.LAMBDA and target.function is not None:
                by_function.setdefault(target.function, []).append(target)
            elif target.runtime is not None:
                by_server.setdefault(target.runtime, []).append(target)
        functions = Construct(self, "Functions")
        self.functions: Mapping[str, ToolFunction] = {
            package: ToolFunction(
                functions,
                package,
                deployment=deployment,
                package=package,
                targets=targets,
                tables=self.tables,
            )
            for package, targets in by_function.items()
        }
        servers = Construct(self, "Servers")
        self.servers: Mapping[str, ToolServer] = {
            package: ToolServer(
                servers, package, deployment=deployment, package=package, targets=targets, tables=self.tables
            )
            for package, targets in by_server.items()
        }
        if not (self.tables or self.functions or self.servers):
            # CloudFormation takes no stack without a resource; this one does nothing and costs nothing.
            cdk.CfnWaitConditionHandle(self, "Nothing")
