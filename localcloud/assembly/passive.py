"""Types that need no local counterpart: they watch, keep, protect or describe. They can still be referred to."""

from __future__ import annotations

from localcloud.assembly.identifiers import LOWER, MIXED, UPPER
from localcloud.assembly.resource import Kind, Resource, arn, named, role_arn

_ALARM = Kind(named("AlarmName"), {"Arn": arn("cloudwatch", "alarm:", "AlarmName")})
_DELIVERY = Kind(lambda r: r.derive(16, MIXED), {"DeliveryId": lambda r: r.derive(16, MIXED)})
_UNNAMED = Kind(lambda r: r.logical_id)


def _bucket(resource: Resource) -> str:
    return resource.text("BucketName") if "BucketName" in resource.declared else resource.derive(24, LOWER)


def _distribution(resource: Resource) -> str:
    return f"E{resource.derive(13, UPPER)}"


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
    # The published console. Locally the platform itself serves the page, so nothing is asked of these.
    "AWS::S3::Bucket": Kind(
        _bucket,
        {
            "Arn": lambda r: f"arn:aws:s3:::{_bucket(r)}",
            "DomainName": lambda r: f"{_bucket(r)}.s3.amazonaws.com",
            "RegionalDomainName": lambda r: f"{_bucket(r)}.s3.{r.scope.stack.region}.amazonaws.com",
        },
    ),
    "AWS::S3::BucketPolicy": _UNNAMED,
    "AWS::CloudFront::Distribution": Kind(
        _distribution,
        {
            "DomainName": lambda r: f"d{r.derive(13, LOWER)}.cloudfront.net",
            "Id": _distribution,
        },
    ),
    "AWS::CloudFront::Function": Kind(
        lambda r: r.logical_id, {"FunctionARN": arn("cloudfront", "function/", "Name", region=False)}
    ),
    "AWS::CloudFront::OriginAccessControl": Kind(_distribution, {"Id": _distribution}),
    "AWS::CloudFront::ResponseHeadersPolicy": Kind(_distribution, {"Id": _distribution}),
    # Works while a stack is deployed; here none is.
    "Custom::AirsideSite": _UNNAMED,
    "AWS::CDK::Metadata": _UNNAMED,
    "AWS::CloudFormation::WaitConditionHandle": _UNNAMED,
}
