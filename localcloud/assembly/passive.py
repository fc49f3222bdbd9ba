"""Types that need no local counterpart: they watch, keep, protect or describe. They can still be referred to."""

from __future__ import annotations

from localcloud.assembly.identifiers import LOWER, MIXED
from localcloud.assembly.resource import Kind, arn, named, role_arn

_ALARM = Kind(named("AlarmName"), {"Arn": arn("cloudwatch", "alarm:", "AlarmName")})
_DELIVERY = Kind(lambda r: r.derive(16, MIXED), {"DeliveryId": lambda r: r.derive(16, MIXED)})
_UNNAMED = Kind(lambda r: r.logical_id)

PASSIVE: dict[str, Kind] = {
    # IAM is not enforced but for the statements `access` reads; the review checks it.
    "AWS::IAM::Role": Kind(named("RoleName"), {"Arn": role_arn}),
    "AWS::IAM::Policy": _UNNAMED,
    "AWS::IAM::ManagedPolicy": Kind(
        arn("iam", "policy/", "ManagedPolicyName", region=False),
        {"PolicyArn": arn("iam", "policy/", "ManagedPolicyName", region=False)},
    ),
    "AWS::Lambda::Permission": _UNNAMED,
    "AWS::Logs::LogGroup": Kind(
        named("LogGroupName"), {"Arn": arn("logs", "log-group:", "LogGroupName", suffix=":*")}
    ),
    "AWS::Logs::ResourcePolicy": Kind(named("PolicyName")),
    "AWS::Logs::MetricFilter": Kind(named("FilterName")),
    "AWS::Logs::QueryDefinition": _UNNAMED,
    "AWS::Logs::DeliverySource": Kind(named("Name"), {"Arn": arn("logs", "delivery-source:", "Name")}),
    "AWS::Logs::DeliveryDestination": Kind(
        named("Name"), {"Arn": arn("logs", "delivery-destination:", "Name")}
    ),
    "AWS::Logs::Delivery": _DELIVERY,
    "AWS::CloudWatch::Dashboard": Kind(named("DashboardName")),
    "AWS::CloudWatch::Alarm": _ALARM,
    "AWS::CloudWatch::CompositeAlarm": _ALARM,
    # Those that only tell operators; `honoured` refuses schedules and other targets.
    "AWS::Events::Rule": Kind(named("Name"), {"Arn": arn("events", "rule/", "Name")}),
    "AWS::SNS::Topic": Kind(
        arn("sns", "", "TopicName"),
        {"TopicArn": arn("sns", "", "TopicName"), "TopicName": named("TopicName")},
    ),
    "AWS::SNS::TopicPolicy": _UNNAMED,
    "AWS::SNS::Subscription": _UNNAMED,
    "AWS::KMS::Key": Kind(
        lambda r: r.derive(36, LOWER), {"Arn": lambda r: r.arn("kms", f"key/{r.derive(36, LOWER)}")}
    ),
    "AWS::KMS::Alias": Kind(named("AliasName")),
    "AWS::XRay::TransactionSearchConfig": _UNNAMED,
    "AWS::XRay::ResourcePolicy": Kind(named("PolicyName")),
    "AWS::Budgets::Budget": _UNNAMED,
    # It could only refuse more than is refused here; `notices` says that its rules are not asked.
    "AWS::WAFv2::WebACLAssociation": _UNNAMED,
    "AWS::CDK::Metadata": _UNNAMED,
    "AWS::CloudFormation::WaitConditionHandle": _UNNAMED,
}
