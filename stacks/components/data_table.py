"""A declared table."""

from __future__ import annotations

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from governance.model import DataClass, Table
from stacks.deployment import Deployment
from stacks.part_stack import declare, removal_policy


class DataTable(Construct):
    """An on-demand table with point-in-time recovery; kept where the environment retains data.

    `key` is the system's key if the table is encrypted with it: one with personal data, where there is a key.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        table: Table,
        key: kms.IKey | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.declared = table
        personal = table.data is DataClass.PERSONAL
        self.key = key if personal else None
        self.table = dynamodb.Table(
            self,
            "Table",
            table_name=deployment.names.table(table.name),
            partition_key=_string(table.partition_key),
            sort_key=_string(table.sort_key) if table.sort_key else None,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            # Personal data gets a KMS key, so that each use of it is in CloudTrail: the system's, where it has one.
            encryption=(
                dynamodb.TableEncryption.CUSTOMER_MANAGED
                if self.key is not None
                else dynamodb.TableEncryption.AWS_MANAGED
                if personal
                else dynamodb.TableEncryption.DEFAULT
            ),
            encryption_key=self.key,
            deletion_protection=deployment.environment.retain_data,
            removal_policy=removal_policy(deployment),
        )
        for index in table.indexes:
            self.table.add_global_secondary_index(
                index_name=index.name,
                partition_key=_string(index.partition_key),
                sort_key=_string(index.sort_key) if index.sort_key else None,
            )
        seed = {"Seed": table.seed} if table.seed else {}
        declare(self.table, {"Table": table.name, "Data": str(table.data), **seed})

    @property
    def index_arns(self) -> list[str]:
        return [f"{self.table.table_arn}/index/{index.name}" for index in self.declared.indexes]


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
