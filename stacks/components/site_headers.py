"""The security headers of the published console."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

from stacks.deployment import Deployment

_TWO_YEARS = cdk.Duration.days(730)
PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


def content_policy(issuer: str) -> str:
    """The Content-Security-Policy (W3C CSP 3): the page's own files and the users' sign-in, nothing else."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            f"connect-src 'self' {issuer}",
            f"form-action 'self' {issuer}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            # The page makes text nodes only: a browser that knows how refuses it to make markup of a text.
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


class SiteHeaders(cloudfront.ResponseHeadersPolicy):
    """`issuer` is the origin of the users' sign-in, such as `https://….amazoncognito.com`."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, issuer: str) -> None:
        custom = {
            "Permissions-Policy": PERMISSIONS,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        super().__init__(
            scope,
            construct_id,
            response_headers_policy_name=deployment.names.site("headers"),
            comment=f"The console of {deployment.names.prefix}",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=content_policy(issuer), override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=_TWO_YEARS, include_subdomains=True, override=True
                ),
            ),
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(header=name, value=value, override=True)
                    for name, value in custom.items()
                ]
            ),
        )
