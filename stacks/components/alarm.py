"""An alarm as all of a system's are made: it tells the topic, and says where to read on."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.components.runbook import Entry, link
from stacks.deployment import Deployment


def alarm(
    scope: Construct,
    construct_id: str,
    *,
    deployment: Deployment,
    topic: sns.ITopic,
    subject: str,
    metric: cloudwatch.IMetric,
    threshold: float,
    summary: str,
    entry: Entry,
    within: int = 1,
    of: int = 1,
) -> cloudwatch.Alarm:
    """An alarm at or above `threshold` in `within` of the last `of` five-minute spans.

    It is named `<system>-<environment>-<subject>-<construct id>`. Silence is no alarm: a part nobody calls
    publishes nothing.
    """
    made = cloudwatch.Alarm(
        scope,
        construct_id,
        alarm_name=deployment.names.alarm(subject, construct_id.lower()),
        alarm_description=f"{summary} Runbook: {link(deployment, entry)}",
        metric=metric,
        threshold=threshold,
        evaluation_periods=of,
        datapoints_to_alarm=within,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    made.add_alarm_action(actions.SnsAction(topic))
    made.add_ok_action(actions.SnsAction(topic))
    return made
