"""An environment's front end: what CloudFront would refuse in the middle of a deployment is refused at load."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from governance.front_end import FrontEnd
from governance.load import load_project
from tests.governance.conftest import Shop

ENVIRONMENT = "environments/dev.yaml"
CERTIFICATE = "arn:aws:acm:us-east-1:444455556666:certificate/0a1b2c3d-0a1b-4c3d-8e9f-0a1b2c3d4e5f"
WEB_ACL = "arn:aws:wafv2:us-east-1:444455556666:global/webacl/guard/0a1b2c3d-0a1b-4c3d-8e9f-0a1b2c3d4e5f"
FRONT_END = (
    f'front_end: {{web_acl_arn: "{WEB_ACL}", price_class: all, domain: "chat.shop.example", '
    f'certificate_arn: "{CERTIFICATE}"}}\n'
)


def with_front_end(shop: Shop, text: str = FRONT_END) -> None:
    shop.change(ENVIRONMENT, "web_acl_arn: null", f"{text}web_acl_arn: null")


def test_it_is_read_as_declared(shop: Shop) -> None:
    with_front_end(shop)
    assert load_project(shop.root).environment("dev").front_end == FrontEnd(
        domain="chat.shop.example", certificate_arn=CERTIFICATE, web_acl_arn=WEB_ACL, price_class="all"
    )


@pytest.mark.parametrize("text", ["", "front_end: null\n"])
def test_nothing_is_published_that_was_not_asked_for(shop: Shop, text: str) -> None:
    with_front_end(shop, text)
    assert load_project(shop.root).environment("dev").front_end is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (', domain: "chat.shop.example"', "", "front_end: 'domain' is a dependency of 'certificate_arn'"),
        (f', certificate_arn: "{CERTIFICATE}"', "", "front_end: 'certificate_arn' is a dependency of 'domain'"),
        ("acm:us-east-1", "acm:eu-west-1", "front_end.certificate_arn: is of the region eu-west-1; CloudFront takes"),
        ("wafv2:us-east-1", "wafv2:eu-west-1", "front_end.web_acl_arn: is of the region eu-west-1; CloudFront takes"),
        ("us-east-1:444455556666:c", "us-east-1:111122223333:c", "front_end.certificate_arn: is of the account 1111"),
        (":global/", ":regional/", "front_end.web_acl_arn: is"),
        ("chat.shop.example", "*.shop.example", "front_end.domain: is '*.shop.example'. It must match"),
        ("price_class: all", "price_class: most", "front_end.price_class: is 'most'. One of: 100, 200, all."),
        (", price_class: all", "", "front_end.price_class: is missing"),
    ],
)  # fmt: skip
def test_what_cloudfront_refuses_is_refused_with_its_line(
    shop: Shop, only_problem: Callable[[], str], old: str, new: str, said: str
) -> None:
    with_front_end(shop)
    shop.change(ENVIRONMENT, old, new)
    assert said in only_problem()
