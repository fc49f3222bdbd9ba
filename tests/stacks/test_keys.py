"""What the system's key encrypts beside logs, and who may use it for what."""

from __future__ import annotations

import pytest

from governance.model import DataClass, Project
from tests.stacks.templates import Stage, Statement, joined

GATEWAY, TABLE = "AWS::BedrockAgentCore::Gateway", "AWS::DynamoDB::Table"
WRITING = {"kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"}


def of_keys(stage: Stage) -> list[Statement]:
    return [
        each
        for each in stage.statements()
        if each.allows and any(action.startswith("kms:") for action in each.actions)
    ]


def test_without_a_key_something_names_one(dev: Stage) -> None:
    (gateway,) = dev.resources(GATEWAY)
    assert "KmsKeyArn" not in gateway.properties
    assert of_keys(dev) == []
    assert all("KMSMasterKeyId" not in table.text() for table in dev.resources(TABLE))


def test_the_gateway_has_another_key_or_none(prod: Stage) -> None:
    (gateway,) = prod.resources(GATEWAY)
    assert "EncryptionKey" in joined(gateway.properties["KmsKeyArn"])


def test_a_table_does_not_tell_its_class_or_personal_data_has_nobodys_key(
    prod: Stage, project: Project
) -> None:
    classes = {table.name: table.data for table in project.system("airline").tables}
    tables = prod.resources(TABLE)
    assert {table.declared["Table"]: table.declared["Data"] for table in tables} == {
        name: str(data) for name, data in classes.items()
    }
    assert set(classes.values()) == {DataClass.PERSONAL, DataClass.PUBLIC}
    for table in tables:
        personal = classes[table.declared["Table"]] is DataClass.PERSONAL
        key = table.properties.get("SSESpecification", {}).get("KMSMasterKeyId")
        assert ("EncryptionKey" in joined(key)) if personal else key is None, table.id


def test_a_role_uses_any_key_or_any_way(prod: Stage) -> None:
    found = of_keys(prod)
    assert {each.role for each in found} == {
        "airline-prod-gateway",
        "airline-prod-function-tool-customer",
        "airline-prod-function-tool-loyalty",
    }
    for each in found:
        (key,) = each.resources
        assert "EncryptionKey" in joined(key), each.sid
        if each.role.endswith("gateway"):
            continue
        assert each.condition["StringEquals"]["kms:ViaService"].startswith("dynamodb."), each.sid
        if each.actions != ["kms:DescribeKey"]:
            tables = each.condition["StringEquals"]["kms:EncryptionContext:aws:dynamodb:tableName"]
            assert tables, each.sid
            assert "*" not in str(tables), each.sid


@pytest.mark.parametrize(("function", "writes"), [("tool-customer", True), ("tool-loyalty", False)])
def test_a_function_that_only_reads_may_encrypt(prod: Stage, function: str, writes: bool) -> None:
    actions = {action for each in of_keys(prod) if each.role.endswith(function) for action in each.actions}
    assert {"kms:Decrypt", "kms:DescribeKey"} <= actions
    assert bool(actions & WRITING) is writes
    assert "kms:CreateGrant" not in actions


def test_agentcore_lets_itself_do_more_with_the_key_than_encrypt_a_gateway(prod: Stage) -> None:
    (grant,) = [each for each in of_keys(prod) if "kms:CreateGrant" in each.actions]
    assert (grant.role, grant.actions) == ("airline-prod-gateway", ["kms:CreateGrant"])
    assert grant.condition == {
        "StringEquals": {"kms:GrantConstraintType": "EncryptionContextSubset"},
        "ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt", "GenerateDataKey"]},
    }
