"""The published console: who reads the bucket, what the distribution lets through, what the page learns."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from governance.model import Project
from localcloud.console.headers import policy
from stacks.components import site_routes
from stacks.components.site_headers import content_policy
from stacks.node import use_pinned_node
from tests.stacks.templates import Stage, joined

DISTRIBUTION = "AWS::CloudFront::Distribution"
ARN = "arn%3Aaws%3Abedrock-agentcore%3Aeu-west-1%3A111122223333%3Aruntime%2Fshop_dev_clerk-0123456789"


def configured(stage: Stage) -> dict[str, Any]:
    found: dict[str, Any] = stage.one(DISTRIBUTION).properties["DistributionConfig"]
    return found


def test_nobody_reads_the_bucket_past_the_distribution(stages: list[Stage]) -> None:
    for stage in stages:
        for bucket in stage.resources("AWS::S3::Bucket"):
            assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {True}
        site = stage.one("AWS::S3::Bucket", Bucket="console")
        (policy_,) = [
            each
            for each in stage.resources("AWS::S3::BucketPolicy")
            if each.properties["Bucket"] == {"Ref": site.id}
        ]
        statements = policy_.properties["PolicyDocument"]["Statement"]
        (allowed,) = [each for each in statements if each["Effect"] == "Allow"]
        assert allowed["Action"] == "s3:GetObject"
        assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        assert set(allowed["Condition"]) == {"StringEquals"}
        assert set(allowed["Condition"]["StringEquals"]) == {"aws:SourceArn"}
        source = allowed["Condition"]["StringEquals"]["aws:SourceArn"]
        assert {"Ref": stage.one(DISTRIBUTION).id} in source["Fn::Join"][1]
        # The bucket lets in who signs as that distribution, so the distribution signs, whatever a viewer sends.
        control = stage.one("AWS::CloudFront::OriginAccessControl")
        (origin,) = [each for each in configured(stage)["Origins"] if "S3OriginConfig" in each]
        assert origin["OriginAccessControlId"] == {"Fn::GetAtt": [control.id, "Id"]}
        config = control.properties["OriginAccessControlConfig"]
        assert (config["SigningBehavior"], config["SigningProtocol"]) == ("always", "sigv4")


def test_a_bucket_is_read_or_written_in_the_clear(stages: list[Stage]) -> None:
    for stage in stages:
        policies = stage.resources("AWS::S3::BucketPolicy")
        assert len(policies) == len(stage.resources("AWS::S3::Bucket")) == 2
        for each in policies:
            (denied,) = [
                item for item in each.properties["PolicyDocument"]["Statement"] if item["Effect"] == "Deny"
            ]
            assert (denied["Action"], denied["Principal"]) == ("s3:*", {"AWS": "*"})
            assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            assert len(denied["Resource"]) == 2


def test_what_visitors_do_is_logged_and_the_log_ends(stages: list[Stage], project: Project) -> None:
    for stage, environment in zip(stages, project.environments, strict=True):
        logs = stage.one("AWS::S3::Bucket", Bucket="console-logs")
        assert logs.body["DeletionPolicy"] == "Retain"
        (rule,) = logs.properties["LifecycleConfiguration"]["Rules"]
        assert rule["ExpirationInDays"] == environment.log_retention_days
        assert rule["Status"] == "Enabled"
        assert configured(stage)["Logging"]["IncludeCookies"] is False
        assert configured(stage)["Logging"]["Bucket"] == {"Fn::GetAtt": [logs.id, "RegionalDomainName"]}


def test_the_page_is_read_and_the_agent_asked_and_nothing_is_mixed_up(stages: list[Stage]) -> None:
    for stage in stages:
        found = configured(stage)
        page, (agents,) = found["DefaultCacheBehavior"], found["CacheBehaviors"]
        assert page["AllowedMethods"] == ["GET", "HEAD"]
        assert page["ViewerProtocolPolicy"] == "redirect-to-https"
        assert "FunctionAssociations" not in page
        assert agents["PathPattern"] == "/runtimes/*"
        assert agents["ViewerProtocolPolicy"] == "https-only"
        (function,) = agents["FunctionAssociations"]
        assert function["EventType"] == "viewer-request"
        by_id = {origin["Id"]: origin for origin in found["Origins"]}
        agentcore = by_id[agents["TargetOriginId"]]
        assert agentcore["ConnectionAttempts"] == 1, "a question that books would be sent twice"
        assert agentcore["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
        assert agentcore["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]
        assert joined(agentcore["DomainName"]).startswith("bedrock-agentcore.")
        # Managed policies by id (Amazon CloudFront Developer Guide): CachingDisabled, AllViewerExceptHostHeader.
        assert agents["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
        assert agents["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
        assert page["ResponseHeadersPolicyId"] == agents["ResponseHeadersPolicyId"]


def test_the_published_page_may_no_more_than_the_local_one(dev: Stage) -> None:
    issuer = "https://users.auth.eu-west-1.amazoncognito.com"
    assert content_policy(issuer) == policy(f"{issuer}/pool")
    headers = dev.one("AWS::CloudFront::ResponseHeadersPolicy").properties["ResponseHeadersPolicyConfig"]
    security = headers["SecurityHeadersConfig"]
    sign_in = "https://airline-dev-customers-111122223333.auth.ap-northeast-2.amazoncognito.com"
    assert security["ContentSecurityPolicy"]["ContentSecurityPolicy"] == content_policy(sign_in)
    assert all(each["Override"] for each in security.values())
    assert "unsafe" not in json.dumps(headers)


def test_users_return_to_the_console_and_nowhere_undeclared(dev: Stage, project: Project) -> None:
    client = dev.one("AWS::Cognito::UserPoolClient", Users=True)  # type: ignore[arg-type]
    *declared, console = client.properties["CallbackURLs"]
    assert declared == list(project.environment("dev").users_callback_urls)
    assert client.properties["LogoutURLs"] == [console]
    imported = console["Fn::Join"][1][1]["Fn::ImportValue"]
    assert "DomainName" in imported


def test_the_page_learns_where_the_entry_agent_is_and_no_secret(dev: Stage) -> None:
    text = re.sub(r"\$\{[^}]*\}", "X", joined(dev.one("Custom::AirsideSite").properties["Config"]))
    assert text.isascii(), "CloudFormation shows question marks for anything else"
    config = json.loads(text)
    assert config["local"] is False
    assert config["control"] is None
    assert config["entry"]["invocations"].startswith("/runtimes/")
    assert config["entry"]["invocations"].endswith("/invocations?qualifier=dev")
    assert config["users"]["scopes"] == ["openid"]
    assert "secret" not in text.lower()


def test_the_publisher_writes_one_bucket_and_refreshes_one_distribution(dev: Stage) -> None:
    statements = {each.sid: each for each in dev.statements("airline-dev-function-site-publisher")}
    assert set(statements) == {"OwnLog", "ListSite", "Publish", "Refresh"}
    for statement in statements.values():
        assert "*" not in statement.resources
    assert statements["Publish"].actions == ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject"]
    assert statements["Refresh"].actions == ["cloudfront:CreateInvalidation"]


def test_what_is_published_is_the_console_as_built(dev: Stage) -> None:
    from tests.assembly_fixture import ROOT

    built, published = ROOT / "console" / "dist", dev.code("site_publisher") / "site_publisher" / "site"
    names = sorted(path.name for path in built.iterdir())
    assert "index.html" in names
    assert sorted(path.name for path in published.iterdir()) == names
    assert all((published / name).read_bytes() == (built / name).read_bytes() for name in names)


def test_the_distributions_function_is_the_one_that_is_tried_out(
    stages: list[Stage], project: Project
) -> None:
    for stage, environment in zip(stages, project.environments, strict=True):
        code = site_routes.source(
            region=environment.region,
            account=environment.account,
            runtime=f"airline_{environment.name}_orchestrator",
            qualifier=environment.runtime.endpoint,
        )
        assert stage.one("AWS::CloudFront::Function").properties["FunctionCode"] == code
        # CloudFront takes 10 KB.
        assert len(code.encode()) < 10_000


def test_the_files_are_written_before_the_publisher_may(stages: list[Stage]) -> None:
    """And taken away before its role and its log go."""
    for stage in stages:
        made = [
            stage.one("AWS::Lambda::Function", Function="site_publisher"),
            stage.one("AWS::IAM::Role", Function="site_publisher"),
        ]
        assert {each.id for each in made} <= stage.one("Custom::AirsideSite").depends_on


def test_a_system_without_users_or_an_environment_without_front_end_has_none(library_assembly: Path) -> None:
    stage = Stage.read(library_assembly, "library-dev")
    assert {"frontend", "console"}.isdisjoint(stage.templates)
    assert stage.resources(DISTRIBUTION) == []


ASKED = {
    "the entry agent": ("POST", f"/runtimes/{ARN}/invocations", {"qualifier": "main"}, True),
    "the same, as CloudFront may spell it": (
        "POST",
        f"/runtimes/{ARN}/invocations".replace("%3A", ":"),
        {"qualifier": "main"},
        True,
    ),
    "another method": ("GET", f"/runtimes/{ARN}/invocations", {"qualifier": "main"}, False),
    "another agent": (
        "POST",
        f"/runtimes/{ARN}/invocations".replace("clerk", "admin"),
        {"qualifier": "main"},
        False,
    ),
    "an agent of a longer name": (
        "POST",
        f"/runtimes/{ARN}/invocations".replace("clerk", "clerk_2"),
        {"qualifier": "main"},
        False,
    ),
    "another account's": (
        "POST",
        f"/runtimes/{ARN}/invocations".replace("111122223333", "444455556666"),
        {"qualifier": "main"},
        False,
    ),
    "another version": ("POST", f"/runtimes/{ARN}/invocations", {"qualifier": "DEFAULT"}, False),
    "no version": ("POST", f"/runtimes/{ARN}/invocations", {}, False),
    "more than asked for": (
        "POST",
        f"/runtimes/{ARN}/invocations",
        {"qualifier": "main", "accountId": "1"},
        False,
    ),
    "another operation": ("POST", f"/runtimes/{ARN}/commands", {"qualifier": "main"}, False),
    "a path behind it": ("POST", f"/runtimes/{ARN}/invocations/x", {"qualifier": "main"}, False),
    "a path before it": ("POST", f"/x/runtimes/{ARN}/invocations", {"qualifier": "main"}, False),
    "a line after it": ("POST", f"/runtimes/{ARN}/invocations\n", {"qualifier": "main"}, False),
}


@pytest.fixture(scope="module")
def decided() -> dict[str, bool]:
    """What the distribution's function says to each request: one run of it for all."""
    code = site_routes.source(
        region="eu-west-1", account="111122223333", runtime="shop_dev_clerk", qualifier="main"
    )
    events = {
        name: {
            "request": {
                "method": method,
                "uri": uri,
                "querystring": {key: {"value": value} for key, value in query.items()},
            }
        }
        for name, (method, uri, query, _) in ASKED.items()
    }
    ask = (
        f"{code}\nconst events = {json.dumps(events)};\n"
        "console.log(JSON.stringify(Object.fromEntries(Object.entries(events).map("
        "([name, event]) => [name, handler(event) === event.request]))));"
    )
    run = subprocess.run([use_pinned_node(), "-e", ask], capture_output=True, text=True, check=True)
    found: dict[str, bool] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize("asked", ASKED)
def test_the_distribution_is_a_door_to_the_entry_agent_only(decided: dict[str, bool], asked: str) -> None:
    assert decided[asked] is ASKED[asked][3]
