"""The system's monthly budget, told to the same topic as the alarms."""

from __future__ import annotations

from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.deployment import STAGE_TAG, Deployment

_Budget = budgets.CfnBudget

THRESHOLDS = (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
"""What is told: kind, and percent of the declared amount."""


class CostBudget(Construct):
    """Costs of what carries the stage's tag, in US dollars.

    AWS Budgets sees the tag only once it is activated for cost allocation, and calls of a model carry none:
    the dashboard shows their tokens. The runbook tells of both.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, deployment: Deployment, topic: sns.ITopic
    ) -> None:
        super().__init__(scope, construct_id)
        names = deployment.names
        budget = _Budget(
            self,
            "Budget",
            budget=_Budget.BudgetDataProperty(
                budget_name=names.budget,
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=_Budget.SpendProperty(amount=deployment.environment.budget_usd, unit="USD"),
                cost_filters={"TagKeyValue": [f"user:{STAGE_TAG}${names.stage}"]},
            ),
            notifications_with_subscribers=[
                _Budget.NotificationWithSubscribersProperty(
                    notification=_Budget.NotificationProperty(
                        notification_type=kind,
                        comparison_operator="GREATER_THAN",
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[
                        _Budget.SubscriberProperty(subscription_type="SNS", address=topic.topic_arn)
                    ],
                )
                for kind, percent in THRESHOLDS
            ],
            resource_tags=[
                _Budget.ResourceTagProperty(key=key, value=value) for key, value in deployment.tags.items()
            ],
        )
        # With the topic's policy: AWS Budgets may try the topic when it is told of it.
        budget.node.add_dependency(topic)
