"""Tables and functions: what a tool can do to data follows from what it is declared to do."""

from __future__ import annotations

import pytest

from governance.model import DataClass, Effect, Project
from stacks.components.tool_function import table_actions
from tests.stacks.templates import Stage

FUNCTIONS = {
    "tool_customer": {"CUSTOMERS", "BOOKINGS"},
    "tool_loyalty": {"MEMBERS", "TIERS"},
    "tool_policy": {"RULES"},
}


def test_every_declared_table_stands_once_with_its_seed(dev: Stage, project: Project) -> None:
    for table in project.system("airline").tables:
        resource = dev.one("AWS::DynamoDB::Table", Table=table.name)
        assert resource.declared.get("Seed") == table.seed
        keys = {key["KeyType"]: key["AttributeName"] for key in resource.properties["KeySchema"]}
        assert keys.get("HASH") == table.partition_key
        assert keys.get("RANGE") == table.sort_key
        indexes = {item["IndexName"] for item in resource.properties.get("GlobalSecondaryIndexes", [])}
        assert indexes == {index.name for index in table.indexes}
    assert len(dev.resources("AWS::DynamoDB::Table")) == len(project.system("airline").tables)


def test_no_table_can_lose_its_last_weeks(stages: list[Stage]) -> None:
    for stage in stages:
        for table in stage.resources("AWS::DynamoDB::Table"):
            assert table.properties["PointInTimeRecoverySpecification"] == {
                "PointInTimeRecoveryEnabled": True
            }
            assert table.properties["BillingMode"] == "PAY_PER_REQUEST"


def test_production_data_survives_its_stack(prod: Stage, dev: Stage) -> None:
    for table in prod.resources("AWS::DynamoDB::Table"):
        assert table.properties["DeletionProtectionEnabled"] is True
        assert (table.body["DeletionPolicy"], table.body["UpdateReplacePolicy"]) == ("Retain", "Retain")
    for table in dev.resources("AWS::DynamoDB::Table"):
        assert table.properties["DeletionProtectionEnabled"] is False


def test_personal_data_is_encrypted_with_a_key_whose_use_is_logged(dev: Stage, project: Project) -> None:
    for table in project.system("airline").tables:
        encryption = dev.one("AWS::DynamoDB::Table", Table=table.name).properties.get("SSESpecification")
        assert (encryption == {"SSEEnabled": True}) is (table.data is DataClass.PERSONAL)


@pytest.mark.parametrize(("package", "tables"), FUNCTIONS.items())
def test_a_function_knows_its_tables_and_nothing_else(dev: Stage, package: str, tables: set[str]) -> None:
    function = dev.one("AWS::Lambda::Function", Function=package)
    variables = function.properties["Environment"]["Variables"]
    assert set(variables) == {f"TABLE_{table}" for table in tables}
    for name, value in variables.items():
        table = dev.one("AWS::DynamoDB::Table", Table=name.removeprefix("TABLE_").lower())
        assert value == {"Ref": table.id}


@pytest.mark.parametrize("package", FUNCTIONS)
def test_a_function_runs_as_the_tests_run_it(dev: Stage, project: Project, package: str) -> None:
    properties = dev.one("AWS::Lambda::Function", Function=package).properties
    timeouts = [t.timeout_seconds for t in project.system("airline").targets if t.function == package]
    assert properties["Handler"] == f"{package}.handler.handler"
    assert properties["Runtime"] == "python3.14"
    assert properties["Architectures"] == ["arm64"]
    assert properties["Timeout"] == max(timeouts)
    assert properties["TracingConfig"] == {"Mode": "Active"}
    # Reserved for a tool, concurrency would be taken from the interceptor's share of the account.
    assert "ReservedConcurrentExecutions" not in properties


def test_a_function_that_only_reads_cannot_write(dev: Stage) -> None:
    for role in ("airline-dev-function-tool-loyalty", "airline-dev-function-tool-policy"):
        actions = {
            action
            for statement in dev.statements(role)
            for action in statement.actions
            if action.startswith("dynamodb:")
        }
        assert actions == {"dynamodb:GetItem", "dynamodb:Query"}


def test_a_function_that_writes_cannot_delete_or_scan(dev: Stage) -> None:
    actions = {
        action
        for statement in dev.statements("airline-dev-function-tool-customer")
        for action in statement.actions
    }
    assert {"dynamodb:PutItem", "dynamodb:ConditionCheckItem"} <= actions
    assert not {"dynamodb:DeleteItem", "dynamodb:Scan", "dynamodb:BatchWriteItem"} & actions


def test_no_function_reaches_another_ones_tables(dev: Stage) -> None:
    for package, tables in FUNCTIONS.items():
        role = f"airline-dev-function-{package.replace('_', '-')}"
        own = {dev.one("AWS::DynamoDB::Table", Table=table.lower()).id for table in tables}
        reached = {
            table.id
            for statement in dev.statements(role)
            for table in dev.resources("AWS::DynamoDB::Table")
            if f"'{table.id}'" in str(statement.resources)
        }
        assert reached == own


@pytest.mark.parametrize(
    ("effects", "more"),
    [
        ({Effect.READ}, set()),
        ({Effect.READ, Effect.WRITE}, {"ConditionCheckItem", "PutItem", "UpdateItem"}),
        ({Effect.IRREVERSIBLE}, {"ConditionCheckItem", "PutItem", "UpdateItem", "DeleteItem"}),
    ],
)
def test_deleting_needs_a_tool_declared_irreversible(effects: set[Effect], more: set[str]) -> None:
    assert set(table_actions(effects)) == {f"dynamodb:{action}" for action in {"GetItem", "Query"} | more}


def test_every_function_has_its_own_finite_log(stages: list[Stage]) -> None:
    for stage in stages:
        groups = {group.id: group for group in stage.resources("AWS::Logs::LogGroup")}
        used = [
            function.properties["LoggingConfig"]["LogGroup"]["Ref"]
            for function in stage.resources("AWS::Lambda::Function")
        ]
        assert len(set(used)) == len(used)
        for log_group in used:
            assert groups[log_group].properties["RetentionInDays"] > 0


def test_a_tool_never_learns_where_the_gateway_is(stages: list[Stage]) -> None:
    """Function, gateway and policy engine would each need the other first."""
    for stage in stages:
        for function in stage.resources("AWS::Lambda::Function"):
            text = function.text()
            assert "Gateway" not in text.replace("gateway_interceptor", "")
            assert "gateway-url" not in text
