"""Where the console is published: bucket and distribution. What is in the bucket comes last (`ConsoleStack`)."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from constructs import Construct

from governance.front_end import FrontEnd
from stacks.components import site_routes
from stacks.components.site_buckets import VIEWER_LOGS, SiteBuckets
from stacks.components.site_headers import SiteHeaders
from stacks.components.user_identity import sign_in_origin
from stacks.deployment import Deployment
from stacks.part_stack import PartStack, declare

ANSWER_SECONDS = 60
"""How long CloudFront waits for the first and for each further piece of an agent's stream, at most without asking
AWS for more; agents send a piece for every step."""

_PRICES = {
    "100": cloudfront.PriceClass.PRICE_CLASS_100,
    "200": cloudfront.PriceClass.PRICE_CLASS_200,
    "all": cloudfront.PriceClass.PRICE_CLASS_ALL,
}


class FrontendStack(PartStack):
    """The first stack: the users' client needs its address, and it needs nobody's.

    The page and the agents have one origin, so no browser asks AgentCore from a foreign page (no CORS), and the
    content policy names nobody but the sign-in.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, deployment: Deployment, front_end: FrontEnd
    ) -> None:
        super().__init__(scope, construct_id, deployment=deployment, key=None)
        names, environment = deployment.names, deployment.environment
        buckets = SiteBuckets(self, "Files", deployment=deployment)
        self.bucket = buckets.site
        control = cloudfront.CfnOriginAccessControl(
            self,
            "Reader",
            origin_access_control_config=cloudfront.CfnOriginAccessControl.OriginAccessControlConfigProperty(
                name=names.site("reader"),
                origin_access_control_origin_type="s3",
                signing_behavior="always",
                signing_protocol="sigv4",
            ),
        )
        headers = SiteHeaders(self, "Headers", deployment=deployment, issuer=sign_in_origin(deployment))
        routes = cloudfront.Function(
            self,
            "Routes",
            function_name=names.site("routes"),
            comment=f"Lets users of {names.prefix} ask the entry agent",
            runtime=cloudfront.FunctionRuntime.JS_2_0,
            code=cloudfront.FunctionCode.from_inline(
                site_routes.source(
                    region=environment.region,
                    account=environment.account,
                    runtime=names.runtime(deployment.system.entry_agent),
                    qualifier=names.endpoint,
                )
            ),
        )
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"The console of {names.prefix}",
            default_root_object="index.html",
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_bucket_defaults(
                    self.bucket, origin_access_control_id=control.attr_id
                ),
                allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
                # Each object says itself how long it may be kept.
                cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
                compress=True,
                response_headers_policy=headers,
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            ),
            additional_behaviors={
                site_routes.PATHS: cloudfront.BehaviorOptions(
                    origin=origins.HttpOrigin(
                        f"bedrock-agentcore.{environment.region}.{self.url_suffix}",
                        protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
                        origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
                        read_timeout=cdk.Duration.seconds(ANSWER_SECONDS),
                        # A question may book a flight: it is sent once.
                        connection_attempts=1,
                    ),
                    # CloudFront knows no smaller set with POST; the function lets nothing else through.
                    allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
                    cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
                    # The token and the session travel in headers; the host must be AgentCore's own.
                    origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
                    compress=False,
                    response_headers_policy=headers,
                    viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                    function_associations=[
                        cloudfront.FunctionAssociation(
                            function=routes, event_type=cloudfront.FunctionEventType.VIEWER_REQUEST
                        )
                    ],
                )
            },
            domain_names=[front_end.domain] if front_end.domain else None,
            certificate=(
                acm.Certificate.from_certificate_arn(self, "Certificate", front_end.certificate_arn)
                if front_end.certificate_arn
                else None
            ),
            # CloudFront's own certificate comes with CloudFront's own rules.
            minimum_protocol_version=(
                cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021 if front_end.certificate_arn else None
            ),
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=_PRICES[front_end.price_class],
            web_acl_id=front_end.web_acl_arn,
            enable_logging=True,
            log_bucket=buckets.logs,
            log_file_prefix=VIEWER_LOGS,
            log_includes_cookies=False,
        )
        declare(self.distribution, {"Distribution": "console"})
        buckets.readable_by(self.distribution)
        self.url = f"https://{front_end.domain or self.distribution.distribution_domain_name}/"
        """Where the console is, and where a signed-in user returns to."""
