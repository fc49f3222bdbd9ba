"""An environment's front end: under which name the console is published, and what guards it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from governance.schema_parts import Schema, choice, text

REGION = "us-east-1"
"""Where CloudFront's certificates and web ACLs live, whatever region the stacks are in."""

_HOST = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$"
_CERTIFICATE = r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]{36}$"
_WEB_ACL = r"^arn:aws[a-z-]*:wafv2:[a-z0-9-]+:[0-9]{12}:global/webacl/[A-Za-z0-9_-]{1,128}/[0-9a-f-]{36}$"


@dataclass(frozen=True)
class FrontEnd:
    """How systems with users are published on the web.

    Attributes:
        domain: a host name of yours; None leaves CloudFront's own.
        certificate_arn: the certificate of that name in us-east-1.
        web_acl_arn: an existing web ACL of AWS WAF for CloudFront, or None.
        price_class: from how many of its places CloudFront serves: `100`, `200` or `all`.
    """

    domain: str | None
    certificate_arn: str | None
    web_acl_arn: str | None
    price_class: str

    @classmethod
    def build(cls, value: Mapping[str, Any]) -> FrontEnd:
        return cls(
            domain=value.get("domain"),
            certificate_arn=value.get("certificate_arn"),
            web_acl_arn=value["web_acl_arn"],
            price_class=value["price_class"],
        )


FRONT_END: Schema = {
    "type": ["object", "null"],
    "description": "Publishes the console of systems with users on the web; null or left out: it is not published.",
    "properties": {
        "domain": text(
            "A host name of yours whose DNS you point at the distribution.", longest=253, pattern=_HOST
        ),
        "certificate_arn": text(
            f"The certificate of that name; CloudFront takes them from {REGION}.",
            longest=2048,
            pattern=_CERTIFICATE,
        ),
        "web_acl_arn": {
            "type": ["string", "null"],
            "description": f"An existing web ACL of AWS WAF with the scope CLOUDFRONT ({REGION}), or null.",
            "maxLength": 2048,
            "pattern": _WEB_ACL,
        },
        "price_class": choice("From how many of its places CloudFront serves.", "100", "200", "all"),
    },
    "required": ["web_acl_arn", "price_class"],
    "dependentRequired": {"domain": ["certificate_arn"], "certificate_arn": ["domain"]},
    "additionalProperties": False,
}
